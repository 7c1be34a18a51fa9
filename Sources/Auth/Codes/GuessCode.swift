import Cryptography
import Foundation
import Postgres

/// One guess at the newest code of a flow: a login, or a code of another system.
///
/// Every statement that verifies a code takes these arms and stands before them an arm `flow`: at
/// most one row (`flow_id`, `subject_id`, `purpose`, `done`, `ended`), as its caller may see it. Two
/// requests can neither spend the same guess nor both win with one code; a guess is counted before
/// anything is compared, and a wrong one is an outcome, not an error: it must be committed. Rows are
/// locked in the order subject, code.
struct GuessCode: Sendable {
    let flowID: UUID
    /// Under each key of the ring: a code outlives a change of keys.
    let hashes: [[UInt8]]
    let digitCount: Int

    init(_ code: Code, flow: UUID, keys: KeyRing) {
        flowID = flow
        hashes = keys.macKeys(.code).map { code.hash(flow: flow, key: $0) }
        digitCount = code.digits.utf8.count
    }

    /// `$6`, `$7` and `$8` of the statement; `$1` is the practice.
    var parameters: [Parameter] { [.uuid(flowID), .byteArrays(hashes), .int(digitCount)] }

    /// The arms `asked`, `guessed` and `attempted`.
    static let arms = """
        asked as (  -- The newest code of the flow, and its subject's.
            select flow.flow_id, flow.subject_id, flow.purpose, flow.done, flow.ended,
                   code.code_id, code.attempts_left, code.digits, code.channel, code.number_block,
                   code.code_hash = any($7::bytea[]) as matches,
                   code.used_at is not null as used,
                   code.voided_at is not null as voided,
                   not (\(isAlive)) as expired,
                   code_subject.newest_code_id <> code.code_id as superseded,
                   code_subject.newest_sent_at, code_subject.newest_reference,
                   \(Instants.within("1 hour", of: "code_subject.guesses")) as guesses,
                   exists (
                       select from code as older
                       where older.practice_id = $1::uuid
                         and older.flow_id = flow.flow_id
                         and older.code_id <> code.code_id
                         and older.code_hash = any($7::bytea[])
                   ) as matches_older
            from flow
            join code_subject
                on code_subject.practice_id = $1::uuid
                and code_subject.subject_id = flow.subject_id
                and code_subject.purpose = flow.purpose
            join lateral (
                select *
                from code
                where code.practice_id = $1::uuid
                  and code.flow_id = flow.flow_id
                -- After the server's clock was set back the newest is not the latest.
                order by code.code_id = code_subject.newest_code_id desc, code.sent_at desc
                limit 1
            ) as code on true
        ),
        guessed as (  -- Spend a guess of the hour; the right code clears them (R4).
            update code_subject
            set guesses = case
                    when asked.matches then '{}'
                    else \(Instants.within("1 hour", of: "code_subject.guesses")) || clock_timestamp()
                end
            from asked
            where code_subject.practice_id = $1::uuid
              and code_subject.subject_id = asked.subject_id
              and code_subject.purpose = asked.purpose
              and code_subject.newest_code_id = asked.code_id
              and cardinality(\(Instants.within("1 hour", of: "code_subject.guesses"))) < \(Code.guessesPerHour)
              and asked.digits = $8::int8
              and not (asked.done or asked.ended or asked.used or asked.voided or asked.expired)
              and asked.attempts_left > 0
              and (asked.matches or not asked.matches_older)
            returning code_subject.newest_code_id as code_id,
                      cardinality(code_subject.guesses) as guesses_spent,
                      code_subject.guesses[1] as oldest_guess
        ),
        attempted as (  -- Spend an attempt of the code.
            update code
            set attempts_left = code.attempts_left - 1,
                used_at = case when code.code_hash = any($7::bytea[]) then clock_timestamp() end
            from guessed
            where code.practice_id = $1::uuid
              and code.code_id = guessed.code_id
              and code.used_at is null
              and code.voided_at is null
              and code.attempts_left > 0
              and \(isAlive)
            returning code.used_at is not null as matched, code.attempts_left, code.used_at,
                      code.channel, code.factor_id,
                      -- A wait for the row's lock can outlast the code.
                      code.expires_at > clock_timestamp() as alive
        ),
        \(BlockCount.provenArm)
        """

    /// It is in its time. What was sent in the future died before the server's clock was set back, or the
    /// clock is about to reach it (I4).
    private static let isAlive = """
        code.expires_at > clock_timestamp()
                       and code.sent_at <= clock_timestamp() + interval '1 second'
        """

