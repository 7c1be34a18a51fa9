import Foundation
import Synchronization
import Testing

@testable import Auth

/// Takes every message and keeps it, so that a test reads the code as its patient would.
final class RecordingChannel: DeliveryChannel {
    let name = "recording"
    let kinds = Set(ChannelKind.allCases)

    /// By address too: a test may send a hundred thousand.
    private struct Kept {
        var all: [RenderedMessage] = []
        var byAddress: [String: [RenderedMessage]] = [:]
    }

    private let kept = Mutex(Kept())

    var messages: [RecordedMessage] { kept.withLock { $0.all }.map(RecordedMessage.init) }

    func forget() {
        kept.withLock { $0 = Kept() }
    }

    private func sent(to address: String) -> [RenderedMessage] {
        kept.withLock { $0.byAddress[address] ?? [] }
    }

    func count(to address: String) -> Int { sent(to: address).count }

    /// The message of that number to the address, from 1, as soon as it is there; an issue that names it
    /// where it does not come.
    func message(
        _ number: Int = 1, to address: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> RecordedMessage {
        try await eventually(
            orElse: "message \(number) to \(address) never came", sourceLocation: sourceLocation
        ) { count(to: address) >= number }
        return RecordedMessage(message: sent(to: address)[number - 1])
    }

    /// The code that an answer told of, by its `sent_at`: neither a notice that comes meanwhile nor a
    /// code with the same two letters is taken for it.
    func code(
        of sent: JSON, to address: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let instant = try #require(sent["sent_at"].string, sourceLocation: sourceLocation)
        @Sendable func found() -> String? {
            self.sent(to: address).last { $0.sentAt.rfc3339 == instant }?.code
        }
        try await eventually(
            orElse: "the code of \(instant) to \(address) never came",
            sourceLocation: sourceLocation
        ) { found() != nil }
        return try #require(found(), sourceLocation: sourceLocation)
    }

    func deliver(_ message: RenderedMessage) async throws(DeliveryFailure) -> Receipt {
        kept.withLock {
            $0.all.append(message)
            $0.byAddress[message.to, default: []].append(message)
        }
        return Receipt(providerMessageID: nil)
    }
}

/// A message as a test reads it: most are there for their code.
@dynamicMemberLookup
struct RecordedMessage: Sendable {
    let message: RenderedMessage

    /// In plain digits; empty where it carries none.
    var code: String { message.code ?? "" }

    subscript<Value>(dynamicMember path: KeyPath<RenderedMessage, Value>) -> Value {
        message[keyPath: path]
    }
}
