import Synchronization

/// What callers asked and were told, each by its own clock: the ground on which a run is judged.
///
/// One entry is one request over the wire; the requests with one key are one act.
final class History: Sendable {
    enum Act: Sendable, Hashable {
        case issue(address: String)
        /// - Parameter flow: the id that the issue was answered with.
        case verify(flow: String, code: String)
    }

    enum Outcome: Sendable, Equatable {
        /// Done; the id that the answer has.
        case done(flow: String)
        /// Not done, by the problem's slug, and it is certain that nothing was.
        case refused(String)
        /// 503, an earlier one still running, or no answer at all: it may have been done.
        case unknown
        /// What no caller can be meant to deal with.
        case absurd(String)
    }

    struct Entry: Sendable {
        let act: Act
        let key: String
        let begun: ContinuousClock.Instant
        let ended: ContinuousClock.Instant
        let outcome: Outcome

        var duration: Duration { begun.duration(to: ended) }
    }

    private let state = Mutex((entries: [Entry](), acknowledged: 0, unknown: 0))

    var entries: [Entry] { state.withLock { $0.entries } }
    var acknowledged: Int { state.withLock { $0.acknowledged } }
    var unknown: Int { state.withLock { $0.unknown } }

    func add(_ entry: Entry) {
        state.withLock { state in
            state.entries.append(entry)
            if entry.isAcknowledged { state.acknowledged += 1 }
            if entry.outcome == .unknown { state.unknown += 1 }
        }
    }
}

extension History.Entry {
    /// Whether something was answered that must not be lost: a code, its use, or a spent guess.
    var isAcknowledged: Bool {
        switch outcome {
        case .done, .refused("code-incorrect"): true
        case .refused, .unknown, .absurd: false
        }
    }
}

/// What the database has of the codes afterwards.
struct Kept: Sendable {
    struct Code: Sendable, Equatable {
        var attemptsLeft: Int
        var isUsed: Bool
        /// Guesses that the audit has, right and wrong.
        var accepted: Int
        var incorrect: Int
    }

    /// By the id of the request.
    var codes: [String: Code]

    init(codes: [String: Code]) {
        self.codes = codes
    }

    init(_ database: TestDatabase) async throws {
        let rows = try await database.rows(
            """
            select code.flow_id::text, code.attempts_left, (code.used_at is not null)::int,
                   coalesce(guessed.accepted, 0), coalesce(guessed.incorrect, 0)
            from code
            left join (
                select practice_id, object_id,
                       count(*) filter (where result = 'done') as accepted,
                       count(*) filter (where reason = 'incorrect') as incorrect
                from audit
                where event = 'code-guessed'
                group by practice_id, object_id
            ) as guessed
                on guessed.practice_id = code.practice_id
                and guessed.object_id = code.flow_id
            where code.purpose = '\(Traffic.purpose)'
            """)
        codes = [:]
        for row in rows {
            guard let flow = row[0] else { continue }
            let numbers = row.dropFirst().map { $0.flatMap { Int($0) } ?? -1 }
            codes[flow] = Code(
                attemptsLeft: numbers[0], isUsed: numbers[1] == 1, accepted: numbers[2],
                incorrect: numbers[3])
        }
    }
}
