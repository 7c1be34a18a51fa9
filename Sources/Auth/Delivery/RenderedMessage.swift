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
    /// The code inside, for a channel that can point it out; nil where there is none.
    var code: String?
    /// When the code was made: the time that the text names.
    let sentAt: Date
    /// From then on it is worth nothing, or not worth sending where it `staysTrue`.
    let expiresAt: Date
    /// Whether whoever got it in time may keep it.
    var staysTrue = false
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
        var variables = outgoing.facts.merging(Self.variables(claimed, code: outgoing.code)) { $1 }
        variables[.initials] =
            Self.initials(of: outgoing, on: claimed.channel)
            ?? Self.reader(in: claimed.locale)
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
            sentAt: claimed.sentAt, expiresAt: claimed.expiresAt,
            staysTrue: words.text.template.staysTrue, senderID: words.senderID)
    }

    /// In an SMS of its alphabet; nil where nothing is left of them there.
    private static func initials(of outgoing: OutgoingMessage, on channel: ChannelKind) -> String? {
        guard channel == .sms else { return outgoing.initials }
        let spelled = outgoing.initials.map(GSM7.transliterated) ?? ""
        return spelled.contains(where: \.isLetter) ? spelled : nil
    }

    /// Whoever reads it, after "for".
    private static func reader(in locale: String) -> String {
        switch Language(rawValue: locale) {
        case .dutch: "u"
        case .bokmål: "deg"
        case .english, nil: "you"
        }
    }

    private static func variables(
        _ claimed: ClaimedMessage, code: String?
    ) -> MessageText.Variables {
        var variables: MessageText.Variables = [
            .practice: claimed.practiceName, .supportContact: claimed.supportContact,
        ]
        func told(_ instant: Date) -> String {
            // A code lives for minutes, all else for up to a day.
            code == nil
                ? LocalTime.dated(instant, in: claimed.timeZone, locale: claimed.locale)
                : LocalTime.text(instant, in: claimed.timeZone)
        }
        variables[.sentAt] = told(claimed.sentAt)
        variables[.validUntil] = told(claimed.expiresAt)
        variables[.code] = code
        variables[.reference] = claimed.reference
        variables[.minutes] = MessageTemplate.minutes(
            from: claimed.sentAt, to: claimed.expiresAt)
        return variables
    }
}