    /// The outcome's word; `accepted` is the condition under which the act is done.
    static func word(accepted: String) -> String {
        """
        case
                       when asked.flow_id is null then 'unknown'
                       when \(accepted) then 'accepted'
                       when attempted.matched and not attempted.alive then 'expired'
                       when asked.used or asked.done then 'used'
                       when asked.superseded then 'superseded'
                       when asked.ended or asked.voided then 'ended'
                       when asked.matches_older and not asked.matches then 'superseded'
                       when asked.expired then 'expired'
                       when asked.attempts_left = 0
                           or cardinality(asked.guesses) >= \(Code.guessesPerHour) then 'exhausted'
                       when asked.digits <> $8::int8 then 'malformed'
                       when not attempted.matched then 'incorrect'
                       else 'overtaken'
                   end as word
        """
    }

    /// The columns that ``GuessRefusal`` reads.
    ///
    /// - Parameter left: how many more wrong ones anything else than the code and the hour bears.
    static func columns(left: String = "null::int4") -> String {
        """
        asked.subject_id as guessed_subject_id, asked.purpose as guessed_purpose,
                   asked.code_id as guessed_code_id,
                   least(
                       attempted.attempts_left, \(Code.guessesPerHour) - guessed.guesses_spent,
                       \(left)) as attempts_left,
                   asked.digits as asked_digits, asked.newest_sent_at, asked.newest_reference,
                   case
                       when cardinality(asked.guesses) >= \(Code.guessesPerHour)
                           or guessed.guesses_spent >= \(Code.guessesPerHour)
                       then coalesce(guessed.oldest_guess, asked.guesses[1]) + interval '1 hour'
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
                                 and code.subject_id = asked.subject_id
                                 and code.purpose = asked.purpose
                                 and code.sent_at > clock_timestamp() - interval '1 day'
                                 and code.flow_id <> $6::uuid
                               order by code.sent_at desc
                               limit 10
                           ) as other
                       )::text
                   end as elsewhere
        """
    }

    /// The joins that go with ``columns``; each arm may be empty.
    static let joins = """
        left join asked on true
            left join guessed on true
            left join attempted on true
        """

    /// An answer that holds for as long as nothing else happens is not kept: a wait ends, a lost race is
    /// run again, and what is no code's may be an app's (Z-24).
    static let lasting = "not in ('exhausted', 'overtaken', 'unknown')"
}

/// The code that took an older one's place.
struct NewestCode: Sendable, Equatable {
    let sentAt: Date
    let reference: String

    init(_ row: Row) throws {
        sentAt = try row.instant("newest_sent_at")
        reference = try row.text("newest_reference")
    }

    func problem(in practice: Practice) -> Problem {
        Problem(
            .codeSuperseded,
            newestCode: .init(
                sentAt: sentAt, sentAtLocal: practice.clockTime(sentAt), reference: reference))
    }
}

/// Why a guess came to nothing.
enum GuessRefusal: Sendable {
    case incorrect(attemptsLeft: Int, WrongGuess)
    case superseded(NewestCode)
    case used
    case expired
    case exhausted(until: Date?)
    /// The code has another number of digits.
    case malformed(digits: Int)
    /// Its flow was given up.
    case ended
    case unknown
    case overtaken

    /// Nil where the word is `accepted`.
    init?(_ row: Row) throws {
        switch try row.text("word") {
        case "accepted": return nil
        case "incorrect":
            self = .incorrect(
                attemptsLeft: try row.int("attempts_left"), try WrongGuess(row))
        case "superseded": self = .superseded(try NewestCode(row))
        case "used": self = .used
        case "expired": self = .expired
        case "exhausted": self = .exhausted(until: try row.instantIfPresent("guesses_again_at"))
        case "malformed": self = .malformed(digits: try row.int("asked_digits"))
        case "ended": self = .ended
        case "unknown": self = .unknown
        default: self = .overtaken
        }
    }
}

/// A wrong guess with the codes that it may have been meant for.
struct WrongGuess: Sendable {
    let subjectID: UUID
    let purpose: String
    let codeID: UUID
    /// The subject's newest code, which is the one guessed at.
    let newest: NewestCode
    /// When the hour bears another one; nil where it does already.
    let againAt: Date?
    private let elsewhere: [OtherCode]

    /// A code of another flow of the same subject: what was typed may be that one (SC-3).
    private struct OtherCode: Sendable, Decodable {
        let flow: UUID
        let hash: String
    }

    init(_ row: Row) throws {
        subjectID = try row.uuid("guessed_subject_id")
        purpose = try row.text("guessed_purpose")
        codeID = try row.uuid("guessed_code_id")
        newest = try NewestCode(row)
        againAt = try row.instantIfPresent("guesses_again_at")
        let elsewhere = try row.textIfPresent("elsewhere") ?? "[]"
        self.elsewhere = try JSONDecoder().decode([OtherCode].self, from: Data(elsewhere.utf8))
    }

    /// Whether what was typed is the code of an older flow: a mistake, not an attack.
    func isOlder(_ code: Code, keys: KeyRing) -> Bool {
        elsewhere.contains { other in
            keys.macKeys(.code).contains {
                code.hash(flow: other.flow, key: $0).hexadecimal == other.hash
            }
        }
    }
}
