import Foundation
import Synchronization
import Testing

/// `practice-auth serve` as a process of its own, that can be ended and started again on its ports.
final class Instance: Sendable {
    let port: Int
    let client: HTTPClient
    private let environment: [String: String]
    private let openFiles: Int?
    private let process = Mutex<Process?>(nil)

    init(_ settings: [String: String], openFiles: Int? = nil) throws {
        self.openFiles = openFiles
        port = try RunningDemo.freePort()
        client = HTTPClient(port: port, isRecorded: false)
        environment = settings.merging([
            "AUTH_LISTEN": "127.0.0.1:\(port)",
            "AUTH_INTERNAL_LISTEN": "127.0.0.1:\(try RunningDemo.freePort())",
        ]) { $1 }
    }

    deinit {
        if let process = process.withLock({ $0 }), process.isRunning {
            kill(process.processIdentifier, SIGKILL)
        }
    }

    /// Nil while it is not started, or once it has ended.
    var identifier: Int32? {
        process.withLock { $0 }.flatMap { $0.isRunning ? $0.processIdentifier : nil }
    }

    var isReady: Bool {
        get async {
            (try? await client.send("GET", "/readyz", within: .seconds(1)).status) == 200
        }
    }

    func start() throws {
        let process = Process()
        if let openFiles {
            process.executableURL = URL(filePath: "/bin/sh")
            process.arguments = [
                "-c", #"ulimit -n "$1" && exec "$0" serve"#, Program.binary.path, "\(openFiles)",
            ]
        } else {
            process.executableURL = Program.binary
            process.arguments = ["serve"]
        }
        process.environment = Program.environment(environment)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        self.process.withLock { $0 = process }
    }

    func signal(_ signal: Int32) {
        if let identifier { kill(identifier, signal) }
    }

    /// Sends the signal and waits for the end; answers how it ended.
    @discardableResult
    func end(_ signal: Int32 = SIGTERM) async throws -> Int32 {
        guard let process = process.withLock({ $0 }) else { return 0 }
        return try await Program.blocking {
            if process.isRunning { kill(process.processIdentifier, signal) }
            process.waitUntilExit()
            return process.terminationStatus
        }
    }
}
