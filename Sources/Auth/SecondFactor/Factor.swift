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

        /// What a sign-in with it shows.
        var proof: Proof.Method {
            switch self {
            case .email: .email
            case .sms: .sms
            case .totp: .totp
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

    var body: Body { Body(id: id, type: type.rawValue, destination: masked) }

    struct Body: Encodable, Sendable {
        let id: UUID
        let type: String
        let destination: String?
    }

    /// Whether a sign-in can go on with it: nothing has to be sent, or may be sent there.
    func isUsable(in practice: Practice) -> Bool {
        type.channel == nil || destination(in: practice) != nil
    }

    /// Whether an account ever got a phone or an app, one that was stopped since too: whoever guesses
    /// until an app is stopped must not come in by the mailbox then (Z-3).
    static func isBound(_ account: String) -> String {
        """
        exists (
                       select from factor as bound
                       where bound.account_id = \(account)
                         and bound.type <> 'email'
                         and bound.activated_at is not null)
        """
    }

    /// The factors of an account as one JSON list, the preferred one first: what it enrolled, the oldest
    /// first, and then its confirmed mailboxes, where the practice's policy lets codes go there
    /// (`emailCodes` is a parameter); beside a phone or an app only those that their owner chose (Z-3).
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
                    join account as owner on owner.account_id = factor.account_id
                    where factor.account_id = \(account)
                      and factor.type <> 'email'
                      and factor.activated_at is not null
                      and factor.disabled_at is null
                      and \(isOpen(of: "owner"))
                      and \(RecoveredAccess.takes(
                          "factor.factor_id", since: "factor.activated_at", of: "owner"))
                    union all
                    select contact.contact_id, contact.kind, contact.address, contact.created_at
                    from contact
                    join account as owner on owner.account_id = contact.account_id
                    where contact.account_id = \(account)
                      and contact.kind = 'email'
                      and contact.confirmed_at is not null
                      and contact.disabled_at is null
                      and \(RecoveredAccess.isOpen(
                          "contact", boundIn: "recovered_in", of: "owner"))
                      and \(RecoveredAccess.takes(
                          "contact.contact_id", since: "contact.confirmed_at", of: "owner"))
                      and \(emailCodes)::bool
                      and (not \(isBound(account))
                           or exists (
                               select from factor as chosen
                               where chosen.account_id = \(account)
                                 and chosen.factor_id = contact.contact_id
                                 and chosen.activated_at is not null))
                ) as way)::text as factors
        """
    }

    /// Whether it opens the practice `$1`.
    ///
    /// - Parameter account: its account's row.
    static func isOpen(of account: String) -> String {
        RecoveredAccess.isOpen("factor", boundIn: "practice_id", of: account)
    }

    static func list(_ row: Row) throws -> [Factor] {
        try JSONDecoder().decode([Factor].self, from: Data(try row.text("factors").utf8))
    }
}
