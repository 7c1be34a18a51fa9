import CCurl

/// How a conversation with a mail server ended, and what that means for the message.
struct SMTPReply: Equatable, Sendable {
    enum Ending: Equatable, Sendable {
        case sent
        case unreachable
        case timeout
        case encryptionUnavailable
        case encryptionFailed
        case certificateUntrusted
        case certificateForOtherHost
        case loginRefused
        case refused
        case connectionLost
        case notTried
    }

    let ending: Ending
    /// Three digits (RFC 5321 section 4.2); 0 where the server said nothing.
    let code: Int
    /// The last line, which may repeat the address: parsed here, and never kept.
    let line: String

    init(ending: Ending, code: Int = 0, line: String = "") {
        self.ending = ending
        self.code = code
        self.line = line
    }

    init(_ result: ccurl_smtp_result) {
        ending =
            switch result.outcome {
            case CCURL_SMTP_SENT: .sent
            case CCURL_SMTP_UNREACHABLE: .unreachable
            case CCURL_SMTP_TIMEOUT: .timeout
            case CCURL_SMTP_NO_STARTTLS: .encryptionUnavailable
            case CCURL_SMTP_TLS_FAILED: .encryptionFailed
            case CCURL_SMTP_CERTIFICATE_UNTRUSTED: .certificateUntrusted
            case CCURL_SMTP_CERTIFICATE_FOR_OTHER_HOST: .certificateForOtherHost
            case CCURL_SMTP_LOGIN_REFUSED: .loginRefused
            case CCURL_SMTP_REFUSED: .refused
            case CCURL_SMTP_CONNECTION_LOST: .connectionLost
            default: .notTried
            }
        code = result.reply_code
        line = withUnsafeBytes(of: result.reply) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// The receipt of a mail that was taken; throws what keeps it from being taken.
    func receipt() throws(DeliveryFailure) -> Receipt {
        switch ending {
        case .sent: return Receipt(providerMessageID: queueID)
        case .unreachable: throw .transient(.serverUnreachable)
        case .timeout, .connectionLost: throw .transient(.serverTimeout)
        case .encryptionFailed, .notTried: throw .transient(.serverUnreachable)
        // A server that can't prove who it is won't learn to within the life of a code, and the
        // patient waits: better to say so at once.
        case .encryptionUnavailable: throw .permanent(.encryptionUnavailable)
        case .certificateUntrusted: throw .permanent(.certificateUntrusted)
        case .certificateForOtherHost: throw .permanent(.certificateForOtherHost)
        // 454 is a server that can't check passwords just now (RFC 4954 section 6).
        case .loginRefused: throw code == 454 ? .transient(.serverBusy) : .permanent(.loginRefused)
        case .refused: throw refusal
        }
    }

    /// RFC 5321 section 4.2.1: 4yz may pass, 5yz will not; RFC 3463 tells them apart further.
    private var refusal: DeliveryFailure {
        let reason: DeliveryFailure.Reason =
            switch (code, enhancedStatus) {
            case (_, "2.2"), (452, nil), (552, nil): .mailboxFull
            case (..<500, _): .serverBusy
            case (530, _), (534, _), (535, _): .loginRefused
            case (_, "1.3"): .addressUnusable
            case (_, "1.7"), (_, "1.8"): .senderRefused
            case (_, let status?) where status.hasPrefix("1.") || status.hasPrefix("2."):
                .unknownMailbox
            // Security and policy: what filters say (RFC 3463 section 3.8, RFC 7372).
            case (_, let status?) where status.hasPrefix("7."): .spamRefused
            case (550, nil), (551, nil), (553, nil): .unknownMailbox
            default: .messageRefused
            }
        return code < 500 ? .transient(reason) : .permanent(reason)
    }

    /// Subject and detail of `550 5.1.1 …`, here `1.1` (RFC 3463 section 2).
    private var enhancedStatus: String? {
        guard let match = line.firstMatch(of: /^\d{3}[ -][245]\.(\d{1,3}\.\d{1,3})\b/) else {
            return nil
        }
        return String(match.1)
    }

    /// The server's own number for the mail, `… queued as 4F2A9C1B07`; none where it is not plain.
    private var queueID: String? {
        guard let match = line.firstMatch(of: /queued as ([A-Za-z0-9._-]{1,64})/) else {
            return nil
        }
        return String(match.1)
    }
}
