import Cryptography
import Foundation

/// Hands messages to a system of the practice's own, which sends them: a webhook signed as Standard
/// Webhooks 1.0 prescribes.
///
/// Any 2xx means that the system has taken the message. It answers a repeated `webhook-id` in the
/// same way without sending again.
struct WebhookChannel: DeliveryChannel {
    let name = "webhook"
    let kinds = Set(ChannelKind.allCases)

    let settings: WebhookSettings
    let signer: StandardWebhook
    let door: OutboundDoor

    func deliver(_ message: RenderedMessage) async throws(DeliveryFailure) -> Receipt {
        guard message.isAddressUsable else { throw .permanent(.addressUnusable) }
        let now = Date()
        let body = Self.body(message, now: now)
        let request = OutboundRequest(
            url: settings.url,
            headers: signer.headers(id: message.id.text, sentAt: now, body: body) + [
                .init(name: "Content-Type", value: "application/json"),
                .init(name: "Accept", value: "application/json"),
            ],
            body: body)
        let answer: OutboundAnswer
        do throws(OutboundFault) {
            answer = try await door.send(request)
        } catch {
            throw error.failure
        }
        // The body of an answer says nothing that is needed: the id is ours on both sides.
        if (200..<300).contains(answer.status) { return Receipt(providerMessageID: nil) }
        // 410 is how a receiver says that it is gone for good (Standard Webhooks).
        if answer.status == 410 { throw .permanent(.accountSuspended) }
        throw answer.failureByStatus
    }

    private static func body(_ message: RenderedMessage, now: Date) -> [UInt8] {
        var data: [JSONMember] = [
            JSONMember("id", .string(message.id.text)),
            JSONMember("channel", .string(message.channel.rawValue)),
            JSONMember("to", .string(message.to)),
            JSONMember("sender", .string(message.senderID ?? message.senderName)),
            JSONMember("locale", .string(message.locale)),
            JSONMember("text", .string(message.text)),
        ]
        if let subject = message.subject { data.append(.init("subject", .string(subject))) }
        if let html = message.html { data.append(.init("html", .string(html))) }
        data += [
            JSONMember("sent_at", .string(message.sentAt.rfc3339)),
            // Not to be sent any more from then on.
            JSONMember("expires_at", .string(message.expiresAt.rfc3339)),
        ]
        return JSONValue.object([
            JSONMember("type", .string("message.send")),
            JSONMember("timestamp", .string(now.rfc3339)),
            JSONMember("data", .object(data)),
        ]).bytes
    }
}
