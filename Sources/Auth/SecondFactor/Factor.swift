import Foundation
import Postgres

/// A second factor that an account may sign in with: one that its owner enrolled, or a confirmed mailbox
/// where the practice lets codes go there.
struct Factor: Sendable, Equatable, Decodable {
    let id: UUID
    let type: Kind
    /// In full, of a mailbox or a phone; leaves the service only inside a message.
    let address: String?

    enum Kind: String, Sendable, CaseIterable, Codable {
        case email, sms
        /// An authenticator app.
        case totp

        /// How a code gets there; nil where the patient has it already.
        var channel: ChannelKind? {
            switch self {
            case .email: .email
            case .sms: .sms
            case .totp: nil
            }
        }

        /// What a sign-in with it is worth.
        var level: Assurance.Level {
            switch self {
            case .email: .one
            case .sms: .twoRestricted
            case .totp: .two
            }
        }
    }

    /// As answers show it; nil of an app.
    var masked: String? {
        switch type {
        case .email: address.map(MaskedDestination.email)
        case .sms: address.map(MaskedDestination.phone)
        case .totp: nil
        }
    }

    /// Nil where no code is sent, or the practice's policy no longer lets codes go there.
    func destination(in practice: Practice) -> Destination? {
        guard let channel = type.channel, let address else { return nil }
        return Destination(stored: address, channel: channel, practice: practice)
    }

    /// Whether it is more than a mailbox, which policy may demand (AC-7).
    var isPhoneOrApp: Bool { type != .email }

    var body: Body { Body(id: id, type: type.rawValue, destination: masked) }

    struct Body: Encodable, Sendable {
        let id: UUID
        let type: String
        let destination: String?
    }

    /// The factors of an account as one JSON list, the preferred one first: what it enrolled, the oldest
    /// first, and then its confirmed mailboxes, where the practice's policy lets codes go there
    /// (`emailCodes` is a parameter).
    static func column(of account: String, emailCodes: String) -> String {
        """
        (select coalesce(
                    json_agg(
                        json_build_object(
                            'id', way.factor_id, 'type', way.type, 'address', way.address)
                        order by way.type = 'email', way.since, way.factor_id),
                    '[]')
                from (
                    select factor.factor_id, factor.type, factor.address,
                           factor.activated_at as since
                    from factor
                    where factor.account_id = \(account)
                      and factor.type <> 'email'
                      and factor.activated_at is not null
                      and factor.disabled_at is null
                    union all
                    select contact.contact_id, contact.kind, contact.address, contact.created_at
                    from contact
                    where contact.account_id = \(account)
                      and contact.kind = 'email'
                      and contact.confirmed_at is not null
                      and \(emailCodes)::bool
                ) as way)::text as factors
        """
    }

    static func list(_ row: Row) throws -> [Factor] {
        try JSONDecoder().decode([Factor].self, from: Data(try row.text("factors").utf8))
    }
}
