import Cryptography
import Foundation
import Postgres

/// Mails the owner of an account the way back to it, where all limits allow (NO-5, Z-22).
///
/// It counts towards what the practice sends this mailbox with its invitations, and what the client
/// mails with links; nothing about the account is changed.
struct SendReactivation: IdempotentStatement {
    let act: Act
    private let patientID: UUID
    private let account: FindDormantAccount.Account
    private let contactID: UUID
    private let messageID: UUID
    private let body: [UInt8]
    private let destination: Destination
    private let destinationKey: [UInt8]
    private let policy: Practice.Policy
    private let limits: Parameter

    static let lane = Lane.ordinary

    enum Outcome: Sendable {
        /// The destination is masked.
        case sent(message: UUID, destination: String)
        /// The mailbox got one a moment ago.
        case tooSoon(until: Date)
        case refused(SendRefusal)
        /// The account or its mailbox has changed, or somebody else was faster: to be judged anew.
        case overtaken
    }

    /// - Parameter limits: those that hold beside the mailbox's own.
    init(
        act: Act, patientID: UUID, account: FindDormantAccount.Account,
        mailbox: FindDormantAccount.Mailbox, in practice: Practice, limits: [SendLimit],
        keys: KeyRing
    ) throws {
        self.act = act
        self.patientID = patientID
        self.account = account
        contactID = mailbox.contactID
        messageID = UUIDv7.make(at: Date())
        body = try OutgoingMessage(
            to: mailbox.address.typed,
            facts: [.signInLink: practice.signInURL, .recoveryLink: practice.recoveryURL]
        ).sealed(with: keys.sealingKey(.message), boundTo: messageID, of: practice.id)
        destination = .mailbox(mailbox.address)
        destinationKey = destination.key(.invitation, keys: keys)
        policy = practice.policy
        self.limits = SendLimits.parameter(limits)
    }

    static let arms = """
        owned as (  -- 1. The account, while it is the patient's own and this its confirmed mailbox.
            select account.account_id
            from patient_link
            join account on account.account_id = patient_link.account_id
            join contact
                on contact.account_id = account.account_id
                and contact.contact_id = $8::uuid
            where patient_link.practice_id = $1::uuid
              and patient_link.patient_id = $6::uuid
              and patient_link.account_id = $7::uuid
              and patient_link.role = 'self'
              and (\(FindDormantAccount.usable))
              and contact.kind = 'email'
              and contact.confirmed_at is not null
              and not exists (select from stored)
        ),
        waiting as (
            select newest.wait_ends_at
            from owned
            join destination
                on destination.practice_id = $1::uuid
                and destination.destination_key = $13::bytea
            cross join lateral (select \(SendLink.waitEnds(after: "$17")) as wait_ends_at) as newest
            where newest.wait_ends_at > clock_timestamp()
        ),
        asked as (
            select clock_timestamp() + interval '\(Reactivation.triedForHours) hours' as ends_at
            from owned
            where not exists (select from waiting)
        ),
        \(SendLink.limitArms(
            mailbox: "$13", hour: "$14", day: "$15", limits: "$16", wait: "$17")),
        mailed as (  -- 2. The mail, which lives by itself: it brings neither code nor link.
            insert into message
                (practice_id, message_id, channel, template, locale, body, expires_at)
            select $1::uuid, $9::uuid, 'email', '\(MessageTemplate.reactivation.rawValue)',
                   $10::text, $11::bytea, ready.ends_at
            from ready, addressed
            returning message_id
        ),
        \(SendLimits.countedArm(of: "mailed")),
        outcome as (
            select case
                       when mailed.message_id is not null then 'sent'
                       when waiting.wait_ends_at is not null then 'too-soon'
                       \(SendLink.refusalWords)
                       else 'overtaken'
                   end as word,
                   mailed.message_id, $12::text as destination, waiting.wait_ends_at,
                   $7::uuid as account_id,  -- By which its erasure finds it.
                   mailed.message_id is not null as lasting,
                   \(SendLink.refusalColumns)
            from (values (1)) as always_one_row
            left join mailed on true
            left join waiting on true
            left join ready on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.reactivationSent.rawValue)',
                   case when outcome.word = 'sent' then 'done' else 'refused' end,
                   case when outcome.word = 'sent' then null else outcome.word end,
                   $2::uuid, owned.account_id, $6::uuid, $5::uuid
            from outcome, owned
            where outcome.word <> 'overtaken'
        )
        """

    var ownParameters: [Parameter] {
        [
            .uuid(patientID), .uuid(account.id), .uuid(contactID), .uuid(messageID),
            .text(account.locale.rawValue), .bytes(body), .text(destination.masked),
            .bytes(destinationKey), .int(policy.sendsPerHour), .int(policy.sendsPerDay), limits,
            .int(policy.resendWaitSeconds),
        ]
    }

    static func outcome(_ row: Row) throws -> Outcome {
        if let refusal = try SendRefusal(row) { return .refused(refusal) }
        switch try row.text("word") {
        case "sent":
            return .sent(
                message: try row.uuid("message_id"), destination: try row.text("destination"))
        case "too-soon": return .tooSoon(until: try row.instant("wait_ends_at"))
        default: return .overtaken
        }
    }
}
