import Foundation
import Testing

/// What no compiler holds: who may know what (architecture.md).
@Suite struct ArchitectureTests {
    @Test(arguments: [
        (
            "Hummingbird|HTTPTypes",
            #"^Sources/(AuthServer/|Auth/(HTTP/|AuthService\.swift$|.*Routes\.swift$))"#
        ),
        ("CLibPQ", "^Sources/Postgres/"),
        ("CLibSSL|CSodium|CCrypt", "^Sources/Cryptography/"),
        ("CCurl", "^Sources/Auth/Delivery/"),
        ("CZxcvbn", "^Sources/Auth/Passwords/"),
        ("Yams|Testing", "^Tests/"),
    ])
    func `a library is known only where it belongs`(library: String, places: String) throws {
        let imports = try Regex("^(package |public |internal |private )?import (\(library))$")
            .anchorsMatchLineEndings()
        let allowed = try Regex(places)
        let strangers = try SourceTree.swiftFiles(under: ["Sources", "Tests"]).filter { file in
            try (file.hasPrefix("Sources/") || library.hasPrefix("Yams"))
                && file.firstMatch(of: allowed) == nil
                && SourceTree.text(of: file).firstMatch(of: imports) != nil
        }
        #expect(strangers.isEmpty)
    }

    @Test func `no test sleeps`() throws {
        let call = "sleep" + "("
        let sleepers = try SourceTree.swiftFiles(under: ["Tests"]).filter {
            try SourceTree.text(of: $0).contains(call)
        }
        #expect(sleepers.isEmpty)
    }

    @Test func `a file can be read in one go`() throws {
        let long = try SourceTree.swiftFiles(under: ["Sources"]).filter {
            try SourceTree.text(of: $0).split(separator: "\n", omittingEmptySubsequences: false)
                .count > 350
        }
        #expect(long.isEmpty)
    }

    @Test func `nothing in the service can trap on what it was sent`() throws {
        let forced = try SourceTree.swiftFiles(under: ["Sources"]).filter {
            try SourceTree.text(of: $0).contains(/\b(try|as)!/)
        }
        #expect(forced.isEmpty)
    }
}

/// The package's own files, found from where this one stands.
enum SourceTree {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Paths from the root, sorted.
    static func swiftFiles(under folders: [String]) throws -> [String] {
        try folders.flatMap { folder in
            try FileManager.default.subpathsOfDirectory(
                atPath: root.appending(path: folder).path
            )
            .filter { $0.hasSuffix(".swift") }
            .map { "\(folder)/\($0)" }
        }.sorted()
    }

    static func text(of file: String) throws -> String {
        try String(contentsOf: root.appending(path: file), encoding: .utf8)
    }
}
