import Foundation
import Logging

@testable import Auth

/// Keeps every line that a service logs, in the form in which operators get it.
///
/// All levels are kept: what may never be logged may not be logged at `trace` either.
final class TestLog: Sendable {
    let logger: Logger
    /// A file without a name; it goes with the last descriptor.
    private let descriptor: Int32

    init() {
        let folder = FileManager.default.temporaryDirectory.path
        var path = Array("\(folder)/test-log-XXXXXX".utf8CString)
        let descriptor = mkstemp(&path)
        let name = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard descriptor >= 0, let output = try? LogOutput(path: name), unlink(name) == 0
        else { preconditionFailure("no file for the log") }
        self.descriptor = descriptor
        var logger = Logger(label: "practice-auth") {
            JSONLogHandler(label: $0, output: output, level: .trace)
        }
        logger.logLevel = .trace
        self.logger = logger
    }

    deinit { close(descriptor) }

    /// What was logged so far.
    var text: String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = pread(descriptor, &buffer, buffer.count, off_t(bytes.count))
            if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(contentsOf: buffer.prefix(count))
        }
    }

    func forget() {
        ftruncate(descriptor, 0)
    }

    /// Every line that was logged so far, without its end.
    var lines: [String] {
        text.split(separator: "\n").map(String.init)
    }
}
