import Foundation

/// A way out of the service for messages: an SMTP server, an SMS gateway, a mailbox.
///
/// To write one: make a `Sendable` type with the members below and hand it to `Dispatcher`, which
/// does all the rest (claiming, the check that the code is still alive, retries, status, metrics).
/// ```swift
/// struct PagerChannel: DeliveryChannel {
///     let name = "pager"
///     let kinds: Set<ChannelKind> = [.sms]
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
    var kinds: Set<ChannelKind> { get }

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
