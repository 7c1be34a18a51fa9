import Cryptography
import Foundation
import Postgres

/// A new code and its message, made in Swift and put into the outbox by the statement that sends.
///
/// Every statement that sends a code takes these arms and stands before them an arm `asked`: at most
/// one row (`subject_id`, `purpose`, `known_code_id`), present only where the send is allowed so far.
/// The ceilings are held here and nowhere else (Z-22). What is refused voids nothing: the subject's
/// row, which supersedes the older code, is only updated once the send is certain.
struct SendCode: Sendable {
    let codeID: UUID
    let flowID: UUID
    let factor: Factor
    let destinationKey: [UInt8]
    let reference: String
    let hash: [UInt8]
    let policy: Practice.Policy
    let messageID: UUID
    let template: MessageTemplate
    let locale: Language
    let body: [UInt8]

    /// Seconds a code lives, waits and ceilings come from the practice's policy.
    init(
        to factor: Factor, flow: UUID, practice: Practice, locale: Language, keys: KeyRing
    ) throws {
        let code = Code.random()
        codeID = SecureRandom.uuid()
        messageID = UUIDv7.make(at: Date())
        flowID = flow
        self.factor = factor
        policy = practice.policy
        destinationKey = keys.macKey(.throttle).authenticate(fields: [
            "destination", Identifier.normalized(factor.address),
        ])
        reference = SecureRandom.letters(2)
        hash = code.hash(flow: flow, key: keys.macKey(.code))
        template = .sessionCode
        self.locale = locale
        body = try OutgoingMessage(to: factor.address, code: code.digits).sealed(
            with: keys.sealingKey(.message), boundTo: messageID, of: practice.id)
    }

    /// Sixteen parameters, the first of which is `$<first>`.
    var parameters: [Parameter] {
        [
            .uuid(codeID), .uuid(flowID), .uuid(factor.id), .text(factor.type.rawValue),
            .text(factor.masked), .bytes(destinationKey), .text(reference), .bytes(hash),
            .int(policy.codeLifetimeSeconds), .int(policy.resendWaitSeconds),
            .int(policy.sendsPerHour), .int(policy.sendsPerDay), .uuid(messageID),
            .text(template.rawValue), .text(locale.rawValue), .bytes(body),
        ]
    }

    /// The arms `ready`, `addressed`, `superseding`, `sent` and `queued`; the caller's `$1` and `$2`
    /// are practice and client.
    static func arms(first: Int) -> String {
        func p(_ offset: Int) -> String { "$\(first + offset)" }
        return """
            ready as (  -- What is spent already, so that a refusal can say until when.
                select asked.*,
                       cardinality(within(code_subject.guesses, '1 hour')) as guesses_spent,
                       (within(code_subject.guesses, '1 hour'))[1] + interval '1 hour'
                           as guesses_again_at,
                       cardinality(within(destination.sends, '1 hour')) < \(p(10))::int8
                           and cardinality(within(destination.sends, '1 day')) < \(p(11))::int8
                           or destination.sends is null as sends_left,
                       greatest(
                           case
                               when cardinality(within(destination.sends, '1 hour')) >= \(p(10))::int8
                               then (within(destination.sends, '1 hour'))[
                                        cardinality(within(destination.sends, '1 hour'))
                                            - \(p(10))::int8::int4 + 1] + interval '1 hour'
                           end,
                           case
                               when cardinality(within(destination.sends, '1 day')) >= \(p(11))::int8
                               then (within(destination.sends, '1 day'))[
                                        cardinality(within(destination.sends, '1 day'))
                                            - \(p(11))::int8::int4 + 1] + interval '1 day'
                           end
                       ) as sends_again_at
                from asked
                left join code_subject
                    on code_subject.practice_id = $1::uuid
                    and code_subject.subject_id = asked.subject_id
                    and code_subject.purpose = asked.purpose
                left join destination
                    on destination.practice_id = $1::uuid
                    and destination.destination_key = \(p(5))::bytea
            ),
            addressed as (  -- One more send to this destination, if the hour and the day allow.
                insert into destination (practice_id, destination_key, sends)
                select $1::uuid, \(p(5))::bytea, array[clock_timestamp()]
                from ready
                where coalesce(ready.guesses_spent, 0) < \(Code.guessesPerHour)
                  and ready.sends_left
                on conflict (practice_id, destination_key) do update
                set sends = within(destination.sends, '1 day') || clock_timestamp()
                where cardinality(within(destination.sends, '1 hour')) < \(p(10))::int8
                  and cardinality(within(destination.sends, '1 day')) < \(p(11))::int8
                returning destination_key
            ),
            superseding as (  -- From here on this code is the subject's newest, the older one void.
                insert into code_subject
                    (practice_id, subject_id, purpose, newest_code_id, newest_sent_at,
                     newest_reference)
                select $1::uuid, ready.subject_id, ready.purpose, \(p(0))::uuid,
                       clock_timestamp(), \(p(6))::text
                from ready, addressed
                on conflict (practice_id, subject_id, purpose) do update
                set newest_code_id = excluded.newest_code_id,
                    newest_sent_at = excluded.newest_sent_at,
                    newest_reference = excluded.newest_reference
                where cardinality(within(code_subject.guesses, '1 hour')) < \(Code.guessesPerHour)
                  and code_subject.newest_code_id
                      = coalesce((select known_code_id from ready), code_subject.newest_code_id)
                returning subject_id, purpose, newest_sent_at,
                          cardinality(within(guesses, '1 hour')) as guesses_spent
            ),
            sent as (  -- The code; the second resend waits twice as long, the third four times.
                insert into code
                    (practice_id, code_id, subject_id, purpose, flow_id, client_id, factor_id,
                     channel, destination, reference, code_hash, sent_at, expires_at, resend_at)
                select $1::uuid, \(p(0))::uuid, superseding.subject_id, superseding.purpose,
                       \(p(1))::uuid, $2::uuid, \(p(2))::uuid, \(p(3))::text, \(p(4))::text,
                       \(p(6))::text, \(p(7))::bytea, superseding.newest_sent_at,
                       superseding.newest_sent_at + \(p(8))::int8 * interval '1 second',
                       superseding.newest_sent_at + \(p(9))::int8 * interval '1 second'
                           * (array[1, 2, 4])[1 + least(2, (
                               select count(*)
                               from code as earlier
                               where earlier.practice_id = $1::uuid
                                 and earlier.flow_id = \(p(1))::uuid))]
                from superseding
                returning code_id, channel, destination, reference, attempts_left, sent_at,
                          expires_at, resend_at
            ),
            queued as (  -- Its message, in the same commit.
                insert into message
                    (practice_id, message_id, code_id, channel, template, locale, body, expires_at)
                select $1::uuid, \(p(12))::uuid, sent.code_id, sent.channel, \(p(13))::text,
                       \(p(14))::text, \(p(15))::bytea, sent.expires_at
                from sent
                returning state
            )
            """
    }

    /// The columns of those arms that ``SentCode/init(_:)`` and ``Refusal`` read.
    static let columns = """
        sent.code_id, sent.channel, sent.destination, sent.reference,
               least(sent.attempts_left, \(Code.guessesPerHour) - superseding.guesses_spent)
                   as attempts_left,
               sent.sent_at, sent.expires_at, sent.resend_at,
               queued.state as delivery, null::text as delivery_reason,
               null::text as gateway
        """

    /// The joins that go with ``columns``; `asked` and `ready` may be empty.
    static let joins = """
        left join sent on true
            left join superseding on true
            left join queued on true
        """
}
