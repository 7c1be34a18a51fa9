import Foundation

/// What a practice says of one gateway, by its type; kept in `gateway.settings` as it was given.
enum GatewaySettings: Equatable, Sendable {
    /// The operator's mail server.
    case smtp
    /// The mailbox of development mode.
    case mailbox
    case twilio(TwilioSettings)
    case http(HTTPGatewaySettings)
    case webhook(WebhookSettings)

    enum Kind: String, CaseIterable, Sendable {
        case smtp, mailbox, twilio, http, webhook

        /// The kinds of message that it can carry.
        var carries: Set<ChannelKind> {
            switch self {
            case .smtp: [.email]
            case .twilio: [.sms]
            case .mailbox, .http, .webhook: Set(ChannelKind.allCases)
            }
        }
    }

    var type: Kind {
        switch self {
        case .smtp: .smtp
        case .mailbox: .mailbox
        case .twilio: .twilio
        case .http: .http
        case .webhook: .webhook
        }
    }

    /// Reads the member `settings` of a gateway of that type.
    init(_ type: Kind, _ fields: inout FieldReader) throws {
        switch type {
        case .smtp: self = .smtp
        case .mailbox: self = .mailbox
        case .twilio: self = .twilio(try TwilioSettings(&fields))
        case .http: self = .http(try HTTPGatewaySettings(&fields))
        case .webhook: self = .webhook(WebhookSettings(url: try fields.outboundURL("url")))
        }
    }

    /// Where requests go; nil where they go to the operator's own server.
    var url: OutboundURL? {
        switch self {
        case .smtp, .mailbox: nil
        case .twilio(let settings): settings.url
        case .http(let settings): settings.url
        case .webhook(let settings): settings.url
        }
    }

    /// Whether the gateway tells what became of a message.
    var reports: Bool {
        switch self {
        case .smtp, .mailbox: false
        case .twilio, .webhook: true
        case .http(let settings): settings.reports != nil
        }
    }
}

extension GatewaySettings {
    /// Whom its SMS come from; nil where that is the practice's to say, or picked by the gateway.
    var sender: String? {
        switch self {
        case .smtp, .mailbox, .webhook: nil
        case .twilio(let settings): settings.hasService ? nil : settings.sender
        case .http(let settings): settings.sender
        }
    }

    /// Why the gateway, or networks of those countries, would refuse its sender; nil where they take
    /// it, or it has none.
    ///
    /// Asked when it is chosen and not when it is read back: a rule may come after it.
    func senderFault(in countries: [Practice.Country]) -> Problem.Fault.Code? {
        guard let sender, !sender.isEmpty else { return nil }
        if case .twilio(let settings) = self, !settings.hasSenderForm { return .wrongFormat }
        do throws(SenderID.Fault) {
            _ = try SenderID(sender, countries: countries)
            return nil
        } catch {
            return error.code
        }
    }
}

/// A Twilio account, or one of a service that speaks the same API.
struct TwilioSettings: Equatable, Sendable {
    /// `https://api.twilio.com` unless the service is another.
    let url: OutboundURL
    /// `AC…`
    let account: String
    /// A telephone number in E.164, a short code, a name, or a messaging service (`MG…`).
    let sender: String

    /// Whether a messaging service picks the sender itself.
    var hasService: Bool { sender.wholeMatch(of: /MG[0-9A-Fa-f]{32}/) != nil }

    /// Whether it is a number, a short code or a name as Twilio spells them: a name has a letter.
    fileprivate var hasSenderForm: Bool {
        let name = /[\x20-\x7E]*[A-Za-z][\x20-\x7E]*/
        let number = /\+[1-9][0-9]{6,14}|[1-9][0-9]{2,7}/
        return sender.wholeMatch(of: name) != nil || sender.wholeMatch(of: number) != nil
    }

    init(_ fields: inout FieldReader) throws {
        let url = try? fields.outboundURL("url")
        account = fields.string("account", max: 64)
        sender = fields.string("sender", max: 64)
        if account.wholeMatch(of: /[A-Za-z0-9]*/) == nil { fields.refuse("account", .wrongFormat) }
        guard let url else { throw FieldReader.Unreadable() }
        self.url = url
    }
}

/// A system of the practice's own that takes Standard Webhooks.
struct WebhookSettings: Equatable, Sendable {
    let url: OutboundURL
}

extension FieldReader {
    /// A required URL of a gateway: https, a host by name, no query.
    mutating func outboundURL(_ name: String) throws -> OutboundURL {
        let text = string(name, max: OutboundURL.longest)
        guard let url = OutboundURL(text) else {
            if !text.isEmpty { refuse(name, .wrongFormat) }
            throw Unreadable()
        }
        return url
    }

    /// A required object, read by `body`; the faults in it carry their full place.
    mutating func object<Value>(
        _ name: String, _ body: (inout FieldReader) throws -> Value
    ) throws -> Value {
        guard let value = takeRequired(name) else { throw Unreadable() }
        return try object(value, name, body)
    }

    /// An object, or nil where the field is absent or null.
    mutating func optionalObject<Value>(
        _ name: String, _ body: (inout FieldReader) throws -> Value
    ) throws -> Value? {
        guard let value = take(name) else { return nil }
        return try object(value, name, body)
    }

    private mutating func object<Value>(
        _ value: JSONValue, _ name: String, _ body: (inout FieldReader) throws -> Value
    ) throws -> Value {
        guard case .object(let members) = value else {
            refuse(name, .wrongType)
            throw Unreadable()
        }
        var reader = FieldReader(members, at: path(to: name))
        do {
            return try reader.read(body)
        } catch {
            faults.append(contentsOf: reader.faults)
            throw Unreadable()
        }
    }
}
