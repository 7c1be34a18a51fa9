import Foundation
import Postgres

/// Spends one guess on a login's code; the right one takes its step off the login and, with the last
/// step, opens the session.
///
/// One statement, so two requests can neither spend the same guess nor both win with one code. The
/// guess is counted before anything is compared, and a wrong one is an outcome, not an error: it must
/// be committed. Rows are locked in the order subject, code, login.
struct VerifyCode: IdempotentStatement {
    let act: Act
    let loginID: UUID
    let hash: [UInt8]
    let session: NewSession

    var subject: UUID? { loginID }

    enum Outcome: Sendable {
        case accepted(OpenedSession)
        case incorrect(attemptsLeft: Int, accountID: UUID, codeID: UUID, elsewhere: [OtherCode])
        case superseded(Newest)
        case used
        case expired
        case exhausted(until: Date?)
        case ended
        case unknown
        case overtaken
    }

    /// The code that took an older one's place.
    struct Newest: Sendable, Equatable {
        let sentAt: Date
        let reference: String
    }

    /// A code of another login of the same account: what was typed may be that one (SC-3).
    struct OtherCode: Sendable, Decodable {
        let flow: UUID
        let hash: String
    }

    static let arms = """
        asked as (  -- 1. The login and its newest code, as this caller may see them.
            select login.login_id, login.account_id, login.done_at, login.ended_at,
                   login.expires_at <= clock_timestamp() as over,
                   code.code_id, code.attempts_left,
                   code.code_hash = $7::bytea as matches,
                   code.used_at is not null as used,
                   code.voided_at is not null as voided,
                   code.expires_at <= clock_timestamp() as expired,
                   code_subject.newest_code_id <> code.code_id as superseded,
                   code_subject.newest_sent_at, code_subject.newest_reference,
                   within(code_subject.guesses, '1 hour') as guesses,
                   exists (
                       select from code as older
                       where older.practice_id = $1::uuid
                         and older.flow_id = login.login_id
                         and older.code_id <> code.code_id
                         and older.code_hash = $7::bytea
                   ) as matches_older
            from login
            join lateral (
                select *
                from code
                where code.practice_id = $1::uuid
                  and code.flow_id = login.login_id
                order by code.sent_at desc
                limit 1
            ) as code on true
            join code_subject
                on code_subject.practice_id = $1::uuid
                and code_subject.subject_id = login.account_id
                and code_subject.purpose = '\(CodePurpose.signIn.rawValue)'
            where login.practice_id = $1::uuid
              and login.login_id = $6::uuid
              and login.client_id = $2::uuid
              and not exists (select from stored)
        ),
        guessed as (  -- 2. Spend a guess of the hour; the right code clears them (R4).
            update code_subject
            set guesses = case
                    when asked.matches then '{}'
                    else within(code_subject.guesses, '1 hour') || clock_timestamp()
                end
            from asked
            where code_subject.practice_id = $1::uuid
              and code_subject.subject_id = asked.account_id
              and code_subject.purpose = '\(CodePurpose.signIn.rawValue)'
              and code_subject.newest_code_id = asked.code_id
              and cardinality(within(code_subject.guesses, '1 hour')) < \(Code.guessesPerHour)
              and asked.done_at is null
              and asked.ended_at is null
              and not (asked.over or asked.used or asked.voided or asked.expired)
              and asked.attempts_left > 0
              and (asked.matches or not asked.matches_older)
            returning code_subject.newest_code_id as code_id,
                      cardinality(code_subject.guesses) as guesses_spent
        ),
        attempted as (  -- 3. Spend an attempt of the code.
            update code
            set attempts_left = code.attempts_left - 1,
                used_at = case when code.code_hash = $7::bytea then clock_timestamp() end
            from guessed
            where code.practice_id = $1::uuid
              and code.code_id = guessed.code_id
              and code.used_at is null
              and code.voided_at is null
              and code.attempts_left > 0
              and code.expires_at > clock_timestamp()
            returning code.used_at is not null as matched, code.attempts_left,
                      -- A wait for the row's lock can outlast the code.
                      code.expires_at > clock_timestamp() as alive
        ),
        advanced as (  -- 4. The right code takes its step off.
            update login
            set steps = login.steps[2:],
                done_at = case when cardinality(login.steps) = 1 then clock_timestamp() end,
                session_id = case when cardinality(login.steps) = 1 then $8::uuid end
            from attempted
            where login.practice_id = $1::uuid
              and login.login_id = $6::uuid
              and login.steps[1] = 'code'
              and login.done_at is null
              and login.ended_at is null
              and attempted.matched
              and attempted.alive
            returning login.account_id, login.done_at
        ),
        opened as (  -- 5. The last step opens the session.
            insert into session
                (practice_id, session_id, account_id, client_id, network_key, acr, amr,
                 authenticated_at, refresh_hash, rotated_at, expires_at)
            select $1::uuid, $8::uuid, advanced.account_id, $2::uuid, $10::bytea, $11::text,
                   $12::text[], advanced.done_at, $9::bytea, advanced.done_at,
                   advanced.done_at + interval '\(SessionLimits.lifetimeHours) hours'
            from advanced
            where advanced.done_at is not null
            returning session_id, account_id, acr, amr, authenticated_at, expires_at
        ),
        \(OpenedSession.arm),
        decided as (
            select case
                       when asked.login_id is null then 'unknown'
                       when opened.session_id is not null then 'accepted'
                       when attempted.matched and not attempted.alive then 'expired'
                       when asked.used or asked.done_at is not null then 'used'
                       when asked.superseded then 'superseded'
                       when asked.ended_at is not null or asked.over or asked.voided then 'ended'
                       when asked.matches_older and not asked.matches then 'superseded'
                       when asked.expired then 'expired'
                       when asked.attempts_left = 0
                           or cardinality(asked.guesses) >= \(Code.guessesPerHour) then 'exhausted'
                       when not attempted.matched then 'incorrect'
                       else 'overtaken'
                   end as word,
                   asked.account_id as guesser_id, asked.code_id,
                   least(attempted.attempts_left, \(Code.guessesPerHour) - guessed.guesses_spent)
                       as attempts_left,
                   asked.newest_sent_at, asked.newest_reference,
                   case
                       when cardinality(asked.guesses) >= \(Code.guessesPerHour)
                       then asked.guesses[1] + interval '1 hour'
                   end as guesses_again_at,
                   case
                       when not attempted.matched then (
                           select json_agg(json_build_object(
                                      'flow', other.flow_id,
                                      'hash', encode(other.code_hash, 'hex')))
                           from (
                               select flow_id, code_hash
                               from code
                               where code.practice_id = $1::uuid
                                 and code.subject_id = asked.account_id
                                 and code.purpose = '\(CodePurpose.signIn.rawValue)'
                                 and code.sent_at > clock_timestamp() - interval '1 day'
                                 and code.flow_id <> $6::uuid
                               order by code.sent_at desc
                               limit 10
                           ) as other
                       )::text
                   end as elsewhere,
                   \(OpenedSession.columns)
            from (values (1)) as always_one_row
            left join asked on true
            left join guessed on true
            left join attempted on true
            left join opened on true
            left join identified on true
        ),
        outcome as (  -- A wait ends, and a lost race is run again: neither answer is kept (Z-24).
            select decided.*, decided.word not in ('exhausted', 'overtaken') as lasting
            from decided
        ),
        audited as (  -- 6. The guess, and the sign-in that it completed.
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, act.event,
                   case when outcome.word = 'accepted' then 'done' else 'refused' end,
                   case when outcome.word = 'accepted' then null else outcome.word end,
                   $2::uuid, outcome.guesser_id, act.object_id, $5::uuid
            from outcome
            cross join lateral (values
                ('\(AuditEvent.codeGuessed.rawValue)', outcome.code_id),
                ('\(AuditEvent.loginCompleted.rawValue)', outcome.session_id)
            ) as act (event, object_id)
            where act.object_id is not null
              and outcome.word not in ('unknown', 'overtaken')
              and not exists (select from stored)
        )
        """

    var ownParameters: [Parameter] {
        [
            .uuid(loginID), .bytes(hash), .uuid(session.id), .bytes(session.refreshHash),
            session.networkKey.map(Parameter.bytes) ?? .null, .text(session.assurance.acr),
            .texts(session.assurance.amr),
        ]
    }

    static func outcome(_ row: Row) throws -> Outcome {
        switch try row.text("word") {
        case "accepted": return .accepted(try OpenedSession(row))
        case "incorrect":
            let elsewhere = try row.textIfPresent("elsewhere") ?? "[]"
            return .incorrect(
                attemptsLeft: try row.int("attempts_left"),
                accountID: try row.uuid("guesser_id"),
                codeID: try row.uuid("code_id"),
                elsewhere: try JSONDecoder().decode([OtherCode].self, from: Data(elsewhere.utf8)))
        case "superseded":
            return .superseded(
                Newest(
                    sentAt: try row.instant("newest_sent_at"),
                    reference: try row.text("newest_reference")))
        case "used": return .used
        case "expired": return .expired
        case "exhausted": return .exhausted(until: try row.instantIfPresent("guesses_again_at"))
        case "ended": return .ended
        case "unknown": return .unknown
        default: return .overtaken
        }
    }
}
