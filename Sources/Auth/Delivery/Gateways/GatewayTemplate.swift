/// A text of a gateway's settings with `{{variable}}` tags, out of a closed set.
struct GatewayTemplate: Equatable, Sendable {
    enum Variable: String, CaseIterable, Sendable {
        /// E.164, `+31612345678`, or a mail address.
        case to
        /// The same without the plus sign.
        case toDigits = "to_digits"
        case text
        /// Of a mail; empty for an SMS.
        case subject
        case html
        /// The outbox id: the same at every try, so it is the idempotency key.
        case id
        case sender
        case locale
        /// RFC 3339.
        case expiresAt = "expires_at"
        /// Where reports of this gateway go.
        case reportURL = "report_url"
        /// The gateway's secret; nowhere else in the settings does one stand.
        case secret
    }

    let source: String

    /// Nil where a tag is unknown, or braces are no tag.
    init?(_ source: String) {
        let tags = source.matches(of: /\{\{([a-z_]+)\}\}/)
        let rest = source.replacing(/\{\{[a-z_]+\}\}/, with: "")
        guard tags.allSatisfy({ Variable(rawValue: String($0.1)) != nil }),
            !rest.contains("{{"), !rest.contains("}}"),
            !source.contains("{{{"), !source.contains("}}}")
        else { return nil }
        self.source = source
    }

    func uses(_ variable: Variable) -> Bool { source.contains("{{\(variable.rawValue)}}") }

    /// The text with every tag's value, in one pass: a value that looks like a tag stays as it is.
    func filled(_ values: [Variable: String]) -> String {
        source.replacing(/\{\{([a-z_]+)\}\}/) { match in
            Variable(rawValue: String(match.1)).flatMap { values[$0] } ?? ""
        }
    }
}

/// A JSON value whose texts are templates: what is put in is encoded with the value, never pasted.
struct GatewayBody: Equatable, Sendable {
    let source: JSONValue

    /// Nil where a text is no template.
    init?(_ source: JSONValue) {
        guard Self.texts(source).allSatisfy({ GatewayTemplate($0) != nil }) else { return nil }
        self.source = source
    }

    /// Whether it is what a form can carry: one object of texts.
    var isFlat: Bool {
        guard case .object(let members) = source else { return false }
        return members.allSatisfy { if case .string = $0.value { true } else { false } }
    }

    func uses(_ variable: GatewayTemplate.Variable) -> Bool {
        Self.texts(source).contains { GatewayTemplate($0)?.uses(variable) == true }
    }

    func filled(_ values: [GatewayTemplate.Variable: String]) -> JSONValue {
        Self.fill(source, values)
    }

    private static func texts(_ value: JSONValue) -> [String] {
        switch value {
        case .string(let text): [text]
        case .array(let values): values.flatMap(texts)
        case .object(let members): members.flatMap { texts($0.value) }
        default: []
        }
    }

    private static func fill(
        _ value: JSONValue, _ values: [GatewayTemplate.Variable: String]
    ) -> JSONValue {
        switch value {
        case .string(let text): .string(GatewayTemplate(text)?.filled(values) ?? text)
        case .array(let elements): .array(elements.map { fill($0, values) })
        case .object(let members):
            .object(members.map { JSONMember($0.name, fill($0.value, values)) })
        default: value
        }
    }
}
