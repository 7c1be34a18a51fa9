import Cryptography
import Foundation
import Testing

@testable import Auth

/// `practice-auth keys`, as an operator types it.
@Suite struct KeysCommandTests {
    /// Keys in a folder of secret files, and a database.
    private struct Install {
        let folder: URL
        let database: TestDatabase

        init() async throws {
            folder = try Program.makeFolder()
            database = try await TestCluster.shared().cloneDatabase()
            try Data((KeyRing.generate() + "\n").utf8).write(to: folder.appending(path: "keys"))
            let key = ServiceConfiguration.generateSigningKey().expose()
            try Data(key.utf8).write(to: folder.appending(path: "signing_keys"))
        }

        func text(_ name: String) throws -> String {
            try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        }

        /// No key is ever printed.
        func run(_ arguments: [String]) async throws -> Program.Outcome {
            let secrets = try ["keys", "signing_keys"].flatMap { name in
                try text(name).split(separator: "\n").filter { !$0.hasPrefix("Revoked: ") }
                    .flatMap { $0.split(whereSeparator: { "\" ,:{}".contains($0) }) }
            }
            let outcome = try await Program.run(
                Program.binary, ["keys"] + arguments,
                environment: [
                    "AUTH_SECRETS_DIRECTORY": folder.path,
                    "AUTH_DATABASE_URL": database.serviceURL,
                ])
            for secret in secrets where secret.count > 40 {
                #expect(!(outcome.output + outcome.errors).contains(secret))
            }
            return outcome
        }

        func refused(_ arguments: String...) async throws -> String {
            let outcome = try await run(arguments)
            #expect(outcome.status == 65, "\(outcome)")
            return outcome.errors
        }

        func made(_ arguments: String...) async throws -> [String] {
            let outcome = try await run(arguments)
            #expect(outcome.status == 0, "\(outcome)")
            return outcome.output.split(separator: "\n").map(String.init)
        }
    }

    @Test func `a signing key is added, waits for its time, and is revoked`() async throws {
        let install = try await Install()
        defer { try? FileManager.default.removeItem(at: install.folder) }
        // Who reads the file now must be able to read it afterwards.
        let path = install.folder.appending(path: "signing_keys").path
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        let before = try await install.made("list")
        #expect(
            before.count == 2 && before[0].hasSuffix(" active") && before[1] == "ring k1 active")

        _ = try await install.refused("rotate", "signing", "--minutes", "5")
        let made = try await install.made("rotate", "signing")
        #expect(made[0].contains(" next, published now, signs from "))
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o640)
        let states = try await install.made("list").map { $0.split(separator: " ")[2] }
        #expect(states == ["next,", "active", "active"])
        #expect(
            try await install.refused("rotate", "signing").contains("a rotation is under way"))

        let active = try #require(before[0].split(separator: " ").dropFirst().first)
        let revoked = try await install.made("revoke", "signing", "--", String(active.prefix(8)))
        #expect(revoked.first == "signing \(active) revoked")
        let after = try await install.made("list").map { $0.split(separator: " ")[2] }
        #expect(after == ["active", "revoked", "active"])
        _ = try await install.refused("revoke", "signing", "nobody")
    }

    @Test func `a key of the ring leaves only when nothing is left that it made`() async throws {
        let install = try await Install()
        defer { try? FileManager.default.removeItem(at: install.folder) }
        let made = try await install.made("rotate", "ring", "--minutes", "1")
        #expect(made[0].hasPrefix("ring k2 next, current from "))
        _ = try await install.refused("rotate", "ring")
        #expect(
            try await install.refused("revoke", "ring", "k1").contains("key k1 is in use"))

        // The same ring two days later.
        let old = Date() - 2 * 86_400
        let file = install.folder.appending(path: "keys")
        var ring = try RingRotation(parsing: KeyRing.generate())
        _ = try ring.rotate(at: old, from: old)
        try Data(ring.text.utf8).write(to: file)
        try await install.database.execute(
            """
            insert into account (account_id, first_name, last_name, locale, password)
            values (gen_random_uuid(), 'Jo', 'Kok', 'nl', '\\x01026b3100')
            """)
        #expect(try await install.made("list").last == "ring k1 retiring, 1 values to be rekeyed")
        #expect(
            try await install.refused("revoke", "ring", "k1").contains(
                "1 values are to be rekeyed"))
        try await install.database.execute("delete from account")
        #expect(
            try await install.made("revoke", "ring", "k1").first?.hasPrefix("ring k1 revoked")
                == true)
        #expect(
            try await install.made("list").suffix(2)
                == ["ring k2 active", "ring k1 revoked, verifies the audit"])
    }

    @Test func `a key that was current until today leaves only when that is meant`() async throws {
        let install = try await Install()
        defer { try? FileManager.default.removeItem(at: install.folder) }
        var ring = try RingRotation(parsing: KeyRing.generate())
        _ = try ring.rotate(at: Date() - 60, from: Date() - 60)
        try Data(ring.text.utf8).write(to: install.folder.appending(path: "keys"))
        #expect(try await install.refused("revoke", "ring", "k1").contains("--now"))
        _ = try await install.made("revoke", "ring", "k1", "--now")
    }

    /// Each goes by what the one before it has written; a revocation that was reported must not be lost.
    @Test func `commands at once keep what each of them did`() async throws {
        let install = try await Install()
        defer { try? FileManager.default.removeItem(at: install.folder) }
        let text = (0..<6).map { _ in ServiceConfiguration.generateSigningKey().expose() + "\n" }
            .joined()
        try Data(text.utf8).write(to: install.folder.appending(path: "signing_keys"))
        // What a killed command leaves is in nobody's way.
        try Data("half".utf8).write(to: install.folder.appending(path: ".signing_keys.new"))
        let keys = try SigningKeyFile(parsing: Secret(text)).keys.map(\.id)

        _ = try await parallel(5) { number in
            try await install.made("revoke", "signing", "--", keys[number])
        }
        let left = try SigningKeyFile(parsing: Secret(install.text("signing_keys")))
        #expect(Set(left.revoked.map(\.id)) == Set(keys.prefix(5)))
        #expect(left.keys.map(\.id).contains(keys[5]))
    }

    @Test func `keys that stand in no file of their own can't be changed`() async throws {
        let outcome = try await Program.run(
            "keys", "rotate", "ring", environment: ["AUTH_KEYS": KeyRing.generate()])
        #expect(outcome.status == 65)
        #expect(outcome.errors.contains("AUTH_KEYS does not stand in a file of its own"))
    }
}
