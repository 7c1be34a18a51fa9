import Cryptography
import Foundation
import Postgres

/// A new code and its message, made in Swift and put into the outbox by the statement that sends.
///
/// Every statement that sends a code takes these arms and stands before them an arm `asked`: at most
/// one row (`subject_id`, `purpose`, `known_code_id`, `ends_at`), present only where the send is
/// allowed so far. All limits are held here and nowhere else (Z-22). What is refused voids nothing:
/// the subject's row, which supersedes the older code, is only updated once the send is certain.
/// Rows are locked in the order subject, destination, counters.
struct SendCode: Sendable {
    let codeID: UUID
    let flowID: UUID
    let factorID: UUID?
    let destination: Destination
    let destinationKey: [UInt8]
    let reference: String
    let hash: [UInt8]
    let digitCount: Int
    /// Seconds.
    let lifetime: Int
    let policy: Practice.Policy
    let messageID: UUID
    let template: MessageTemplate
    let locale: Language
    let body: [UInt8]
    let limits: Parameter
    /// Nil for what has the practice's whole day, or is no SMS.
    let smsLane: SendLimit.SMSLane?

    /// What the code is like, beside where it goes.
    struct Kind: Sendable {
        var template = MessageTemplate.sessionCode
        /// Of another system's code; nil where it shall not show in the message.
        var purpose: String?
        var lane = Destination.Lane.signIn
        var digits = Code.digitCount
        /// Seconds.
        var lifetime: Int
        var factorID: UUID?
        /// What else it counts towards.
        var limits: [SendLimit] = []
    }

    /// - Parameter shown: the limits whose end is told; all that hold for the destination where nil.
    init(
        to destination: Destination, flow: UUID, kind: Kind, locale: Language, by sender: Sender,
        limits shown: [SendLimit]? = nil
    ) throws {
        let (caller, keys) = (sender.caller, sender.keys)
        let code = Code.random(digits: kind.digits)
        codeID = SecureRandom.uuid()
        messageID = UUIDv7.make(at: Date())
        flowID = flow
        factorID = kind.factorID
        self.destination = destination
        policy = caller.practice.policy
        destinationKey = destination.key(kind.lane, keys: keys)
        reference = SecureRandom.letters(2)
        hash = code.hash(flow: flow, key: keys.macKey(.code))
        digitCount = kind.digits
        lifetime = kind.lifetime
        template = kind.template
        self.locale = locale
        body = try OutgoingMessage(
            to: destination.address, code: code.digits, purpose: kind.purpose
        ).sealed(with: keys.sealingKey(.message), boundTo: messageID, of: caller.practice.id)
        let held =
            (shown
                ?? SendLimit.all(
                    for: destination, of: caller, from: kind.lane.budget, network: sender.network,
                    keys: keys, ceilings: sender.ceilings)) + kind.limits
        limits = SendLimits.parameter(held)
        smsLane = SendLimit.SMSLane(of: held)
    }

    /// Whose send it is, and what it counts towards.
    struct Sender: Sendable {
        let caller: Caller
        /// The patient's, where the caller said it.
        let network: [UInt8]?
        let keys: KeyRing
        let ceilings: SendCeilings
    }

    /// The statement's parameters from `$<first>` on, by name; `Place` has the same order.
    var parameters: [Parameter] {
        Place.allCases.map { place in
            switch place {
            case .code: .uuid(codeID)
            case .flow: .uuid(flowID)
            case .factor: factorID.map(Parameter.uuid) ?? .null
            case .channel: .text(destination.channel.rawValue)
            case .masked: .text(destination.masked)
            case .destinationKey: .bytes(destinationKey)
            case .reference: .text(reference)
            case .hash: .bytes(hash)
            case .digits: .int(digitCount)
            case .lifetime: .int(lifetime)
            case .resendWait: .int(policy.resendWaitSeconds)
            case .sendsPerHour: .int(policy.sendsPerHour)
            case .sendsPerDay: .int(policy.sendsPerDay)
            case .block: destination.numberBlock.map(Parameter.text) ?? .null
            case .limits: limits
            case .message: .uuid(messageID)
            case .template: .text(template.rawValue)
            case .locale: .text(locale.rawValue)
            case .body: .bytes(body)
            case .smsLane: smsLane.map { Parameter.text($0.rawValue) } ?? .null
            }
        }
    }

