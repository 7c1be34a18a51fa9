import Foundation
import Testing

/// `practice-auth dev` in a folder and on ports of its own.
struct RunningDemo {
    let folder: URL
    let environment: [String: String]
    /// What it printed when it was ready.
    let block: String
    private let process: Process

    /// Returns when the demo has printed its block.
    ///
    /// - Parameter openFiles: how many it may have open; as many as the tests where it is nil.
    static func start(
        in folder: URL, openFiles: Int? = nil, _ arguments: String...
    ) async throws -> RunningDemo {
        let environment = [
            "AUTH_DEV_DIRECTORY": folder.path,
            "AUTH_LISTEN": "127.0.0.1:\(try freePort())",
            "AUTH_INTERNAL_LISTEN": "127.0.0.1:\(try freePort())",
        ]
        let process = Process()
        let limit = openFiles.map { "ulimit -n \($0); " } ?? ""
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments =
            ["-c", limit + #"exec "$0" dev "$@""#, Program.binary.path] + arguments
        process.environment = Program.environment(environment)
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let block = try await Program.blocking {
            // It ends with the line that asks for tokens.
            var block = ""
            while !block.contains("/verify") || !block.hasSuffix("\n") {
                let data = output.fileHandleForReading.availableData
                try #require(!data.isEmpty, "the demo ended before it was ready")
                block += String(decoding: data, as: UTF8.self)
            }
            return block
        }
        return RunningDemo(
            folder: folder, environment: environment, block: block, process: process)
    }

    /// A new folder in which a demo has run and ended; making its data takes longer than most tests.
    static func usedFolder() async throws -> URL {
        let folder = try Program.makeFolder()
        let made = try await made.value
        let copied = try await Program.run(
            URL(filePath: "/bin/cp"), ["-a", "\(made.path)/.", folder.path])
        try #require(copied.status == 0)
        return folder
    }

    private static let made = Task {
        let folder = try Program.makeFolder()
        try await start(in: folder).end()
        return folder
    }

    /// What `docker/dev env` says.
    func variables() async throws -> [String: String] {
        let outcome = try await Program.run(
            Program.project.appending(path: "docker/dev"), ["env"], environment: environment)
        try #require(outcome.status == 0)
        let pairs = outcome.output.split(separator: "\n").compactMap { line in
            line.split(separator: "=", maxSplits: 1).count == 2
                ? line.split(separator: "=", maxSplits: 1).map(String.init) : nil
        }
        return Dictionary(
            uniqueKeysWithValues: pairs.map { ($0[0], $0[1].trimmingPrefix("'")) }
        ).mapValues { String($0.hasSuffix("'") ? $0.dropLast() : $0) }
    }

    /// The database server's process.
    func server() throws -> Int32 {
        let lock = folder.appending(path: "postgres/data/postmaster.pid")
        let text = try String(contentsOf: lock, encoding: .utf8)
        return try #require(text.split(separator: "\n").first.flatMap { Int32($0) })
    }

    /// How many files it has open.
    func openFiles() throws -> Int {
        try FileManager.default.contentsOfDirectory(
            atPath: "/proc/\(process.processIdentifier)/fd"
        ).count
    }

    /// Sends the signal and waits for the end; answers how it ended.
    @discardableResult
    func end(_ signal: Int32 = SIGINT) -> Int32 {
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Kills it together with the shell that would end its server.
    func endWithWatcher() async throws {
        // The shell waits for our end of a pipe, which no other shell has as its input.
        let folder = "/proc/\(process.processIdentifier)/fd"
        let pipes = try FileManager.default.contentsOfDirectory(atPath: folder).compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
        }.filter { $0.hasPrefix("pipe:") }
        let shells = try await Program.shell("pgrep -x sh").output
            .split(separator: "\n").compactMap { Int32($0) }
        for shell in shells {
            let input = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/\(shell)/fd/0")
            if let input, pipes.contains(input) { kill(shell, SIGKILL) }
        }
        end(SIGKILL)
    }

    /// The key ring, which an operator of this install would have.
    func keys() throws -> String {
        struct Install: Decodable { let keys: String }
        let file = folder.appending(path: "install.json")
        return try JSONDecoder().decode(Install.self, from: Data(contentsOf: file)).keys
    }

    /// Waits until a process that is not our child is gone.
    static func awaitEnd(of process: Int32) async throws {
        try await eventually { !isRunning(process) }
    }

    /// Whether the process still does anything: where nobody reaps orphans, its number outlives it.
    static func isRunning(_ process: Int32) -> Bool {
        // "number (name) state …"; the name may hold anything.
        guard
            let line = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let state = line.split(separator: ")").last?.split(separator: " ").first
        else { return false }
        return state != "Z" && state != "X"
    }

    /// A port that nothing listens on; the system does not give it out again at once.
    static func freePort() throws -> Int {
        let taken = try takenPort()
        close(taken.descriptor)
        return taken.port
    }

    /// A port that is ours, and nobody else's, until the descriptor is closed.
    static func takenPort() throws -> (port: Int, descriptor: Int32) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer -> Bool in
                bind(descriptor, pointer, length) == 0 && listen(descriptor, 1) == 0
                    && getsockname(descriptor, pointer, &length) == 0
            }
        }
        try #require(port)
        return (Int(UInt16(bigEndian: address.sin_port)), descriptor)
    }
}
