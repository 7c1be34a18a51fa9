import Foundation
import Postgres

/// A way by which an account receives codes.
struct Factor: Sendable, Equatable, Decodable {
    let id: UUID
    let type: ChannelKind
    /// In full; leaves the service only inside a message.
    let address: String

    /// As answers show it.
    var masked: String {
        switch type {
        case .email: MaskedDestination.email(address)
        case .sms: MaskedDestination.phone(address)
        }
    }

    /// Nil where the practice's policy no longer lets codes go there.
    func destination(in practice: Practice) -> Destination? {
        Destination(stored: address, channel: type, practice: practice)
    }

    var body: Body { Body(id: id, type: type.rawValue, destination: masked) }

    struct Body: Encodable, Sendable {
        let id: UUID
        let type: String
        let destination: String
    }

    /// The factors of `asked.account_id` as one JSON list, the preferred one first: a confirmed
    /// mailbox, where the practice's policy lets codes go there (`<emailCodes>` is a parameter).
    static func column(of account: String, emailCodes: String) -> String {
        """
        (select coalesce(
                    json_agg(
                        json_build_object(
                            'id', contact.contact_id, 'type', contact.kind,
                            'address', contact.address)
                        order by contact.created_at, contact.contact_id),
                    '[]')
                from contact
                where contact.account_id = \(account)
                  and contact.kind = 'email'
                  and contact.confirmed_at is not null
                  and \(emailCodes)::bool)::text as factors
        """
    }

    static func list(_ row: Row) throws -> [Factor] {
        try JSONDecoder().decode([Factor].self, from: Data(try row.text("factors").utf8))
    }
}
