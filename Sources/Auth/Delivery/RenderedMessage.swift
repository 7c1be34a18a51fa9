import Foundation

/// A message as it goes out, complete in the person's language.
struct RenderedMessage: Sendable {
    /// The same at every try: the idempotency key for the far side.
    let id: UUID
    let practiceID: UUID
    let channel: ChannelKind
    /// A mail address, or a mobile number in E.164 form (`+31612345678`).
    let to: String
    let locale: String
    /// The practice's name, as the sender is shown.
    let senderName: String
    /// Nil for an SMS, as `html` is.
    let subject: String?
    let text: String
    let html: String?
    /// The code inside, for a channel that can point it out.
    let code: String
    /// When the code was made: the time that the text names.
    let sentAt: Date
    /// From then on it is worth nothing.
    let expiresAt: Date
    /// Whom an SMS shall come from, where the practice has chosen (NO-4).
    var senderID: String?
}

extension RenderedMessage: CustomStringConvertible, CustomDebugStringConvertible {
    /// Only the id: a message that is logged by mistake says nothing.
    var description: String { "<message \(id.uuidString.lowercased())>" }
    var debugDescription: String { description }
}

extension RenderedMessage {
    /// Puts together what the row, its sealed body and the texts say.
    init(
        _ claimed: ClaimedMessage, _ outgoing: OutgoingMessage, words: PracticeTexts.Found
    ) throws(TemplateFault) {
        let variables: MessageText.Variables = [
            .practice: claimed.practiceName,
            .code: outgoing.code,
            .sentAt: LocalTime.text(claimed.sentAt, in: claimed.timeZone),
            .validUntil: LocalTime.text(claimed.expiresAt, in: claimed.timeZone),
            .minutes: MessageTemplate.minutes(from: claimed.sentAt, to: claimed.expiresAt),
            .reference: claimed.reference,
            .supportContact: claimed.supportContact,
        ]
        let said: (subject: String?, text: String, html: String?)
        switch claimed.channel {
        case .email:
            let mail = try words.text.mail(variables)
            said = (mail.subject, mail.text, mail.html)
        case .sms:
            let sms = try words.text.sms(variables, portal: words.portal)
            said = (nil, sms.text, nil)
        }
        self.init(
            id: claimed.messageID, practiceID: claimed.practiceID, channel: claimed.channel,
            to: outgoing.to, locale: claimed.locale, senderName: claimed.practiceName,
            subject: said.subject, text: said.text, html: said.html, code: outgoing.code,
            sentAt: claimed.sentAt, expiresAt: claimed.expiresAt, senderID: words.senderID)
    }
}
