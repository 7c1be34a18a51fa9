import Foundation
import Synchronization
import Testing

@testable import Auth

/// Takes every message and keeps it, so that a test reads the code as its patient would.
final class RecordingChannel: DeliveryChannel {
    let name = "recording"
    let kinds = Set(ChannelKind.allCases)

    private let kept = Mutex<[RenderedMessage]>([])

    var messages: [RecordedMessage] { kept.withLock { $0 }.map(RecordedMessage.init) }

    func forget() {
        kept.withLock { $0 = [] }
    }

    func count(to address: String) -> Int {
        kept.withLock { $0.count { $0.to == address } }
    }

    /// The message of that number to the address, from 1, as soon as it is there; an issue that names it
    /// where it does not come.
    func message(
        _ number: Int = 1, to address: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> RecordedMessage {
        try await eventually(
            orElse: "message \(number) to \(address) never came", sourceLocation: sourceLocation
        ) { count(to: address) >= number }
        let sent = kept.withLock { $0.filter { $0.to == address } }
        return RecordedMessage(message: sent[number - 1])
    }

    /// The code that an answer told of, by its `sent_at`: neither a notice that comes meanwhile nor a
    /// code with the same two letters is taken for it.
    func code(
        of sent: JSON, to address: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let instant = try #require(sent["sent_at"].string, sourceLocation: sourceLocation)
        @Sendable func found() -> String? {
            kept.withLock { $0 }.last { $0.to == address && $0.sentAt.rfc3339 == instant }?.code
        }
        try await eventually(
            orElse: "the code of \(instant) to \(address) never came",
            sourceLocation: sourceLocation
        ) { found() != nil }
        return try #require(found(), sourceLocation: sourceLocation)
    }

    func deliver(_ message: RenderedMessage) async throws(DeliveryFailure) -> Receipt {
        kept.withLock { $0.append(message) }
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
