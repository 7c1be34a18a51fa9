import Foundation
import Postgres

/// One try at an app's code, compared in Swift and decided on the app's locked row: of parallel uses of
/// one code one wins, and no right one counts once the app has been stopped or has to wait (F4, F5).
struct AppGuess: Sendable {
    let factorID: UUID
    let verdict: TOTP.Verdict

    /// Three, from `$<first>` on.
    var parameters: [Parameter] {
        [
            .uuid(factorID), verdict.step.map(Parameter.int) ?? .null, .text(verdict.word),
        ]
    }

    /// The arms `standing`, `attempted` and `judged`.
    ///
    /// - Parameters:
    ///   - owner: an arm with one row (`account_id`) where a try may be made, else none.
    ///   - state: which of the owner's apps it may be.
    static func arms(first: Int, of owner: String, where state: String) -> String {
        let (factor, step, word) = ("$\(first)::uuid", "$\(first + 1)::int8", "$\(first + 2)::text")
        return """
            standing as (  -- The app as this request found it.
                select factor.factor_id, factor.last_step, factor.blocked_until
                from factor
                join \(owner) on \(owner).account_id = factor.account_id
                where factor.factor_id = \(factor)
                  and factor.type = '\(Factor.Kind.totp.rawValue)'
                  and factor.disabled_at is null
                  and \(state)
            ),
            attempted as (  -- Typing a used code again is a mistake, and counts for nothing.
                update factor
                set last_step = coalesce(\(step), factor.last_step),
                    failures = case when \(step) is null then factor.failures + 1 else 0 end,
                    blocked_until = case
                        when \(step) is null then
                    \(FactorLimits.nextTry(after: "factor.failures + 1"))
                    end,
                    activated_at = case
                        when \(step) is null then factor.activated_at
                        else coalesce(factor.activated_at, clock_timestamp())
                    end,
                    last_used_at = case
                        when \(step) is null then factor.last_used_at
                        else clock_timestamp()
                    end,
                    disabled_at = case
                        when \(step) is null
                            and factor.failures + 1 >= \(FactorLimits.appFailures)
                        then clock_timestamp()
                    end
                from standing
                join \(owner) on true
                where factor.account_id = \(owner).account_id
                  and factor.factor_id = \(factor)
                  and factor.disabled_at is null
                  and (factor.blocked_until is null
                       or factor.blocked_until <= clock_timestamp())
                  and \(word) <> 'used'
                  and \(state)
                  and (\(step) is null
                       or factor.last_step is null
                       or factor.last_step < \(step))
                returning factor.factor_id, factor.type, factor.failures,
                          factor.disabled_at is not null as disabled
            ),
            judged as (
                select case
                           when standing.factor_id is null then 'gone'
                           when attempted.factor_id is not null and \(step) is not null
                           then 'accepted'
                           when attempted.factor_id is not null then \(word)
                           when standing.blocked_until > clock_timestamp() then 'exhausted'
                           when \(word) = 'used' or standing.last_step >= \(step) then 'used'
                           else 'overtaken'
                       end as word,
                       attempted.factor_id, attempted.type,
                       \(FactorLimits.appFailures) - attempted.failures as attempts_left,
                       coalesce(attempted.disabled, false) as disabled,
                       standing.blocked_until as again_at, null::int4 as codes_left
                from (values (1)) as always_one_row
                left join standing on true
                left join attempted on true
            )
            """
    }
}

/// Why a code that was not sent came to nothing.
enum ProofRefusal: Sendable {
    /// - Parameter disabled: it was the last that the app took.
    case incorrect(attemptsLeft: Int?, disabled: Bool)
    /// Right for another time of an app's clock.
    case skewed(disabled: Bool)
    case used
    case exhausted(until: Date)
    /// There is no such factor, or it was stopped.
    case gone
    /// What it belongs to is over.
    case ended
    case unknown
    case overtaken

    /// Nil where the word is `accepted`.
    init?(_ row: Row) throws {
        switch try row.text("word") {
        case "accepted": return nil
        case "incorrect":
            self = .incorrect(
                attemptsLeft: try row.intIfPresent("attempts_left"),
                disabled: try row.bool("disabled"))
        case "skewed": self = .skewed(disabled: try row.bool("disabled"))
        case "used": self = .used
        case "exhausted": self = .exhausted(until: try row.instant("again_at"))
        case "gone": self = .gone
        case "ended": self = .ended
        case "unknown": self = .unknown
        default: self = .overtaken
        }
    }

    var isOvertaken: Bool { if case .overtaken = self { true } else { false } }

    /// Whether its owner must hear that the app was stopped.
    var stopsTheApp: Bool {
        switch self {
        case .incorrect(_, let disabled), .skewed(let disabled): disabled
        default: false
        }
    }

    /// - Parameter ended: the problem of what is over.
    func problem(ended: Problem.Kind) -> Problem {
        switch self {
        case .incorrect(let left, _): Problem(.codeIncorrect, attemptsLeft: left)
        case .skewed: Problem(.clockSkew)
        case .used: Problem(.codeUsed)
        case .exhausted(let until): Problem(.codeAttemptsExhausted, retryAt: until)
        case .gone: Problem(.factorUnknown)
        case .unknown: Problem(.codeUnknown)
        case .ended, .overtaken: Problem(ended)
        }
    }
}