    /// What stands at which place from `$<first>` on.
    enum Place: Int, CaseIterable {
        case code, flow, factor, channel, masked, destinationKey, reference, hash, digits, lifetime
        case resendWait, sendsPerHour, sendsPerDay, block, limits, message, template, locale, body
        case smsLane
    }
}

// MARK: - SQL

extension SendCode {
    static func parameter(_ place: Place, first: Int) -> String { "$\(first + place.rawValue)" }

    /// The arms `counter`, `reached`, `ready`, `held`, `addressed`, `superseding`, `sent`, `queued`
    /// and `counted`; the caller's `$1` and `$2` are practice and client.
    ///
    /// - Parameter gate: what else must hold for a message to go out, where its absence must not show.
    static func arms(first: Int, gate: Gate? = nil) -> String {
        func p(_ place: Place) -> String { parameter(place, first: first) }
        return """
            \(SendLimits.arms(limits: p(.limits))),
            ready as (  -- What is spent already, so that a refusal can say until when.
                select asked.*,
                       code_subject.subject_id is not null as known_subject,
                       cardinality(\(Instants.within("1 hour", of: "code_subject.guesses"))) as guesses_spent,
                       (\(Instants.within("1 hour", of: "code_subject.guesses")))[1] + interval '1 hour'
                           as guesses_again_at,
                       cardinality(\(Instants.within("1 hour", of: "destination.sends"))) < \(p(.sendsPerHour))::int8
                           and cardinality(\(Instants.within("1 day", of: "destination.sends")))
                               < \(p(.sendsPerDay))::int8
                           or destination.sends is null as sends_left,
                       \(DestinationSends.again(hour: p(.sendsPerHour), day: p(.sendsPerDay)))
                           as sends_again_at,
                       reached.kind as limit_kind, reached.again_at as limit_again_at,
                       exists (
                           select from send_stop where send_stop.channel = \(p(.channel))::text
                       ) as stopped
                from asked
                left join reached on true
                left join code_subject
                    on code_subject.practice_id = $1::uuid
                    and code_subject.subject_id = asked.subject_id
                    and code_subject.purpose = asked.purpose
                left join destination
                    on destination.practice_id = $1::uuid
                    and destination.destination_key = \(p(.destinationKey))::bytea
            ),
            held as (  -- The subject as it is now: of parallel sends only the first goes on.
                select code_subject.subject_id
                from code_subject
                join ready using (subject_id, purpose)
                where code_subject.practice_id = $1::uuid
                  and cardinality(\(Instants.within("1 hour", of: "code_subject.guesses"))) < \(Code.guessesPerHour)
                  and code_subject.newest_code_id
                      = coalesce(ready.known_code_id, code_subject.newest_code_id)
                for update of code_subject
            ),
            addressed as (  -- One more send to this destination, if the hour and the day allow.
                insert into destination (practice_id, destination_key, sends)
                select $1::uuid, \(p(.destinationKey))::bytea, array[clock_timestamp()]
                from ready
                where ready.sends_left
                  and ready.limit_kind is null
                  and not ready.stopped
                  and (not ready.known_subject or exists (select from held))
                on conflict (practice_id, destination_key) do update
                set sends = \(Instants.within("1 day", of: "destination.sends")) || clock_timestamp()
                where cardinality(\(Instants.within("1 hour", of: "destination.sends"))) < \(p(.sendsPerHour))::int8
                  and cardinality(\(Instants.within("1 day", of: "destination.sends"))) < \(p(.sendsPerDay))::int8
                returning destination_key
            ),
            superseding as (  -- From here on this code is the subject's newest, the older one void.
                insert into code_subject
                    (practice_id, subject_id, purpose, newest_code_id, newest_sent_at,
                     newest_reference)
                select $1::uuid, ready.subject_id, ready.purpose, \(p(.code))::uuid,
                       clock_timestamp(), \(p(.reference))::text
                from ready, addressed
                on conflict (practice_id, subject_id, purpose) do update
                set newest_code_id = excluded.newest_code_id,
                    newest_sent_at = excluded.newest_sent_at,
                    newest_reference = excluded.newest_reference
                returning subject_id, purpose, newest_sent_at,
                          cardinality(\(Instants.within("1 hour", of: "guesses"))) as guesses_spent
            ),
            \(gate.map { "\($0.arms),\n" } ?? "")sent as (  -- The code; it never outlives its flow.
                insert into code
                    (practice_id, code_id, subject_id, purpose, flow_id, client_id, factor_id,
                     channel, destination, number_block, reference, code_hash, digits, sent_at,
                     expires_at, resend_at)
                select $1::uuid, \(p(.code))::uuid, superseding.subject_id, superseding.purpose,
                       \(p(.flow))::uuid, $2::uuid, \(p(.factor))::uuid, \(p(.channel))::text,
                       \(p(.masked))::text, \(p(.block))::text, \(p(.reference))::text,
                       \(hash(p(.hash), gate)), \(p(.digits))::int8, superseding.newest_sent_at,
                       least(
                           superseding.newest_sent_at
                               + \(p(.lifetime))::int8 * interval '1 second',
                           ready.ends_at),
                       superseding.newest_sent_at
                           + \(p(.resendWait))::int8 * interval '1 second'
                           * (array\(Code.resendWaits))[least(cardinality(array\(Code.resendWaits)), 1 + (
                               select count(*)
                               from code as earlier
                               where earlier.practice_id = $1::uuid
                                 and earlier.flow_id = \(p(.flow))::uuid))]
                from superseding, ready
                returning code_id, channel, destination, reference, attempts_left, sent_at,
                          expires_at, resend_at
            ),
            queued as (  -- Its message, in the same commit.
                insert into message
                    (practice_id, message_id, code_id, channel, template, locale, body, expires_at,
                     sms_lane, number_block)
                select $1::uuid, \(p(.message))::uuid, sent.code_id, sent.channel,
                       \(p(.template))::text, \(p(.locale))::text, \(p(.body))::bytea,
                       sent.expires_at, \(p(.smsLane))::text, \(p(.block))::text
                from sent
                \(gate.map { "where exists (select from \($0.open))" } ?? "")
                returning state
            ),
            \(SendLimits.countedArm())
            """
    }

    /// Arms between the certainty that a code is made and its making.
    struct Gate: Sendable {
        let arms: String
        /// The arm that has a row where a message may go out.
        let open: String
    }

    /// Nobody can guess a code that nobody is sent.
    private static func hash(_ parameter: String, _ gate: Gate?) -> String {
        guard let gate else { return "\(parameter)::bytea" }
        return """
            case when exists (select from \(gate.open)) then \(parameter)::bytea
                            else sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
                       end
            """
    }

    /// The columns of those arms that ``SentCode/init(_:)`` reads.
    static let columns = """
        sent.code_id, sent.channel, sent.destination, sent.reference,
               least(sent.attempts_left, \(Code.guessesPerHour) - superseding.guesses_spent)
                   as attempts_left,
               sent.sent_at, sent.expires_at, sent.resend_at,
               coalesce(queued.state, 'queued') as delivery, null::text as delivery_reason,
               null::text as gateway, null::text as former_reason
        """

    /// The joins that go with ``columns``; `asked` and `ready` may be empty.
    static let joins = """
        left join sent on true
            left join superseding on true
            left join queued on true
        """
}
