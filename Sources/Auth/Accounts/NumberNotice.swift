import Cryptography
import Foundation
import Postgres

/// An SMS to a number that was an account's until now: that something was changed, and where to read what.
/// It is run in the transaction of the change, and holds every limit of an SMS (Z-22).
///
/// It goes by the practice's gateway, since nobody else has one for its numbers, and in the service's
/// own words.
struct NumberNotice: Statement {
    private let act: Act
    private let account: UUID
    private let message: UUID
    private let locale: Language
    private let body: [UInt8]
    private let destinationKey: [UInt8]
    private let limits: Parameter
    private let policy: Practice.Policy

    static let lane = Lane.ordinary

    init(
        to number: PhoneNumber, locale: Language, of account: UUID, act: Act,
        by sender: SendCode.Sender
    ) throws {
        let (caller, keys) = (sender.caller, sender.keys)
        let destination = Destination.mobile(number)
        self.act = act
        self.account = account
        self.locale = locale
        message = UUIDv7.make(at: Date())
        body = try OutgoingMessage(to: destination.address).sealed(
            with: keys.sealingKey(.message), boundTo: message, of: caller.practice.id)
        destinationKey = destination.key(.notice, keys: keys)
        policy = caller.practice.policy
        limits = try SendLimits.parameter(
            SendLimit.all(
                for: destination, of: caller, network: nil, keys: keys, ceilings: sender.ceilings))
    }

    static let sql = """
        with \(SendLimits.arms(limits: "$5")),
        addressed as (  -- 1. If the number's hour and day, and all other limits, allow.
            insert into destination (practice_id, destination_key, sends)
            select $1::uuid, $6::bytea, array[clock_timestamp()]
            where not exists (select from reached)
            on conflict (practice_id, destination_key) do update
            set sends = \(Instants.within("1 day", of: "destination.sends")) || clock_timestamp()
            where cardinality(\(Instants.within("1 hour", of: "destination.sends"))) < $7::int8
              and cardinality(\(Instants.within("1 day", of: "destination.sends"))) < $8::int8
            returning destination_key
        ),
        queued as (  -- 2. The message.
            insert into message
                (practice_id, message_id, channel, template, locale, body, expires_at)
            select $1::uuid, $9::uuid, 'sms', '\(MessageTemplate.accountChanged.rawValue)',
                   $10::text, $11::bytea,
                   clock_timestamp() + interval '\(AccountNotice.triedForHours) hours'
            from addressed
            returning message_id
        ),
        \(SendLimits.countedArm(of: "queued")),
        audited as (  -- 3. Whether the number was told.
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.changeTold.rawValue)',
                   case when queued.message_id is null then 'refused' else 'done' end,
                   case when queued.message_id is null then 'limit-reached' end,
                   $2::uuid, $4::uuid, $4::uuid, $3::uuid
            from (values (1)) as always_one_row
            left join queued on true
        )
        select exists (select from queued) as told, $nonce as nonce
        """

    var parameters: [Parameter] {
        [
            .uuid(act.practiceID), act.client, .uuid(act.requestID), .uuid(account), limits,
            .bytes(destinationKey), .int(policy.sendsPerHour), .int(policy.sendsPerDay),
            .uuid(message), .text(locale.rawValue), .bytes(body),
        ]
    }

    /// Whether the SMS is on its way.
    static func decode(_ rows: [Row]) throws -> Bool { try rows.first?.bool("told") ?? false }
}
