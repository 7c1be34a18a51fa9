import Cryptography
import Foundation
import Postgres

/// What a caller is told of a guess that came to nothing; the same for a login's code and for one of
/// another system.
struct RefusedGuess: Sendable {
    let database: Database
    let keys: KeyRing
    let metrics: CodeMetrics

    /// - Parameters:
    ///   - code: what was typed.
    ///   - isFirst: false where the answer to an earlier request is given again.
    ///   - ended: the problem of a flow that was given up.
    func problem(
        _ refusal: GuessRefusal, typed code: Code, by act: Act, isFirst: Bool,
        in practice: Practice, ended: Problem.Kind
    ) async throws -> Problem {
        switch refusal {
        case .incorrect(let left, let guess):
            guard guess.isOlder(code, keys: keys) else {
                metrics.count(.incorrect)
                return Problem(.codeIncorrect, attemptsLeft: left, retryAt: guess.againAt)
            }
            if isFirst { try await database.run(RefundGuess(act: act, guess: guess)) }
            return guess.newest.problem(in: practice)
        case .superseded(let newest): return newest.problem(in: practice)
        case .used: return Problem(.codeUsed)
        case .expired: return Problem(.codeExpired)
        case .exhausted(let until):
            metrics.count(.exhausted)
            return Problem(.codeAttemptsExhausted, retryAt: until ?? database.now)
        case .malformed(let digits):
            return Problem(
                .codeMalformed, digitsFound: code.digits.utf8.count, digitsExpected: digits)
        case .unknown: return Problem(.codeUnknown)
        case .ended, .overtaken: return Problem(ended)
        }
    }
}

/// Asks again where a statement lost a race; nobody loses three in a row but by racing against
/// themselves.
enum Race {
    private static let attempts = 3

    static func settled<Outcome>(
        _ ask: () async throws -> Outcome, overtaken: (Outcome) -> Bool
    ) async throws -> Outcome {
        for _ in 1..<attempts {
            let outcome = try await ask()
            if !overtaken(outcome) { return outcome }
        }
        let outcome = try await ask()
        guard !overtaken(outcome) else { throw Problem(.overloaded) }
        return outcome
    }
}

extension Answered {
    /// An answer that was given before is given again, unless the key came with another request.
    ///
    /// Throws `idempotency-key-reused`.
    func unlessReused() throws -> Outcome {
        switch self {
        case .now(let outcome), .before(let outcome, _): return outcome
        case .keyReused: throw Problem(.idempotencyKeyReused)
        }
    }

    var isFirst: Bool { if case .now = self { true } else { false } }
}
