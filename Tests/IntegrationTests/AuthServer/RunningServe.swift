import Cryptography
import Foundation
import Testing

@testable import Auth

/// `practice-auth serve` as a process of its own, with its log in a file.
struct RunningServe {
    let folder: URL
    private let process: Process

    /// The settings of a service that may start; it sends no mail until somebody signs in.
    static func settings(database url: String) throws -> [String: String] {
        [
            "AUTH_PUBLIC_URL": "https://auth.example.org", "AUTH_DATABASE_URL": url,
            "AUTH_KEYS": KeyRing.generate(), "AUTH_SIGNING_KEYS": try TestKeys.signingKey(),
            "AUTH_SMTP_HOST": "mail.example.org", "AUTH_MAIL_FROM": "portal@example.org",
            "AUTH_LISTEN": "127.0.0.1:0", "AUTH_INTERNAL_LISTEN": "127.0.0.1:0",
            "AUTH_DRAIN_SECONDS": "0",
        ]
    }

    static func start(in folder: URL, database url: String) throws -> RunningServe {
        let process = Process()
        process.executableURL = Program.binary
        process.arguments = ["serve"]
        var settings = try settings(database: url)
        settings["AUTH_LOG_FILE"] = folder.appending(path: "log").path
        process.environment = Program.environment(settings)
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return RunningServe(folder: folder, process: process)
    }

    /// The `message` of each line that was logged so far.
    func messages() throws -> [String] {
        struct Line: Decodable { let message: String }
        let log = try? String(contentsOf: folder.appending(path: "log"), encoding: .utf8)
        return try (log ?? "").split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8)).message
        }
    }

    /// Sends the signal and waits for the end; answers how it ended.
    @discardableResult
    func end(_ signal: Int32 = SIGTERM) -> Int32 {
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
        return process.terminationStatus
    }
}
