import Auth
import Cryptography
import Foundation

/// What one development install keeps between its runs: its keys and what callers sign in with.
///
/// All of it is random and this install's own, so that no token, key or password of a demo opens
/// another one, let alone production (Z-31). The file can be read by its owner only.
struct Install: Codable {
    var keys: String
    var signingKeys: String
    /// The password of every demo person.
    var password: String
    /// The keys of the demo's clients; nil until its data have all been made.
    var apiKeys: APIKeys?

    struct APIKeys: Codable {
        /// All scopes, the practice in Utrecht.
        var utrecht: String
        /// All scopes, the practice in Bergen.
        var bergen: String
        /// Utrecht too, but codes only.
        var codes: String
    }

    static func generate() -> Install {
        Install(
            keys: KeyRing.generate(),
            signingKeys: ServiceConfiguration.generateSigningKey().expose(),
            password: newPassword()
        )
    }

    /// Fulfils the strictest of the demo's rules: letters of both cases, a digit and a special one.
    private static func newPassword() -> String {
        let characters = Array("abcdefghjkmnpqrstuvwxyz23456789")
        let random = (0..<12).compactMap { _ in SecureRandom.element(of: characters) }
        return "Demo-7" + String(random)
    }
}

extension Install {
    private static func file(in directory: URL) -> URL {
        directory.appending(path: "install.json")
    }

    /// The install of this folder, or nil if there is none yet.
    static func load(from directory: URL) throws -> Install? {
        guard let data = FileManager.default.contents(atPath: file(in: directory).path) else {
            return nil
        }
        return try JSONDecoder().decode(Install.self, from: data)
    }

    func save(to directory: URL) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try PrivateFile.write(try encoder.encode(self), to: Self.file(in: directory))
    }
}

/// A file that is never readable by others, not even while it is being written.
enum PrivateFile {
    static func write(_ data: Data, to url: URL) throws {
        let temporary = url.path + ".new"
        try? FileManager.default.removeItem(atPath: temporary)
        guard
            FileManager.default.createFile(
                atPath: temporary, contents: nil, attributes: [.posixPermissions: 0o600]),
            let handle = FileHandle(forWritingAtPath: temporary)
        else { throw CocoaError(.fileWriteUnknown) }
        try handle.write(contentsOf: data)
        try handle.close()
        guard rename(temporary, url.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }
}
