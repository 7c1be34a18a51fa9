import Logging
import Metrics

/// What operations see of codes: outcomes by word, never by person.
struct CodeMetrics: Sendable {
    enum Outcome: String, CaseIterable, Sendable {
        case sent, verified, incorrect, exhausted
        /// Came to its end unused: many of them tell of messages that do not arrive.
        case expired
    }

    private let outcomes: [Outcome: Counter]
    private let refused: [String: Counter]
    private let logger: Logger

    init(factory: any MetricsFactory, logger: Logger) {
        outcomes = Dictionary(
            uniqueKeysWithValues: Outcome.allCases.map {
                (
                    $0,
                    Counter(
                        label: "auth_codes_total", dimensions: [("outcome", $0.rawValue)],
                        factory: factory)
                )
            })
        let limits =
            SendLimit.Kind.allCases.map(\.rawValue)
            + ["guesses", SendRefusal.destinationWord, "stopped"]
        refused = Dictionary(
            uniqueKeysWithValues: limits.map {
                (
                    $0,
                    Counter(
                        label: "auth_codes_refused_total", dimensions: [("limit", $0)],
                        factory: factory)
                )
            })
        self.logger = logger
    }

    func count(_ outcome: Outcome) { outcomes[outcome]?.increment() }

    /// The housekeeper finds them, many at a time.
    func countExpired(_ number: Int) { outcomes[.expired]?.increment(by: Int64(number)) }

    func count(_ refusal: SendRefusal, in practice: Practice) {
        countStop(by: refusal.word, in: practice)
    }

    /// A stop for what looks like fraud is an alarm as well: somebody has to look (SU-6).
    ///
    /// - Parameter limit: as ``SendRefusal/word`` has it; also of a message that was stopped without
    ///   a word of it in the answer.
    func countStop(by limit: String, in practice: Practice) {
        refused[limit]?.increment()
        if limit == SendLimit.Kind.numbers.rawValue {
            logger.warning(
                "a block of numbers is stopped: codes go there and are hardly ever proven",
                metadata: ["practice_id": "\(practice.id.text)"])
        }
    }
}
