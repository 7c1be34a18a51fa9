import Cryptography
import Foundation
import Postgres

/// A mail to each of those who answer for a practice, by the very statement that changes its settings or
/// its keys (Z-9): what was changed, when and by whom, never a secret.
///
/// It goes by the operator's mail server: a practice's own gateways may be what was changed. Where so
/// much was changed in the hour that nobody would read on, a change is refused instead of untold.
struct AdminNotice: Sendable {
    /// Hours in which it is tried; whoever gets it may keep it.
    static let triedForHours = 24
    /// Changes of a practice in an hour that are told.
    static let changesPerHour = 60

    /// Two, in the order of ``arms(first:of:)``.
    let parameters: [Parameter]

    /// What is told, and of whom.
    struct Event: Sendable {
        let template: MessageTemplate
        let facts: MessageText.Variables
        /// The client that did it; nil for the operator, from the command line.
        let actor: String?

        static func settings(_ names: [String], by actor: String?) -> Event {
            Event(
                template: .settingsChanged, facts: [.changes: names.joined(separator: ", ")],
                actor: actor)
        }

        static func keyCreated(
            _ key: UUID, of client: String, scopes: [Scope], by actor: String?
        ) -> Event {
            let names = scopes.map(\.rawValue).joined(separator: ", ")
            return Event(
                template: .keyCreated,
                facts: [.keyID: key.text, .keyClient: client, .scopes: names], actor: actor)
        }

        static func keyRevoked(_ key: UUID, of client: String, by actor: String?) -> Event {
            Event(
                template: .keyRevoked, facts: [.keyID: key.text, .keyClient: client], actor: actor)
        }
    }

    /// - Parameters:
    ///   - practice: as it was before.
    ///   - newContacts: those who answer for it from now on, where that is what changes.
    init(
        _ event: Event, to practice: Practice, newContacts: [String] = [], keys: KeyRing
    ) throws {
        var facts = event.facts
        facts[.actor] = event.actor ?? practice.locale.operatorsName
        // What callers chose is made fit for a line, lest a name keep the mail from going out.
        facts = facts.mapValues { $0.fitForALine }
        var addresses: [EmailAddress] = []
        for address in (practice.adminContacts + newContacts).compactMap(EmailAddress.init)
        where !addresses.contains(address) {
            addresses.append(address)
        }
        let messages = JSONValue.array(
            try addresses.map { address in
                let id = UUIDv7.make(at: Date())
                let body = try OutgoingMessage(to: address.typed, facts: facts).sealed(
                    with: keys.sealingKey(.message), boundTo: id, of: practice.id)
                return .object([
                    JSONMember("message_id", .string(id.text)),
                    JSONMember("template", .string(event.template.rawValue)),
                    JSONMember("locale", .string(practice.locale.rawValue)),
                    JSONMember("body", .string(Data(body).base64EncodedString())),
                ])
            })
        // Where nobody is told there is nothing to hold back.
        let limits: [SendLimit] = addresses.isEmpty ? [] : [.notices]
        parameters = [.json(messages.text), SendLimits.parameter(limits)]
    }

    /// The arms `counter` and `reached`, which come first: a change stands behind `reached`.
    static func limitArms(first: Int) -> String {
        SendLimits.arms(limits: "$\(first + 1)")
    }

    /// The arms that tell of the arm `changed`, which has a row where something was changed.
    static func arms(first: Int, of changed: String) -> String {
        """
        told as (  -- Everybody who answers for the practice.
                insert into message
                    (practice_id, message_id, channel, template, locale, body, expires_at)
                select $1::uuid, notice.message_id, 'email', notice.template, notice.locale,
                       decode(notice.body, 'base64'),
                       clock_timestamp() + interval '\(triedForHours) hours'
                from \(changed)
                cross join jsonb_to_recordset($\(first)::jsonb) as notice
                    (message_id uuid, template text, locale text, body text)
            ),
            \(SendLimits.countedArm(of: changed))
        """
    }
}

extension SendLimit {
    static let notices = SendLimit(
        kind: .notices, counter: "notices", span: .hour, ceiling: AdminNotice.changesPerHour)
}

extension Language {
    /// Who acts from the command line, as a practice knows them.
    fileprivate var operatorsName: String {
        switch self {
        case .dutch: "de beheerder van de inlogdienst (opdrachtregel)"
        case .bokmål: "de som drifter innloggingstjenesten (kommandolinje)"
        case .english: "those who run the sign-in service (command line)"
        }
    }
}
