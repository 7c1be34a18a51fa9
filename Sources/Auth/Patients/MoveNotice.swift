import Cryptography
import Foundation
import Postgres

/// A mail to each confirmed address of an account whose national number the register changed (Z-18):
/// that it was changed, when and by which practice, never the number.
///
/// The register is the practice's, so no ceiling keeps a change from being made; what nobody was told of
/// stands in the audit, as does an account that has no address.
struct MoveNotice: Statement {
    private let act: Act
    private let account: UUID
    private let patient: UUID
    private let policy: Practice.Policy
    private let notices: Parameter
    private let limits: Parameter

    static let lane = Lane.ordinary
    /// Hours in which it is tried; it stays true for longer.
    static let triedForHours = 24

    /// - Parameter mailboxes: confirmed addresses of the account; those that mean the same mailbox get
    ///   one mail.
    init(
        act: Act, account: UUID, patient: UUID, mailboxes: [FindMailboxes.Mailbox],
        practice: Practice, keys: KeyRing
    ) throws {
        self.act = act
        self.account = account
        self.patient = patient
        policy = practice.policy
        var told: [EmailAddress] = []
        var notices: [JSONValue] = []
        for mailbox in mailboxes where !told.contains(mailbox.address) {
            told.append(mailbox.address)
            let id = UUIDv7.make(at: Date())
            let body = try OutgoingMessage(to: mailbox.address.typed).sealed(
                with: keys.sealingKey(.message), boundTo: id, of: practice.id)
            let key = Destination.mailbox(mailbox.address).key(.notice, keys: keys)
            notices.append(
                .object([
                    JSONMember("message_id", .string(id.text)),
                    JSONMember("locale", .string(mailbox.locale.rawValue)),
                    JSONMember("destination_key", .string(Data(key).base64EncodedString())),
                    JSONMember("body", .string(Data(body).base64EncodedString())),
                ]))
        }
        self.notices = .json(JSONValue.array(notices).text)
        limits = try SendLimits.parameter(notices.isEmpty ? [] : [.moves(notices.count)])
    }

    static let sql = """
        with \(SendLimits.arms(limits: "$7")),
        notice as (
            select notice.message_id, notice.locale,
                   decode(notice.destination_key, 'base64') as destination_key,
                   decode(notice.body, 'base64') as body
            from jsonb_to_recordset($6::jsonb) as notice
                (message_id uuid, locale text, destination_key text, body text)
        ),
        addressed as (  -- 1. One more notice to each mailbox, if the hour and the day allow.
            insert into destination (practice_id, destination_key, sends)
            select $1::uuid, notice.destination_key, array[clock_timestamp()]
            from notice
            where not exists (select from reached)
            order by notice.destination_key
            on conflict (practice_id, destination_key) do update
            set sends = within(destination.sends, '1 day') || clock_timestamp()
            where cardinality(within(destination.sends, '1 hour')) < $8::int8
              and cardinality(within(destination.sends, '1 day')) < $9::int8
            returning destination_key
        ),
        queued as (  -- 2. The mails.
            insert into message
                (practice_id, message_id, channel, template, locale, body, expires_at)
            select $1::uuid, notice.message_id, 'email',
                   '\(MessageTemplate.nationalNumberChanged.rawValue)', notice.locale, notice.body,
                   clock_timestamp() + interval '\(triedForHours) hours'
            from notice
            join addressed on addressed.destination_key = notice.destination_key
            returning message_id
        ),
        mailed as (
            select count(*) as mails
            from queued
            having count(*) > 0
        ),
        \(SendLimits.countedArm(of: "mailed")),
        told as (
            select coalesce((select mailed.mails from mailed), 0) as mails,
                   (select count(*) from notice) as notices
        ),
        audited as (  -- 3. Whether the person was told, or why not.
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.moveTold.rawValue)',
                   case when told.mails = told.notices and told.mails > 0 then 'done'
                        else 'refused'
                   end,
                   case when told.notices = 0 then 'no-mailbox'
                        when told.mails < told.notices then 'limit-reached'
                   end,
                   $2::uuid, $4::uuid, $5::uuid, $3::uuid
            from told
        )
        select told.mails = told.notices and told.mails > 0 as all_told, $nonce as nonce
        from told
        """

    var parameters: [Parameter] {
        [
            .uuid(act.practiceID), act.client, .uuid(act.requestID), .uuid(account),
            .uuid(patient), notices, limits, .int(policy.sendsPerHour), .int(policy.sendsPerDay),
        ]
    }

    /// Whether each of the account's addresses gets a mail, and there is one.
    static func decode(_ rows: [Row]) throws -> Bool {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        return try row.bool("all_told")
    }
}

extension SendLimit {
    /// Notices of moved national numbers that a practice's people are mailed in a day.
    static let movesPerDay = 1_000

    /// - Parameter mails: as many as one account's addresses.
    fileprivate static func moves(_ mails: Int) -> SendLimit {
        SendLimit(
            kind: .notices, counter: "moves", span: .day, ceiling: movesPerDay, weight: mails)
    }
}
