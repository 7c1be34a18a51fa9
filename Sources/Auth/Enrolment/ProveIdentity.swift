import Foundation
import Postgres

/// Ends a try: right by super-PIN, which proves identity here and ends the other enrolments of the
/// invitation; right by what the register knows, which sends the fresh mail (AC-3); or wrong.
///
/// Rows are locked in the order network, invitation, super-PIN, destination, enrolment.
struct ProveIdentity: IdempotentStatement {
    let act: Act
    let attempt: IdentityTry
    /// Of the enrolment, as it was read.
    let revision: Int
    let verdict: Verdict

    static let lane = Lane.ordinary

    enum Verdict: Sendable {
        case rightPIN(EnrolmentProgress.IdentityLevel)
        case rightDetails(SendLink)
        case wrong
    }

    enum Outcome: Sendable {
        case proven
        case confirmationSent
        case wrong(triesLeft: Int)
        case refused(SendRefusal)
        case overtaken
    }

    private static let firstOfLink = 11

    static let arms = """
        correct as (  -- A right one costs no try, though another was faster; nor does a request twice.
            select true as is_correct
            where case
                when exists (select from stored)
                then exists (
                    select from stored
                    where not stored.is_under_way and stored.same_request)
                else $10::text is not null
            end
        ),
        \(IdentityTry.returnedArms(first: 6, behind: "correct")),
        admitted as (  -- Of parallel proofs one goes on: who waited for the invitation looks again.
            select returned.invitation_id
            from returned
            join enrolment
                on enrolment.practice_id = $1::uuid
                and enrolment.client_id = $2::uuid
                and enrolment.enrolment_id = $6::uuid
            where enrolment.revision = $9::int8
              and enrolment.ended_at is null
              and not exists (select from stored)
            for update of enrolment
        ),
        failed as (  -- A wrong one; the last of all closes the invitation, so that it opens nothing.
            update invitation
            set ended_at = case
                    when invitation.identity_tries_left = 0 then clock_timestamp()
                end,
                end_reason = case
                    when invitation.identity_tries_left = 0
                    then '\(Invitation.Status.triesExhausted.rawValue)'
                end
            from enrolment
            where enrolment.practice_id = $1::uuid
              and enrolment.enrolment_id = $6::uuid
              and invitation.practice_id = $1::uuid
              and invitation.invitation_id = enrolment.invitation_id
              and invitation.ended_at is null
              and $10::text is null
              and not exists (select from stored)
            returning invitation.invitation_id, invitation.identity_tries_left
        ),
        asked as (
            select enrolment.expires_at as ends_at
            from admitted
            join enrolment
                on enrolment.practice_id = $1::uuid
                and enrolment.enrolment_id = $6::uuid
            where \(SendLink.parameter(.link, first: firstOfLink))::uuid is not null
              and (select count(*) from pin_returned) >= 0
        ),
        \(SendLink.limitArms(first: firstOfLink)),
        \(OtherEnrolments.arms(
            behind: "\(SendLink.parameter(.link, first: firstOfLink))::uuid is null",
            of: "admitted")),
        proven as (
            update enrolment
            set identity_level = $10::text,
                identified_at = clock_timestamp(),
                link_id = \(SendLink.parameter(.link, first: firstOfLink))::uuid,
                first_name = coalesce(enrolment.first_name, typed.first_name),
                last_name = coalesce(enrolment.last_name, typed.last_name),
                username = coalesce(enrolment.username, typed.username),
                revision = enrolment.revision + 1
            from admitted
            left join typed on true
            where enrolment.practice_id = $1::uuid
              and enrolment.enrolment_id = $6::uuid
              and enrolment.revision = $9::int8
              and (\(SendLink.parameter(.link, first: firstOfLink))::uuid is null
                   or exists (select from addressed))
            returning enrolment.invitation_id, enrolment.enrolment_id,
                      enrolment.expires_at as link_ends_at
        ),
        confirmed as (
            select proven.invitation_id, proven.enrolment_id, proven.link_ends_at
            from proven
            where \(SendLink.parameter(.link, first: firstOfLink))::uuid is not null
        ),
        \(SendLink.linkArms(
            first: firstOfLink, template: .emailConfirmation, of: "confirmed",
            enrolment: "confirmed.enrolment_id")),
        outcome as (
            select case
                       when mailed.message_id is not null then 'confirmation-sent'
                       when proven.enrolment_id is not null then 'proven'
                       when failed.invitation_id is not null then 'wrong'
                       \(SendLink.refusalWords)
                       else 'overtaken'
                   end as word,
                   failed.identity_tries_left as tries_left,
                   proven.enrolment_id is not null or failed.invitation_id is not null as lasting,
                   \(SendLink.refusalColumns)
            from (values (1)) as always_one_row
            left join mailed on true
            left join proven on true
            left join failed on true
            left join ready on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.identityTried.rawValue)',
                   case when outcome.word in ('proven', 'confirmation-sent')
                       then 'done' else 'refused' end,
                   case when outcome.word = 'proven' then $10::text else outcome.word end,
                   $2::uuid, $6::uuid, $5::uuid
            from outcome
            where outcome.word <> 'overtaken'
        )
        """

