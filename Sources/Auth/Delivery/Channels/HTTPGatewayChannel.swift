import Cryptography
import Foundation

/// Sends through any gateway with an HTTP API that its settings describe: no code for each provider.
struct HTTPGatewayChannel: DeliveryChannel {
    let name = "http"
    let kinds = Set(ChannelKind.allCases)

    let settings: HTTPGatewaySettings
    let secret: Secret<String>?
    let reportURL: String
    let door: OutboundDoor

    func deliver(_ message: RenderedMessage) async throws(DeliveryFailure) -> Receipt {
        guard message.isAddressUsable else { throw .permanent(.addressUnusable) }
        guard secret != nil || !settings.needsSecret else { throw .permanent(.loginRefused) }
        let answer: OutboundAnswer
        do throws(OutboundFault) {
            answer = try await door.send(request(message))
        } catch {
            throw error.failure
        }
        return try receipt(answer)
    }

    private func request(_ message: RenderedMessage) -> OutboundRequest {
        let values = values(message)
        var headers = settings.headers.map {
            OutboundRequest.Header(name: $0.name, value: $0.value.filled(values))
        }
        headers.append(.init(name: "Content-Type", value: settings.contentType.mediaType))
        headers.append(.init(name: "Accept", value: "application/json"))
        headers.append(.init(name: "Idempotency-Key", value: message.id.text))
        return OutboundRequest(
            url: settings.url, method: settings.method, headers: headers,
            body: settings.contentType.encode(settings.body.filled(values)))
    }

    private func values(_ message: RenderedMessage) -> [GatewayTemplate.Variable: String] {
        [
            .to: message.to,
            .toDigits: message.to.hasPrefix("+") ? String(message.to.dropFirst()) : message.to,
            .text: message.text, .subject: message.subject ?? "", .html: message.html ?? "",
            .id: message.id.text,
            .sender: settings.sender ?? message.senderID ?? message.senderName,
            .locale: message.locale, .expiresAt: message.expiresAt.rfc3339,
            .reportURL: reportURL, .secret: secret?.expose() ?? "",
        ]
    }

    /// A 2xx is believed unless it has an error that the settings know, or lacks the message id that
    /// they promise. Where they promise none, any error refuses it, and with no place for errors either,
    /// whatever the body says is believed.
    private func receipt(_ answer: OutboundAnswer) throws(DeliveryFailure) -> Receipt {
        let document = try? JSONReader.value(of: answer.body)
        if let document, let code = settings.errorCode?.word(in: document),
            let reason = settings.reasons[code]
        {
            throw reason.failure(retryAfter: answer.retryAfter)
        }
        guard (200..<300).contains(answer.status) else {
            if settings.transientStatuses.contains(answer.status) {
                throw .transient(.serverBusy, retryAfter: answer.retryAfter)
            }
            throw answer.failureByStatus
        }
        // An error that the settings don't know is one all the same.
        let error = document.flatMap { settings.errorCode?.word(in: $0) }
        guard let pointer = settings.messageID else {
            if let error, !Self.saysNoError(error) { throw .permanent(.unknownCause) }
            return Receipt(providerMessageID: nil)
        }
        guard let document, let id = pointer.word(in: document), ProviderID.isPlain(id) else {
            guard error == nil else { throw .permanent(.unknownCause) }
            throw .transient(.answerUnreadable)
        }
        return Receipt(providerMessageID: id)
    }

    /// Many gateways give their code with every answer: empty, or zero, where all is well.
    private static func saysNoError(_ code: String) -> Bool {
        code.allSatisfy { $0 == "0" }
    }
}

extension HTTPGatewaySettings.ContentType {
    var mediaType: String {
        switch self {
        case .json: "application/json"
        case .form: "application/x-www-form-urlencoded"
        }
    }

    func encode(_ body: JSONValue) -> [UInt8] {
        switch (self, body) {
        case (.form, .object(let members)):
            FormBody.encode(
                members.map { member in
                    if case .string(let text) = member.value {
                        (member.name, text)
                    } else {
                        (member.name, "")
                    }
                })
        default: body.bytes
        }
    }
}
