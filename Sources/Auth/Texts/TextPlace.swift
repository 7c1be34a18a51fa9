import Postgres

/// Which of the texts that a practice may word (Z-26).
struct TextPlace: Sendable {
    let template: MessageTemplate
    let locale: String
    /// Of a code for another system, which may have words of its own; nil for all of them.
    var purpose: String?

    /// As the audit and notices name it: `session-code/nl`, `one-time-code/nl/pick-up`.
    var name: String {
        ([template.rawValue, locale] + [purpose].compactMap(\.self)).joined(separator: "/")
    }

    /// Template, language and purpose; the last is empty where it is none.
    var parameters: [Parameter] {
        [.text(template.rawValue), .text(locale), .text(purpose ?? "")]
    }
}
