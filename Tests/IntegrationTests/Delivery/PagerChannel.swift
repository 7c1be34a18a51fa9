import Cryptography
import Foundation

@testable import Auth

/// Sends codes to pagers. The README shows this file as the example of a channel; a test holds the two
/// equal, and the conformance suite runs on it.
struct PagerChannel: DeliveryChannel {
    let name = "pager"
    let kinds: Set<ChannelKind> = [.sms]

    let url: OutboundURL
    let key: Secret<String>
    let door: OutboundDoor

    func deliver(_ message: RenderedMessage) async throws(DeliveryFailure) -> Receipt {
        guard message.isAddressUsable else { throw .permanent(.addressUnusable) }
        let page = JSONValue.object([
            JSONMember("to", .string(message.to)), JSONMember("text", .string(message.text)),
        ])
        let request = OutboundRequest(
            url: url,
            headers: [
                .init(name: "Authorization", value: "Bearer \(key.expose())"),
                .init(name: "Content-Type", value: "application/json"),
                .init(name: "Idempotency-Key", value: message.id.text),
            ],
            body: page.bytes)
        let answer: OutboundAnswer
        do throws(OutboundFault) {
            answer = try await door.send(request)
        } catch {
            throw error.failure
        }
        guard answer.status == 201 else { throw answer.failureByStatus }
        return Receipt(providerMessageID: nil)
    }
}
