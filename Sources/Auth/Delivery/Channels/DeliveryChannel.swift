import Foundation

/// A way out of the service for messages of one kind: an SMTP server, an SMS gateway, a mailbox.
///
/// To write one: make a `Sendable` type with the members below and hand it to `Dispatcher`, which
/// does all the rest (claiming, the check that the code is still alive, retries, status, metrics).
/// ```swift
/// struct PagerChannel: DeliveryChannel {
///     let name = "pager"
///     let kind = ChannelKind.email
///
///     func deliver(_ message: RenderedMessage) async throws(DeliveryFailure) -> Receipt {
///         guard let page = await pager.page(message.to, message.text) else {
///             throw .transient(.serverUnreachable)
///         }
///         return Receipt(providerMessageID: page.number)
///     }
/// }
/// ```
/// What it must keep to:
/// - **Return within `Dispatcher.handOverLimit`.** Later another worker may take the message over.
/// - **Expect a message twice.** When a worker dies between hand-over and commit the next one sends
///   again, with the same `id`: pass it on as the idempotency key wherever the far side takes one.
/// - **Never block the caller's thread**; blocking libraries get threads of their own.
/// - **Trust no text.** Refuse what the protocol could take for its own syntax (CR, LF).
/// - **Keep no copy**, and put neither address nor text into a log line or an error.
protocol DeliveryChannel: Sendable {
    /// Its name in metrics and log lines; a word or two, `smtp`.
    var name: String { get }

    /// Which messages it takes.
    var kind: ChannelKind { get }

    /// Hands one message over, once.
    ///
    /// Returning means that the far side has taken responsibility for it; throwing says whether
    /// another try can help.
    func deliver(_ message: RenderedMessage) async throws(DeliveryFailure) -> Receipt
}

/// What the far side said on taking a message.
struct Receipt: Equatable, Sendable {
    /// Its own number for the message (a queue id), which its support will ask for.
    var providerMessageID: String?
}

/// Why a message was not taken, and whether another try can help.
enum DeliveryFailure: Error, Equatable, Sendable {
    /// The same message will be refused again.
    case permanent(Reason)
    /// Another try may succeed; `retryAfter` is the least wait that the far side asked for.
    case transient(Reason, retryAfter: Duration? = nil)

    var reason: Reason {
        switch self {
        case .permanent(let reason), .transient(let reason, _): reason
        }
    }

    /// The causes that callers see as `reason`; a closed list, never the far side's own words, which
    /// may repeat the address.
    enum Reason: String, Codable, Sendable, CaseIterable {
        /// The address is not one that this channel can send to.
        case addressUnusable = "address-unusable"
        /// The far side knows no such mailbox, or does not accept mail for it.
        case mailboxRefused = "mailbox-refused"
        case mailboxFull = "mailbox-full"
        /// Refused for what it is: policy, reputation, size.
        case messageRefused = "message-refused"
        case serverUnreachable = "server-unreachable"
        case serverTimeout = "server-timeout"
        /// The server answered, but not now (greylisting, rate, maintenance).
        case serverBusy = "server-busy"
        /// The server offers no STARTTLS; nothing is sent in the clear.
        case encryptionUnavailable = "encryption-unavailable"
        /// The server's certificate is not from a trusted authority, or has expired.
        case certificateUntrusted = "certificate-untrusted"
        /// The server's certificate is for another host.
        case certificateForOtherHost = "certificate-for-other-host"
        /// The server did not accept our user name and password.
        case loginRefused = "login-refused"
        /// The body could not be opened or its text not be made: ours to mend.
        case messageUnreadable = "message-unreadable"
    }
}
