import Foundation

/// The built `practice-auth`, and shells, as processes of their own.
enum Program {
    /// Beside the test runner, which the same build made.
    static let binary = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "practice-auth")

    /// The project's folder, from this file's place in it.
    static let project = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    /// Settings of whoever runs the tests must not reach what is tested.
    static func environment(_ own: [String: String]) -> [String: String] {
        let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("AUTH_") }
        return inherited.merging(own) { _, new in new }
    }

    /// A new folder, short enough for a socket's path.
    static func makeFolder() throws -> URL {
        let parent = ProcessInfo.processInfo.environment["AUTH_TEST_DIRECTORY"] ?? "/tmp"
        let folder = URL(filePath: parent).appending(path: "demo-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    /// Does on a thread of its own what blocks: the pool's few threads are for all tests.
    static func blocking<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
        }
    }

    /// Runs to the end.
    static func run(
        _ program: URL, _ arguments: [String], environment: [String: String] = [:],
        input: String? = nil
    ) async throws -> Outcome {
        try await blocking {
            try runAndWait(program, arguments, environment: environment, input: input)
        }
    }

    /// What it writes is read from files, which never fill up as a pipe does.
    private static func runAndWait(
        _ program: URL, _ arguments: [String], environment: [String: String], input: String?
    ) throws -> Outcome {
        let folder = try makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.environment = self.environment(environment)
        process.currentDirectoryURL = project
        let names = ["input", "output", "errors"].map { folder.appending(path: $0) }
        try Data((input ?? "").utf8).write(to: names[0])
        try Data().write(to: names[1])
        try Data().write(to: names[2])
        process.standardInput = try FileHandle(forReadingFrom: names[0])
        process.standardOutput = try FileHandle(forWritingTo: names[1])
        process.standardError = try FileHandle(forWritingTo: names[2])
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus,
            output: String(decoding: try Data(contentsOf: names[1]), as: UTF8.self),
            errors: String(decoding: try Data(contentsOf: names[2]), as: UTF8.self))
    }

    static func run(
        _ arguments: String..., environment: [String: String] = [:], input: String? = nil
    ) async throws -> Outcome {
        try await run(binary, arguments, environment: environment, input: input)
    }

    static func shell(
        _ script: String, environment: [String: String] = [:]
    ) async throws -> Outcome {
        try await run(
            URL(filePath: "/bin/sh"), ["-eu", "-c", script], environment: environment)
    }
}
