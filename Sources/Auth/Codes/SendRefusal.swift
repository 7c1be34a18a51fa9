import Foundation
import Postgres

/// Why a code was not sent, and until when.
enum SendRefusal: Sendable, Equatable {
    /// The hour's guesses of this subject are spent; another code would refill nothing (C7).
    case guessesExhausted(until: Date)
    /// The destination had its sends of the hour or the day (C8).
    case sendsExhausted(until: Date)
    /// A limit beyond this destination (SU-6).
    case limitReached(SendLimit.Kind, until: Date)
    /// The operator has stopped the channel.
    case stopped

    /// The outcome's word: what was sent, why it was not, or `overtaken` by a parallel request.
    static func word(sent: String) -> String {
        """
        case
                       when sent.code_id is not null then '\(sent)'
                       when ready.stopped then 'stopped'
                       when ready.guesses_spent >= \(Code.guessesPerHour) then 'guesses-exhausted'
                       when not ready.sends_left then 'sends-exhausted'
                       when ready.limit_kind is not null then 'limit-reached'
                       else 'overtaken'
                   end as word
        """
    }

    static let columns = """
        ready.guesses_again_at, ready.sends_again_at, ready.limit_kind, ready.limit_again_at
        """

    init?(_ row: Row) throws {
        switch try row.text("word") {
        case "guesses-exhausted":
            self = .guessesExhausted(until: try row.instant("guesses_again_at"))
        case "sends-exhausted":
            self = .sendsExhausted(until: try row.instant("sends_again_at"))
        case "limit-reached":
            guard let kind = SendLimit.Kind(rawValue: try row.text("limit_kind")) else {
                throw PostgresError.undecodable("limit_kind")
            }
            self = .limitReached(kind, until: try row.instant("limit_again_at"))
        case "stopped": self = .stopped
        default: return nil
        }
    }

    var problem: Problem {
        switch self {
        case .guessesExhausted(let until): Problem(.codeAttemptsExhausted, retryAt: until)
        case .sendsExhausted(let until): Problem(.sendsExhausted, retryAt: until)
        case .limitReached(let kind, let until):
            Problem(.sendLimitReached, retryAt: until, limit: kind)
        case .stopped: Problem(.sendingStopped)
        }
    }

    static let destinationWord = "destination"

    /// The dimension of `auth_codes_refused_total`.
    var word: String {
        switch self {
        case .guessesExhausted: "guesses"
        case .sendsExhausted: Self.destinationWord
        case .limitReached(let kind, _): kind.rawValue
        case .stopped: "stopped"
        }
    }
}
