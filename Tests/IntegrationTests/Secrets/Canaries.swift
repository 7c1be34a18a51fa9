import Foundation
import Synchronization

@testable import Auth

/// Values that may stand nowhere but in the answer or the message that they were made for.
final class Canaries: Sendable {
    private struct State {
        /// By what each is, for a failure that names no secret.
        var secrets: [(name: String, text: String)] = []
        var codes: [String] = []
        /// No secrets in the database, but nothing for a log, a metric or an audit row either.
        var personal: [(name: String, text: String)] = []
        var problems: [String] = []
    }

    private let state = Mutex(State())

    func add(_ name: String, _ secret: String) {
        state.withLock { $0.secrets.append((name, secret)) }
    }

    func add(code: String) { state.withLock { $0.codes.append(code) } }

    func add(personal name: String, _ text: String) {
        state.withLock { $0.personal.append((name, text)) }
    }

    /// Keeps what a refusal said.
    func add(problem answer: HTTPAnswer) {
        let headers = answer.headers.map { "\($0.0): \($0.1)" }.joined(separator: "\n")
        state.withLock { $0.problems.append("\(headers)\n\n\(answer.text)") }
    }

    var problems: [String] { state.withLock { $0.problems } }

    var counts: (secrets: Int, codes: Int, personal: Int) {
        state.withLock { ($0.secrets.count, $0.codes.count, $0.personal.count) }
    }

    /// The names of the secrets that the text holds, as they are, in hexadecimal or in base64.
    func found(in text: String, alsoPersonal: Bool) -> [String] {
        let state = state.withLock { $0 }
        var found = state.secrets.filter { secret in
            Self.forms(of: secret.text).contains { text.contains($0) }
        }.map(\.name)
        found += state.codes.filter { Self.holds(text, code: $0) }.map { _ in "code" }
        if alsoPersonal {
            found += state.personal.filter { text.contains($0.text) }.map(\.name)
        }
        return found
    }

    private static func forms(of secret: String) -> [String] {
        let bytes = Array(secret.utf8)
        let base64 = Data(bytes).base64EncodedString().prefix { $0 != "=" }
        return [secret, hex(bytes), String(base64)]
    }

    /// Six digits stand in many numbers, so only a value of its own counts: not the microseconds of
    /// an instant (`.123456`), not a part of a longer number, an id or a word.
    private static func holds(_ text: String, code: String) -> Bool {
        if text.contains(hex(Array(code.utf8))) { return true }
        var rest = text[...]
        while let range = rest.range(of: code) {
            let before = text[..<range.lowerBound].last
            let after = text[range.upperBound...].first
            if !isPart(before) && !isPart(after) && before != "." { return true }
            rest = rest[range.upperBound...]
        }
        return false
    }

    private static func isPart(_ character: Character?) -> Bool {
        character.map { $0.isLetter || $0.isNumber } ?? false
    }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
