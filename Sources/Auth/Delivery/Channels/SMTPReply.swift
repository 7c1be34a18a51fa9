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
    /// Whether the server had taken the sender, so that what it refuses is this message; else it
    /// refuses us.
    let isSenderTaken: Bool

    init(ending: Ending, code: Int = 0, line: String = "", isSenderTaken: Bool = true) {
        self.ending = ending
        self.code = code
        self.line = line
        self.isSenderTaken = isSenderTaken
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
        isSenderTaken = result.sender_taken != 0
    }

    /// The receipt of a mail that was taken; throws what keeps it from being taken.
    ///
    /// - Parameter carriesCode: whether the mail brings a code, which can be asked for again. A
    ///   notice, an invitation or a pass can't: it waits for what may be mended while it lives.
    func receipt(carriesCode: Bool) throws(DeliveryFailure) -> Receipt {
        switch ending {
        case .sent: return Receipt(providerMessageID: queueID)
        case .unreachable: throw .transient(.serverUnreachable)
        case .timeout, .connectionLost: throw .transient(.serverTimeout)
        case .encryptionFailed, .notTried: throw .transient(.serverUnreachable)
        // None of these is the message's fault: an operator renews a certificate or mends a
        // password in minutes, and what still lives then goes out. Meanwhile nothing is sent, and
        // the reason shows.
        case .encryptionUnavailable: throw .transient(.encryptionUnavailable)
        case .certificateUntrusted: throw .transient(.certificateUntrusted)
        case .certificateForOtherHost: throw .transient(.certificateForOtherHost)
        // 454 is a server that can't check passwords just now (RFC 4954 section 6).
        case .loginRefused: throw .transient(code == 454 ? .serverBusy : .loginRefused)
        case .refused: throw refusal(carriesCode: carriesCode)
        }
    }

    /// RFC 5321 section 4.2.1: 4yz may pass, and 5yz will not where it speaks of this message; RFC
    /// 3463 tells them apart further.
    private func refusal(carriesCode: Bool) -> DeliveryFailure {
        let reason = reasonOfRefusal
        let mayPass =
            switch reason {
            // What it holds against us, not against this message.
            case .loginRefused, .senderRefused, .serverRefused: true
            // A block list has our address for hours, and says so of each message.
            case .spamRefused, .messageRefused: !carriesCode
            default: code < 500
            }
        return mayPass ? .transient(reason) : .permanent(reason)
    }

    private var reasonOfRefusal: DeliveryFailure.Reason {
        switch (code, enhancedStatus) {
        case (530, _), (534, _), (535, _): .loginRefused
        case (500..., "1.7"), (500..., "1.8"): .senderRefused
        case (500..., _) where !isSenderTaken: .serverRefused
        case (_, "2.2"), (452, nil), (552, nil): .mailboxFull
        case (..<500, _): .serverBusy
        case (_, "1.3"): .addressUnusable
        case (_, let status?) where status.hasPrefix("1.") || status.hasPrefix("2."):
            .unknownMailbox
        // Security and policy: what filters say (RFC 3463 section 3.8, RFC 7372).
        case (_, let status?) where status.hasPrefix("7."): .spamRefused
        case (550, nil), (551, nil), (553, nil): .unknownMailbox
        default: .messageRefused
        }
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