    var ownParameters: [Parameter] {
        let level: EnrolmentProgress.IdentityLevel?
        let link: [Parameter]
        switch verdict {
        case .rightPIN(let way): (level, link) = (way, Self.noLink)
        case .rightDetails(let mail): (level, link) = (.details, mail.parameters)
        case .wrong: (level, link) = (nil, Self.noLink)
        }
        return attempt.parameters + [
            .int(revision), (level?.rawValue).map(Parameter.text) ?? .null,
        ] + link
    }

    private static let noLink = SendLink.Place.allCases.map { place in
        place == .limits ? Parameter.json("[]") : .null
    }

    static func outcome(_ row: Row) throws -> Outcome {
        if let refusal = try SendRefusal(row) { return .refused(refusal) }
        switch try row.text("word") {
        case "proven": return .proven
        case "confirmation-sent": return .confirmationSent
        case "wrong": return .wrong(triesLeft: try row.int("tries_left"))
        default: return .overtaken
        }
    }
}

/// What proving identity in one enrolment does to the others of the invitation (Z-14).
enum OtherEnrolments {
    /// The arms `newest`, `others` and `typed`: the others end, and names and username that were typed
    /// in one go on here. A password does not: whoever typed it might be somebody else.
    ///
    /// - Parameter proving: an arm with `invitation_id`; `$6` is this enrolment.
    static func arms(behind condition: String, of proving: String) -> String {
        """
        newest as (
                select enrolment.first_name, enrolment.last_name, enrolment.username
                from \(proving)
                join enrolment
                    on enrolment.practice_id = $1::uuid
                    and enrolment.invitation_id = \(proving).invitation_id
                where enrolment.enrolment_id <> $6::uuid
                  and enrolment.ended_at is null
                  and enrolment.first_name is not null
                  and \(condition)
                order by enrolment.identified_at desc
                limit 1
            ),
            others as (
                update enrolment
                set ended_at = clock_timestamp(),
                    end_reason = '\(Enrolment.Status.overtaken.rawValue)',
                    first_name = null, last_name = null, username = null, password = null,
                    revision = enrolment.revision + 1
                from \(proving)
                where enrolment.practice_id = $1::uuid
                  and enrolment.invitation_id = \(proving).invitation_id
                  and enrolment.enrolment_id <> $6::uuid
                  and enrolment.ended_at is null
                  and \(condition)
                returning enrolment.enrolment_id
            ),
            typed as (
                select newest.first_name, newest.last_name, newest.username
                from (select count(*) from others) as ended
                join newest on true
            )
        """
    }
}
