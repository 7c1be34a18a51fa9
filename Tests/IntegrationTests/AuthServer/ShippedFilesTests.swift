import Cryptography
import Foundation
import Testing

@testable import Auth

/// The binary as it is installed: in a folder of its own, with what ships beside it.
@Suite struct ShippedFilesTests {
    private static let resources = "practice-auth_Resources.resources"

    private static var settings: [String: String] {
        get throws {
            [
                "AUTH_PUBLIC_URL": "https://auth.example.org",
                "AUTH_DATABASE_URL": "host=/run/postgresql dbname=auth user=auth",
                "AUTH_KEYS": KeyRing.generate(),
                "AUTH_SIGNING_KEYS": try TestKeys.signingKey(),
                "AUTH_SMTP_HOST": "mail.example.org", "AUTH_MAIL_FROM": "portal@example.org",
            ]
        }
    }

    @Test func `the binary and one folder beside it are all that has to be installed`() async throws
    {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let built = Program.binary.deletingLastPathComponent()
        let installed = folder.appending(path: "practice-auth")
        try FileManager.default.copyItem(at: Program.binary, to: installed)

        // Without the folder nothing is found, although the build's own is still there: so what is
        // found below comes from beside the binary.
        for command in [["config", "check"], ["serve"]] {
            let bare = try await Program.run(installed, command, environment: Self.settings)
            #expect(bare.status == 78, "\(bare)")
            for name in ["migrations: ", "openapi.yaml: ", "nl: "] {
                #expect(bare.errors.contains(name), "\(bare.errors)")
            }
            #expect(bare.errors.contains("\(folder.path)/\(Self.resources)"))
        }

        try FileManager.default.copyItem(
            at: built.appending(path: Self.resources), to: folder.appending(path: Self.resources))
        let whole = try await Program.run(
            installed, ["config", "check"], environment: Self.settings)
        #expect(whole.status == 0, "\(whole)")
        // A link into a folder of programs finds the same.
        let link = folder.appending(path: "linked")
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: installed)
        let linked = try await Program.run(link, ["config", "check"], environment: Self.settings)
        #expect(linked.status == 0, "\(linked)")
    }

    @Test func `no part of the program brings files of its own, beside those that are shipped`()
        throws
    {
        let accessor = "Bundle" + ".module"
        let strangers = try SourceTree.swiftFiles(under: ["Sources"]).filter {
            try SourceTree.text(of: $0).replacing(/\/\/.*/, with: "").contains(accessor)
        }
        #expect(strangers.isEmpty)
        for place in ["docker/Dockerfile", "README.md"] {
            #expect(try SourceTree.text(of: place).contains(Self.resources), "\(place)")
        }
    }
}
