import Cryptography
import Foundation
import Postgres

/// Sends a code of an open recovery; the older one is void.
///
/// What was typed and the network have limits that show, the same for somebody and for nobody. All
/// other limits stop the message alone: that one is reached would say whose it is (Z-20).
struct SendContactCode: IdempotentStatement {
    let act: Act
    let recovery: Recovery
    let code: SendCode
    let route: Route

    var subject: UUID? { recovery.subjectID }

    /// Where the code goes, and what a right one is worth.
    struct Route: Sendable {
        /// Null where it goes nowhere.
        let destinationKey: [UInt8]?
        /// Those that must not show.
        let limits: [SendLimit]
        let proof: RecoveryProof?
        /// What is new to the account, instead of a proof.
        var newcomer: Newcomer?
    }

    /// What is to take the place of a lost phone, or of a lost mailbox.
    enum Newcomer: Sendable {
        case number(PhoneNumber, factor: UUID)
        case mailbox(EmailAddress)
    }

    enum Outcome: Sendable {
        /// - Parameter stoppedBy: the limit for which no message went out, as metrics name it; the
        ///   answer never has it.
        case sent(SentCode, stoppedBy: String?)
        case refused(SendRefusal)
        case tooSoon(until: Date)
        /// No more new numbers, or mailboxes, are tried in this recovery.
        case newcomersExhausted(until: Date)
        case ended
        case overtaken
    }

    private static let firstOfCode = 14

    static let arms = """
        standing as (  -- The recovery and its newest code, as this caller may see them.
            select recovery.recovery_id, recovery.subject_id, recovery.account_id,
                   recovery.expires_at as ends_at, code.resend_at,
                   recovery.done_at is null and recovery.ended_at is null
                       and recovery.expires_at > clock_timestamp() as open,
                   code.code_id is null or code.resend_at <= clock_timestamp()
                       or code.factor_id is distinct from \(factor)::uuid as due,
                   $11::text is not null
                       and recovery.new_number_sends >= \(RecoveryLimits.newcomerSends)
                       or $13::text is not null
                       and recovery.new_mailbox_sends >= \(RecoveryLimits.newcomerSends)
                       as newcomers_spent
            from recovery
            left join lateral (
                select *
                from code
                where code.practice_id = $1::uuid
                  and code.flow_id = recovery.recovery_id
                order by code.sent_at desc
                limit 1
            ) as code on true
            where recovery.practice_id = $1::uuid
              and recovery.recovery_id = $6::uuid
              and recovery.client_id = $2::uuid
              and not exists (select from stored)
        ),
        asked as (
            select standing.subject_id, '\(CodePurpose.recovery.slug)' as purpose,
                   $7::uuid as known_code_id, standing.ends_at
            from standing
            where standing.open and standing.due and not standing.newcomers_spent
        ),
        \(SendCode.arms(
            first: firstOfCode, gate: SendCode.Gate(arms: gateArms, open: "reachable"))),
        awaited as (  -- What a right code will be worth.
            update recovery
            set awaited = $10::jsonb,
                new_number = coalesce($11::text, recovery.new_number),
                new_factor_id = coalesce($12::uuid, recovery.new_factor_id),
                new_number_proven_at = case
                    when $11::text is null then recovery.new_number_proven_at
                end,
                new_number_sends = recovery.new_number_sends
                    + case when $11::text is null then 0 else 1 end,
                new_mailbox = coalesce($13::text, recovery.new_mailbox),
                new_mailbox_proven_at = case
                    when $13::text is null then recovery.new_mailbox_proven_at
                end,
                new_mailbox_sends = recovery.new_mailbox_sends
                    + case when $13::text is null then 0 else 1 end
            from sent
            where recovery.practice_id = $1::uuid
              and recovery.recovery_id = $6::uuid
            returning recovery.recovery_id
        ),
        outcome as (
            select case
                       when standing.recovery_id is null or not standing.open then 'ended'
                       when standing.newcomers_spent then 'newcomers-exhausted'
                       when not standing.due then 'too-soon'
                       else decided.word
                   end as word,
                   sent.code_id is not null as lasting,
                   case
                       when sent.code_id is not null and $8::bytea is not null
                           and not exists (select from reachable)
                       then coalesce(
                           (select hidden_reached.kind from hidden_reached),
                           '\(SendRefusal.destinationWord)')
                   end as stopped_by,
                   standing.resend_at as due_at, standing.ends_at,
                   \(SendRefusal.columns),
                   \(SendCode.columns)
            from (values (1)) as always_one_row
            left join standing on true
            left join ready on true
            \(SendCode.joins)
            cross join lateral (select \(SendRefusal.word(sent: "sent"))) as decided
        ),
        audited as (  -- Of somebody; whether a message went out is the audit's to say.
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.codeSent.rawValue)',
                   case when outcome.word = 'sent' and exists (select from reachable) then 'done'
                        else 'refused'
                   end,
                   case when outcome.word <> 'sent' then outcome.word
                        when $8::bytea is null then 'no-contact'
                        when not exists (select from reachable) then 'limit-reached'
                   end,
                   $2::uuid, standing.account_id, coalesce(outcome.code_id, $6::uuid), $5::uuid
            from outcome, standing
            where outcome.word <> 'overtaken'
              and standing.account_id is not null
        )
        """

    private static let factor = SendCode.parameter(.factor, first: firstOfCode)

    /// The limits that must not show, held where the send is certain otherwise.
    private static let gateArms = """
        \(SendLimits.arms(limits: "$9", name: "hidden_")),
            reachable as (
                insert into destination (practice_id, destination_key, sends)
                select $1::uuid, $8::bytea, array[clock_timestamp()]
                from superseding
                where $8::bytea is not null
                  and not exists (select from hidden_reached)
                on conflict (practice_id, destination_key) do update
                set sends = \(Instants.within("1 day", of: "destination.sends")) || clock_timestamp()
                where cardinality(\(Instants.within("1 hour", of: "destination.sends")))
                        < \(SendCode.parameter(.sendsPerHour, first: firstOfCode))::int8
                  and cardinality(\(Instants.within("1 day", of: "destination.sends")))
                        < \(SendCode.parameter(.sendsPerDay, first: firstOfCode))::int8
                returning destination_key
            ),
            \(SendLimits.countedArm(of: "reachable", name: "hidden_"))
        """

    var ownParameters: [Parameter] {
        [
            .uuid(recovery.id), recovery.newestCodeID.map(Parameter.uuid) ?? .null,
            route.destinationKey.map(Parameter.bytes) ?? .null,
            SendLimits.parameter(route.limits),
            route.proof.map { .json($0.value.text) } ?? .null,
        ] + newcomer + code.parameters
    }

    private var newcomer: [Parameter] {
        switch route.newcomer {
        case .number(let number, let factor): [.text(number.e164), .uuid(factor), .null]
        case .mailbox(let address): [.null, .null, .text(address.typed)]
        case nil: [.null, .null, .null]
        }
    }

    static func outcome(_ row: Row) throws -> Outcome {
        if let refusal = try SendRefusal(row) { return .refused(refusal) }
        switch try row.text("word") {
        case "sent":
            // What a former version stored says nothing of it.
            return .sent(try SentCode(row), stoppedBy: try row.textIfPresent("stopped_by"))
        case "too-soon": return .tooSoon(until: try row.instant("due_at"))
        case "newcomers-exhausted": return .newcomersExhausted(until: try row.instant("ends_at"))
        case "ended": return .ended
        default: return .overtaken
        }
    }
}
