import Foundation
import Synchronization

/// A peer of the tests in a Python process of its own: it names its port, then says one JSON line
/// for each thing that happened.
///
/// It ends with this object or with the test process, however that ends: its standard input closes
/// then.
final class PeerProcess: Sendable {
    struct NotStarted: Error, CustomStringConvertible {
        let description: String
    }

    let port: Int
    private let process: Process
    private let input: Pipe
    private let lines: PeerLines

    /// - Parameter script: its name, beside this file.
    init(_ script: String, _ arguments: [String]) async throws {
        let (process, input, output) = (Process(), Pipe(), Pipe())
        process.executableURL = try Self.python()
        process.arguments =
            [URL(filePath: #filePath).deletingLastPathComponent().appending(path: script).path]
            + arguments
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let lines = PeerLines()
        lines.read(output.fileHandleForReading)
        guard let port = await lines.port() else {
            throw NotStarted(description: "\(script) did not start")
        }
        (self.process, self.input, self.lines, self.port) = (process, input, lines, port)
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.terminate()
    }

    /// What it has said so far, oldest first.
    var said: [Data] { lines.soFar }

    /// Says a line to it.
    func tell(_ line: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    }

    /// Ends it and returns everything that it said.
    ///
    /// Only its end shows that nothing more is on its way through the pipe.
    func stop() async -> [Data] {
        try? input.fileHandleForWriting.close()
        return await lines.all()
    }

    /// `AUTH_TEST_PYTHON`, else the environment that `docker/dev test` makes.
    static func python() throws -> URL {
        if let path = ProcessInfo.processInfo.environment["AUTH_TEST_PYTHON"] {
            return URL(filePath: path)
        }
        let project = (0..<4).reduce(URL(filePath: #filePath)) { url, _ in
            url.deletingLastPathComponent()
        }
        let python = project.appending(path: ".dev/venv/bin/python")
        guard FileManager.default.isExecutableFile(atPath: python.path) else {
            throw NotStarted(description: "AUTH_TEST_PYTHON must name a Python with the test tools")
        }
        return python
    }
}

/// What a peer has said, line by line.
private final class PeerLines: Sendable {
    private struct Contents {
        var lines: [Data] = []
        var port: Int?
        var isOver = false
        var awaitingPort: [CheckedContinuation<Int?, Never>] = []
        var awaitingEnd: [CheckedContinuation<[Data], Never>] = []
    }

    private struct Greeting: Decodable {
        let port: Int
    }

    private let contents = Mutex(Contents())

    var soFar: [Data] { contents.withLock { $0.lines } }

    /// Every line, once the peer has ended.
    func all() async -> [Data] {
        await withCheckedContinuation { continuation in
            contents.withLock { contents in
                if contents.isOver {
                    continuation.resume(returning: contents.lines)
                } else {
                    contents.awaitingEnd.append(continuation)
                }
            }
        }
    }

    /// The port, once the peer has named it; nil where it ended without.
    func port() async -> Int? {
        await withCheckedContinuation { continuation in
            contents.withLock { contents in
                if contents.port != nil || contents.isOver {
                    continuation.resume(returning: contents.port)
                } else {
                    contents.awaitingPort.append(continuation)
                }
            }
        }
    }

    /// Reads to the end, on a thread of its own since reading blocks.
    func read(_ output: FileHandle) {
        Thread.detachNewThread {
            var rest = Data()
            while case let data = output.availableData, !data.isEmpty {
                rest += data
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    self.take(Data(rest[..<end]))
                    rest = Data(rest[(end + 1)...])
                }
            }
            self.contents.withLock { contents in
                contents.isOver = true
                for reader in contents.awaitingPort { reader.resume(returning: nil) }
                for reader in contents.awaitingEnd { reader.resume(returning: contents.lines) }
                (contents.awaitingPort, contents.awaitingEnd) = ([], [])
            }
        }
    }

    private func take(_ line: Data) {
        contents.withLock { contents in
            if contents.port == nil,
                let greeting = try? JSONDecoder().decode(Greeting.self, from: line)
            {
                contents.port = greeting.port
                for reader in contents.awaitingPort { reader.resume(returning: greeting.port) }
                contents.awaitingPort = []
            } else {
                contents.lines.append(line)
            }
        }
    }
}
