import Foundation
import Synchronization

@testable import Auth

/// Takes every message and keeps it, so that a test reads the code as its patient would.
final class RecordingChannel: DeliveryChannel {
    let name = "recording"
    let kinds = Set(ChannelKind.allCases)

    private struct State {
        var messages: [RenderedMessage] = []
        var waiting: [(number: Int, to: String, CheckedContinuation<RenderedMessage, Never>)] = []
    }

    private let state = Mutex(State())

    var messages: [RecordedMessage] { state.withLock { $0.messages }.map(RecordedMessage.init) }

    func forget() {
        state.withLock { $0 = State() }
    }

    func count(to address: String) -> Int {
        state.withLock { $0.messages.count { $0.to == address } }
    }

    /// The message of that number to the address, from 1, as soon as it is there.
    func message(_ number: Int = 1, to address: String) async -> RecordedMessage {
        let message = await withCheckedContinuation { continuation in
            let present: RenderedMessage? = state.withLock { state in
                let sent = state.messages.filter { $0.to == address }
                if sent.count >= number { return sent[number - 1] }
                state.waiting.append((number, address, continuation))
                return nil
            }
            if let present { continuation.resume(returning: present) }
        }
        return RecordedMessage(message: message)
    }

    func deliver(_ message: RenderedMessage) async throws(DeliveryFailure) -> Receipt {
        let served = state.withLock { state in
            state.messages.append(message)
            let count = state.messages.count { $0.to == message.to }
            let served = state.waiting.filter { $0.to == message.to && $0.number == count }
            state.waiting.removeAll { $0.to == message.to && $0.number == count }
            return served
        }
        for (_, _, continuation) in served { continuation.resume(returning: message) }
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
