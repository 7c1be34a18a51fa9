/// Why a message was not taken, and whether another try can help.
enum DeliveryFailure: Error, Equatable, Sendable {
    /// The same gateway will refuse the same message again.
    case permanent(Reason)
    /// Another try may succeed; `retryAfter` is the least wait that the far side asked for.
    case transient(Reason, retryAfter: Duration? = nil)

    var reason: Reason {
        switch self {
        case .permanent(let reason), .transient(let reason, _): reason
        }
    }

    /// The causes that callers see as `reason`; a closed list, never the far side's own words, which
    /// may repeat the address. Each has its advice (`advice(in:)`).
    enum Reason: String, Codable, Sendable, CaseIterable {
        /// The address is not one that this channel can send to.
        case addressUnusable = "address_unusable"
        /// The network knows no such number, or it is out of service.
        case unknownNumber = "unknown_number"
        /// A landline, or another number that takes no SMS.
        case notAMobile = "not_a_mobile"
        /// The mail server knows no such mailbox, or does not accept mail for it.
        case unknownMailbox = "unknown_mailbox"
        case mailboxFull = "mailbox_full"
        /// The subscriber has asked for no messages of this sender (STOP), or blocks it.
        case blockedBySubscriber = "blocked_by_subscriber"
        /// The subscription does not take such messages: barred, prepaid without credit (NO-4).
        case barredByNetwork = "barred_by_network"
        /// Switched off or out of range until the message was given up.
        case phoneUnreachable = "phone_unreachable"
        /// A filter took it for spam.
        case spamRefused = "spam_refused"
        /// Refused for what it is: size, form, policy.
        case messageRefused = "message_refused"
        /// The gateway does not send under this sender's name.
        case senderRefused = "sender_refused"
        /// The gateway does not send to this country.
        case countryRefused = "country_refused"
        /// The gateway's account is suspended or out of credit.
        case accountSuspended = "account_suspended"
        /// The server did not accept our user name, password or key.
        case loginRefused = "login_refused"
        case serverUnreachable = "server_unreachable"
        case serverTimeout = "server_timeout"
        /// The server answered, but not now (greylisting, rate, maintenance).
        case serverBusy = "server_busy"
        /// The server takes no message of ours, whatever it is: a block list, or it is shut.
        case serverRefused = "server_refused"
        /// The server's answer does not say what became of the message.
        case answerUnreadable = "answer_unreadable"
        /// The server offers no STARTTLS; nothing is sent in the clear.
        case encryptionUnavailable = "encryption_unavailable"
        /// The server's certificate is not from a trusted authority, or has expired.
        case certificateUntrusted = "certificate_untrusted"
        /// The server's certificate is for another host.
        case certificateForOtherHost = "certificate_for_other_host"
        /// The operator does not let us out to this host, or its address is not a public one (Z-25).
        case hostRefused = "host_refused"
        /// Neither the operator nor the practice has a gateway for such messages.
        case noGateway = "no_gateway"
        /// No report came in the time that the practice set.
        case notReported = "not_reported"
        /// It would go out once more, which may have to be paid again, and the practice's day of SMS, or the
        /// part of it that it may take, is spent (SU-6, Z-19).
        case dailyLimitReached = "daily_limit_reached"
        /// The network gave no cause that we know.
        case unknownCause = "unknown_cause"
        /// The body could not be opened or its text not be made: ours to mend.
        case messageUnreadable = "message_unreadable"

        /// Whether it says that the gateway is in trouble, rather than this one message: what a
        /// circuit breaker counts.
        var blamesGateway: Bool {
            switch self {
            case .accountSuspended, .loginRefused, .serverUnreachable, .serverTimeout, .serverBusy,
                .serverRefused, .answerUnreadable, .encryptionUnavailable, .certificateUntrusted,
                .certificateForOtherHost, .hostRefused, .noGateway:
                true
            case .addressUnusable, .unknownNumber, .notAMobile, .unknownMailbox, .mailboxFull,
                .blockedBySubscriber, .barredByNetwork, .phoneUnreachable, .spamRefused,
                .messageRefused, .senderRefused, .countryRefused, .notReported, .dailyLimitReached,
                .unknownCause, .messageUnreadable:
                false
            }
        }

        /// Whether the gateway may have taken the message all the same, and charge for it.
        var mayHaveBeenTaken: Bool { self == .serverTimeout || self == .answerUnreadable }

        /// Whether the same gateway will say so until somebody mends it: where there is a further
        /// gateway it is that one's turn at once, even if the message could wait.
        var waitsForSomebody: Bool {
            switch self {
            case .loginRefused, .senderRefused, .serverRefused, .encryptionUnavailable,
                .certificateUntrusted, .certificateForOtherHost, .spamRefused, .messageRefused:
                true
            default: false
            }
        }

        /// As a failure: what may pass is worth another try at the same gateway.
        func failure(retryAfter: Duration? = nil) -> DeliveryFailure {
            switch self {
            case .serverUnreachable, .serverTimeout, .serverBusy, .answerUnreadable:
                .transient(self, retryAfter: retryAfter)
            default: .permanent(self)
            }
        }
    }
}
