import Cryptography
import Foundation
import Postgres

/// A message to the person in the register that an account was made for them, or has access to their data
/// from now on (Z-16), or that another super-PIN leads to one (AC-8), so that whoever knows nothing of it
/// can speak up: to the register's mobile, and where it has none that the practice sends to, to the mailbox.
/// It is run in the transaction of that.
///
/// Every limit of any other message holds (Z-22). None keeps it from being done: whom nobody could tell of
/// it stands in the audit.
struct TellRegistered: Statement {
    let act: Act
    let template: MessageTemplate
    let subject: Subject
    let locale: Language
    let destination: Destination
    let destinationKey: [UInt8]
    let messageID: UUID
    let body: [UInt8]
    let policy: Practice.Policy
    let limits: Parameter
    let smsLane: SendLimit.SMSLane?

    static let lane = Lane.ordinary
    /// Hours in which it is tried; it stays true for longer.
    static let triedForHours = 24

    /// What it is about, which the audit keeps.
    enum Subject: Sendable {
        case account(UUID)
        /// Who has no account yet.
        case patient(UUID)

        fileprivate var id: UUID {
            switch self {
            case .account(let id), .patient(let id): id
            }
        }

        fileprivate var account: UUID? {
            switch self {
            case .account(let id): id
            case .patient: nil
            }
        }

        /// What a practice's own acts bring about has ceilings apart, so that no pile of letters keeps
        /// anybody from hearing of a thief, or from signing in (Z-19).
        fileprivate var lane: Destination.Lane {
            switch self {
            case .account: .notice
            case .patient: .letter
            }
        }

        fileprivate func limits(
            to destination: Destination, by sender: SendCode.Sender
        ) -> [SendLimit] {
            let caller = sender.caller
            switch self {
            case .account:
                return SendLimit.all(
                    for: destination, of: caller, from: .signIn, network: sender.network,
                    keys: sender.keys, ceilings: sender.ceilings)
            case .patient:
                let own = SendLimit.links(
                    "super-pins", of: caller.clientID, ceilings: sender.ceilings)
                guard case .mobile(let number) = destination else { return [own] }
                return [own, SendLimit.letterSMS(in: caller.practice)]
                    + SendLimit.sms(
                        to: number, of: caller.practice, prices: sender.ceilings.prices)
            }
        }
    }

    /// Nil where the register has neither a mobile nor a mailbox.
    init?(
        _ template: MessageTemplate, of subject: Subject, to details: PatientDetails,
        locale: Language, act: Act, by sender: SendCode.Sender
    ) throws {
        let (caller, keys) = (sender.caller, sender.keys)
        let mailbox = details.email.flatMap {
            Destination(stored: $0, channel: .email, practice: caller.practice)
        }
        guard let destination = details.phone(in: caller.practice) ?? mailbox else { return nil }
        self.act = act
        self.template = template
        self.subject = subject
        self.locale = locale
        self.destination = destination
        destinationKey = destination.key(subject.lane, keys: keys)
        messageID = UUIDv7.make(at: Date())
        body = try OutgoingMessage(to: destination.address, initials: details.initials).sealed(
            with: keys.sealingKey(.message), boundTo: messageID, of: caller.practice.id)
        policy = caller.practice.policy
        let held = subject.limits(to: destination, by: sender)
        limits = SendLimits.parameter(held)
        smsLane = SendLimit.SMSLane(of: held)
    }

    static let sql = """
        with \(SendLimits.arms(limits: "$7")),
        addressed as (  -- 1. One more to this telephone or mailbox, if the hour and the day allow.
            insert into destination (practice_id, destination_key, sends)
            select $1::uuid, $8::bytea, array[clock_timestamp()]
            where not exists (select from reached)
            on conflict (practice_id, destination_key) do update
            set sends = \(Instants.within("1 day", of: "destination.sends")) || clock_timestamp()
            where cardinality(\(Instants.within("1 hour", of: "destination.sends"))) < $9::int8
              and cardinality(\(Instants.within("1 day", of: "destination.sends"))) < $10::int8
            returning destination_key
        ),
        queued as (  -- 2. The message.
            insert into message
                (practice_id, message_id, channel, template, locale, body, expires_at,
                 number_block, sms_lane)
            select $1::uuid, $5::uuid, $6::text, $13::text,
                   $11::text, $12::bytea,
                   clock_timestamp() + interval '\(triedForHours) hours', $14::text, $16::text
            from addressed
            returning message_id
        ),
        \(SendLimits.countedArm(of: "queued")),
        told as (
            select exists (select from queued) as is_told
        ),
        audited as (  -- 3. Whether the person was told, or why not.
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.changeTold.rawValue)',
                   case when told.is_told then 'done' else 'refused' end,
                   case when told.is_told then $6::text else 'limit-reached' end,
                   $2::uuid, $4::uuid, $15::uuid, $3::uuid
            from told
        )
        select told.is_told, $nonce as nonce
        from told
        """

    var parameters: [Parameter] {
        [
            .uuid(act.practiceID), act.client, .uuid(act.requestID),
            subject.account.map(Parameter.uuid) ?? .null, .uuid(messageID),
            .text(destination.channel.rawValue), limits, .bytes(destinationKey),
            .int(policy.sendsPerHour), .int(policy.sendsPerDay),
            .text(locale.rawValue), .bytes(body), .text(template.rawValue),
            destination.numberBlock.map(Parameter.text) ?? .null, .uuid(subject.id),
            smsLane.map { Parameter.text($0.rawValue) } ?? .null,
        ]
    }

    static func decode(_ rows: [Row]) throws {}
}
