import Cryptography
import Foundation

/// Sends SMS through Twilio's Messages resource, or a service that speaks the same (API 2010-04-01).
struct TwilioChannel: DeliveryChannel {
    let name = "twilio"
    let kinds: Set<ChannelKind> = [.sms]

    let settings: TwilioSettings
    let authToken: Secret<String>
    /// Where Twilio reports to; signed with the same token.
    let reportURL: String
    let door: OutboundDoor

    func deliver(_ message: RenderedMessage) async throws(DeliveryFailure) -> Receipt {
        guard message.isAddressUsable else { throw .permanent(.addressUnusable) }
        let path = "/2010-04-01/Accounts/\(settings.account)/Messages.json"
        guard let url = settings.url.appending(path) else { throw .permanent(.hostRefused) }
        let login = "\(settings.account):\(authToken.expose())"
        let request = OutboundRequest(
            url: url,
            headers: [
                .init(
                    name: "Authorization",
                    value: "Basic \(Data(login.utf8).base64EncodedString())"),
                .init(name: "Content-Type", value: "application/x-www-form-urlencoded"),
                .init(name: "Accept", value: "application/json"),
                .init(name: "Idempotency-Key", value: message.id.text),
            ],
            body: FormBody.encode(fields(message)))
        let answer: OutboundAnswer
        do throws(OutboundFault) {
            answer = try await door.send(request)
        } catch {
            throw error.failure
        }
        return try receipt(answer)
    }

    private func fields(_ message: RenderedMessage) -> [(name: String, value: String)] {
        let sender = settings.hasService ? "MessagingServiceSid" : "From"
        let life = Int(message.expiresAt.timeIntervalSinceNow.rounded(.up))
        return [
            ("To", message.to), (sender, settings.sender), ("Body", message.text),
            ("StatusCallback", reportURL),
            // The network gives the message up when its code is dead (SC-9).
            ("ValidityPeriod", String(min(max(life, 1), 600))),
        ]
    }

    private func receipt(_ answer: OutboundAnswer) throws(DeliveryFailure) -> Receipt {
        let document = try? JSONReader.value(of: answer.body)
        if (200..<300).contains(answer.status) {
            guard case .string(let sid)? = document?["sid"], ProviderID.isPlain(sid) else {
                throw .transient(.answerUnreadable)
            }
            return Receipt(providerMessageID: sid)
        }
        if case .int(let code)? = document?["code"], let reason = TwilioError.reason(of: code) {
            throw reason.failure(retryAfter: answer.retryAfter)
        }
        throw answer.failureByStatus
    }
}

/// Twilio's error codes, of the API and of its reports, as our causes.
enum TwilioError {
    /// Nil for a code that says nothing to a patient or a practice.
    static func reason(of code: Int) -> DeliveryFailure.Reason? {
        switch code {
        case 21211, 21214, 21217, 30005: .unknownNumber
        case 21614, 30006: .notAMobile
        case 21610: .blockedBySubscriber
        case 21408: .countryRefused
        case 21212, 21603, 21606, 21659, 21660: .senderRefused
        case 21602, 21617, 30019: .messageRefused
        case 20003: .loginRefused
        case 20005, 20006, 30002, 90010: .accountSuspended
        case 20429, 21611, 30001: .serverBusy
        case 30003: .phoneUnreachable
        case 30004: .barredByNetwork
        case 30007: .spamRefused
        case 30008: .unknownCause
        default: nil
        }
    }
}

/// A gateway's own number for a message, where it is plain enough to be kept.
enum ProviderID {
    static func isPlain(_ text: String) -> Bool {
        text.wholeMatch(of: /[A-Za-z0-9._:@~-]{1,128}/) != nil
    }
}

extension OutboundAnswer {
    /// What a status says by itself.
    var failureByStatus: DeliveryFailure {
        switch status {
        case 401, 403: .permanent(.loginRefused)
        case 402: .permanent(.accountSuspended)
        case 408, 425, 429: .transient(.serverBusy, retryAfter: retryAfter)
        case 500...: .transient(.serverBusy, retryAfter: retryAfter)
        // A redirect is not followed, and tells that the gateway is not where it was.
        case ..<400: .permanent(.hostRefused)
        default: .permanent(.messageRefused)
        }
    }
}
