import Cryptography
import Foundation

/// A practice's ladder for one kind of message, as a caller gives it: the first gateway is tried
/// first. An empty one means the operator's own channel.
///
/// ```json
/// [{"name": "primary", "type": "twilio", "secret": "…", "report_within_seconds": 60,
///   "settings": {"url": "https://api.twilio.com", "account": "AC1", "sender": "2077"}}]
/// ```
struct NewLadder: Sendable {
    static let longest = 5

    let kind: ChannelKind
    let rungs: [Rung]

    struct Rung: Sendable {
        let name: String
        let type: GatewaySettings.Kind
        let settings: GatewaySettings
        let document: JSONValue
        let reportWithinSeconds: Int?
        /// Nil: the stored one stays, if host and type do.
        let secret: Secret<String>?
        let reportSecret: Secret<String>?
    }

    /// What this installation lets a practice choose.
    struct Rules: Sendable {
        let allows: @Sendable (OutboundURL) -> Bool
        let development: Bool
        /// Whose networks have to take an SMS gateway's own sender.
        var senderCountries: [Practice.Country] = []
    }

    /// Whether these gateways are what it asks for; never where it brings a secret.
    func describes(_ gateways: [Gateway]) -> Bool {
        rungs.count == gateways.count
            && zip(rungs, gateways).allSatisfy { rung, gateway in
                rung.name == gateway.name && rung.settings == gateway.settings
                    && rung.reportWithinSeconds == gateway.reportWithinSeconds
                    && rung.secret == nil && rung.reportSecret == nil
            }
    }

    /// Reads the member of that name, a list of gateways; nil where it is absent.
    init?(
        _ name: String, for kind: ChannelKind, of fields: inout FieldReader, by rules: Rules
    ) {
        guard fields.peek(name) != nil else {
            // A null that stays would be an unknown field.
            _ = fields.take(name)
            return nil
        }
        self.kind = kind
        rungs = fields.optionalObjects(name, count: 0...Self.longest) {
            try Rung(&$0, for: kind, by: rules)
        }
        if Set(rungs.map(\.name)).count != rungs.count { fields.refuse(name, .duplicate) }
    }
}

extension NewLadder.Rung {
    fileprivate init(
        _ fields: inout FieldReader, for kind: ChannelKind, by rules: NewLadder.Rules
    ) throws {
        // What an answer says of a gateway may come back as it was; it is not the caller's to choose.
        for known in ["id", "has_secret", "has_report_secret", "report_path"] {
            _ = fields.take(known)
        }
        name = fields.string("name", max: 40)
        if !name.isEmpty, name.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)*/) == nil {
            fields.refuse("name", .wrongFormat)
        }
        secret = fields.optionalSecret("secret", max: 512)
        reportSecret = fields.optionalSecret("report_secret", max: 512)
        Self.refuseUnprintable(["secret": secret, "report_secret": reportSecret], &fields)
        reportWithinSeconds = fields.optionalInt("report_within_seconds", in: 20...300)
        let type: GatewaySettings.Kind? = try? fields.choice("type")
        guard let type else {
            // Without its type nothing can be said of them.
            _ = fields.take("settings")
            throw FieldReader.Unreadable()
        }
        self.type = type
        document = fields.document("settings")
        settings = try fields.object("settings") { fields in
            let settings = try GatewaySettings(type, &fields)
            if let url = settings.url, !rules.allows(url) { fields.refuse("url", .notAllowed) }
            if kind == .sms, let fault = settings.senderFault(in: rules.senderCountries) {
                fields.refuse("sender", fault)
            }
            return settings
        }
        let isMissing = type == .mailbox && !rules.development
        if isMissing || !type.carries.contains(kind) { fields.refuse("type", .notAllowed) }
        refuseSecrets(&fields)
        if reportWithinSeconds != nil, !settings.reports {
            fields.refuse("report_within_seconds", .notAllowed)
        }
    }

    /// A secret becomes part of a header, so it is one line of visible ASCII.
    private static func refuseUnprintable(
        _ secrets: [String: Secret<String>?], _ fields: inout FieldReader
    ) {
        for (name, secret) in secrets {
            if let secret, secret.expose().wholeMatch(of: /[\x21-\x7E][\x20-\x7E]*/) == nil {
                fields.refuse(name, .wrongFormat)
            }
        }
    }

    /// What a gateway of its type has no use for; a webhook's secret has a form of its own.
    private func refuseSecrets(_ fields: inout FieldReader) {
        if type == .webhook, let secret, StandardWebhook(secret) == nil {
            fields.refuse("secret", .wrongFormat)
        }
        if settings.url == nil, secret != nil { fields.refuse("secret", .notAllowed) }
        // Twilio and webhooks sign both ways with one secret.
        let signsApart = if case .http(let http) = settings { http.reports != nil } else { false }
        if reportSecret != nil, !signsApart { fields.refuse("report_secret", .notAllowed) }
    }
}

extension FieldReader {
    /// The field as it stands, left for another to read; an empty object where it is none.
    fileprivate func document(_ name: String) -> JSONValue { peek(name) ?? .object([]) }
}
