import Foundation
import Postgres

/// Why a code was not sent, and until when.
enum SendRefusal: Sendable, Equatable {
    /// The hour's guesses of this subject are spent; another code would refill nothing (C7).
    case guessesExhausted(until: Date)
    /// The destination had its sends of the hour or the day (C8).
    case sendsExhausted(until: Date)

    /// The outcome's word: what was sent, why it was not, or `overtaken` by a parallel request.
    static func word(sent: String) -> String {
        """
        case
                       when sent.code_id is not null then '\(sent)'
                       when ready.guesses_spent >= \(Code.guessesPerHour) then 'guesses-exhausted'
                       when not ready.sends_left then 'sends-exhausted'
                       else 'overtaken'
                   end as word
        """
    }

    static let columns = "ready.guesses_again_at, ready.sends_again_at"

    init?(_ row: Row) throws {
        switch try row.text("word") {
        case "guesses-exhausted":
            self = .guessesExhausted(until: try row.instant("guesses_again_at"))
        case "sends-exhausted":
            self = .sendsExhausted(until: try row.instant("sends_again_at"))
        default: return nil
        }
    }

    var problem: Problem {
        switch self {
        case .guessesExhausted(let until): Problem(.codeAttemptsExhausted, retryAt: until)
        case .sendsExhausted(let until): Problem(.sendsExhausted, retryAt: until)
        }
    }
}
