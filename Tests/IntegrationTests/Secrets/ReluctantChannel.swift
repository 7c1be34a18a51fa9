@testable import Auth

/// Takes every message, and says to one address that it could not, so that its message stays in the
/// outbox.
struct ReluctantChannel: DeliveryChannel {
    let name = "reluctant"
    let kinds = Set(ChannelKind.allCases)
    let taken = RecordingChannel()
    let refused: String

    func deliver(_ message: RenderedMessage) async throws(DeliveryFailure) -> Receipt {
        let receipt = try await taken.deliver(message)
        if message.to == refused {
            throw .transient(.serverBusy, retryAfter: .seconds(300))
        }
        return receipt
    }
}
