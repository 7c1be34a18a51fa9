import CCurl
import Foundation

/// One request through the outbound door.
struct OutboundRequest: Sendable {
    /// What a gateway may be asked with: methods with a body, since a URL ends up in access logs.
    enum Method: String, Sendable, CaseIterable {
        case post = "POST"
        case put = "PUT"
    }

    struct Header: Equatable, Sendable {
        let name: String
        let value: String
    }

    let url: OutboundURL
    var method = Method.post
    var headers: [Header]
    var body: [UInt8]

    /// Whether a text can be a header's name: a token (RFC 9110 section 5.1).
    static func isHeaderName(_ text: String) -> Bool {
        text.wholeMatch(of: /[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}/) != nil
    }

    /// Whether a line can be sent as one header: a token, a colon, a value of visible ASCII and
    /// spaces (RFC 9110 section 5). What holds CR or LF is none.
    static func isHeaderLine(_ line: String) -> Bool {
        line.wholeMatch(of: /[A-Za-z0-9!#$%&'*+.^_`|~-]+: [\x20-\x7E]+/) != nil
    }
}

/// An answer through the outbound door.
struct OutboundAnswer: Equatable, Sendable {
    let status: Int
    /// May repeat what was sent: parsed where it arrives, and never kept.
    let body: [UInt8]
    /// How long the far side asks us to wait.
    let retryAfter: Duration?
}

/// Why no answer came.
enum OutboundFault: Error, Equatable, Sendable, CaseIterable {
    /// The host is not on the operator's list.
    case hostNotAllowed
    /// The host's name leads to an address that is not on the public internet.
    case addressRefused
    /// A header would have held something that is no header.
    case headerMalformed
    case unreachable
    case timeout
    case certificateUntrusted
    case certificateForOtherHost
    case answerTooLong
    /// The connection ended before the answer: whether the far side acted is not known.
    case connectionLost
    /// libcurl itself failed.
    case notTried

    init?(_ outcome: ccurl_https_outcome) {
        switch outcome {
        case CCURL_HTTPS_ANSWERED: return nil
        case CCURL_HTTPS_UNREACHABLE, CCURL_HTTPS_TLS_FAILED: self = .unreachable
        case CCURL_HTTPS_ADDRESS_REFUSED: self = .addressRefused
        case CCURL_HTTPS_TIMEOUT: self = .timeout
        case CCURL_HTTPS_CERTIFICATE_UNTRUSTED: self = .certificateUntrusted
        case CCURL_HTTPS_CERTIFICATE_FOR_OTHER_HOST: self = .certificateForOtherHost
        case CCURL_HTTPS_ANSWER_TOO_LONG: self = .answerTooLong
        case CCURL_HTTPS_CONNECTION_LOST: self = .connectionLost
        default: self = .notTried
        }
    }

    /// What it means for a message that waits to be handed over.
    var failure: DeliveryFailure {
        switch self {
        case .hostNotAllowed, .addressRefused: .permanent(.hostRefused)
        case .headerMalformed: .permanent(.messageUnreadable)
        case .unreachable, .notTried: .transient(.serverUnreachable)
        case .timeout, .connectionLost: .transient(.serverTimeout)
        case .certificateUntrusted: .permanent(.certificateUntrusted)
        case .certificateForOtherHost: .permanent(.certificateForOtherHost)
        case .answerTooLong: .transient(.answerUnreadable)
        }
    }
}
