import Foundation

/// Every request and answer of a test run, a JSON line each, in `$AUTH_TEST_DIRECTORY/answers.jsonl`;
/// the contract check reads them when all other tests are done.
///
/// One `write` a line on a file opened for appending, so that lines of parallel tests never mix.
enum AnswerRecord {
    /// Longest body that is kept; of a longer one only its length is.
    private static let longestBody = 65_536

    private static let file: Int32? = {
        guard let directory = ProcessInfo.processInfo.environment["AUTH_TEST_DIRECTORY"] else {
            return nil
        }
        let file = open(
            directory + "/answers.jsonl", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        return file < 0 ? nil : file
    }()

    static func add(_ request: HTTPClientRequest, _ answer: HTTPAnswer) {
        guard let file else { return }
        let line: JSON = [
            "method": .string(request.method),
            "path": .string(request.path),
            "request_headers": list(request.headers),
            "request_body": text(request.body ?? []),
            "status": .number(Double(answer.status)),
            "headers": list(answer.headers),
            "body": text(answer.body),
            "body_length": .number(Double(answer.body.count)),
        ]
        let bytes = line.bytes + [UInt8(ascii: "\n")]
        let written = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        precondition(written == bytes.count, "the answer record can't be written")
    }

    private static func list(_ headers: [(String, String)]) -> JSON {
        .array(headers.map { [.string($0.0), .string($0.1)] })
    }

    /// Null where it is too long or not UTF-8.
    private static func text(_ bytes: [UInt8]) -> JSON {
        guard bytes.count <= longestBody else { return .null }
        return String(validating: bytes, as: UTF8.self).map(JSON.string) ?? .null
    }
}
