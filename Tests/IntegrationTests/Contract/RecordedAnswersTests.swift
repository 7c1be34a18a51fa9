import Foundation
import Testing

/// Every answer that all other tests received, held against `openapi.yaml` by `check.py`.
///
/// Run by itself when the others are done, as `docker/dev test` does: it also asks that each
/// documented status of each operation was seen.
@Suite(.enabled(if: Recording.canBeChecked, "needs AUTH_TEST_PYTHON and a recording"))
struct RecordedAnswers {
    @Test func `every answer is documented, and every documented one was seen`() throws {
        let check = Process()
        check.executableURL = URL(filePath: try #require(Recording.python))
        check.arguments = [
            SourceTree.root.appending(path: "Tests/IntegrationTests/Contract/check.py").path,
            SourceTree.root.appending(path: "openapi.yaml").path,
            try #require(Recording.file),
        ]
        let output = Pipe()
        check.standardOutput = output
        check.standardError = output
        try check.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        check.waitUntilExit()
        #expect(check.terminationStatus == 0, "\(String(decoding: text, as: UTF8.self))")
    }
}

/// What `AnswerRecord` wrote, and what reads it.
private enum Recording {
    static let python = ProcessInfo.processInfo.environment["AUTH_TEST_PYTHON"]
    static let file = ProcessInfo.processInfo.environment["AUTH_TEST_DIRECTORY"]
        .map { $0 + "/answers.jsonl" }

    static var canBeChecked: Bool {
        python != nil && file.map(FileManager.default.fileExists(atPath:)) == true
    }
}
