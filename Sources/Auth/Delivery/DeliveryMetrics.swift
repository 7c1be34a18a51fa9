import Metrics

/// What ops see of the outbox: `auth_messages_total` by channel and outcome, why attempts came to nothing in
/// `auth_message_failures_total` by channel and reason, and what waits.
struct DeliveryMetrics: Sendable {
    /// How an attempt ended.
    enum Outcome: String, CaseIterable, Sendable {
        case sent, retried, failed, withdrawn
        /// Settled too late: another worker had the message.
        case lost

        init(_ state: DeliveryState?) {
            switch state {
            case nil: self = .lost
            case .sent, .delivered: self = .sent
            case .queued: self = .retried
            case .failed: self = .failed
            case .withdrawn: self = .withdrawn
            }
        }
    }

    private let messages: [String: [Outcome: Counter]]
    private let failures: [String: [DeliveryFailure.Reason: Counter]]
    private let waiting: Gauge
    private let oldestAge: Gauge

    /// - Parameter channels: their names; the series exist from the start, at zero.
    init(channels: [String], factory: any MetricsFactory) {
        let counters = Set(channels).map { channel in
            let outcomes = Outcome.allCases.map { outcome in
                let dimensions = [("channel", channel), ("outcome", outcome.rawValue)]
                let counter = Counter(
                    label: "auth_messages_total", dimensions: dimensions, factory: factory)
                return (outcome, counter)
            }
            return (channel, Dictionary(uniqueKeysWithValues: outcomes))
        }
        messages = Dictionary(uniqueKeysWithValues: counters)
        let causes = Set(channels).map { channel in
            let reasons = DeliveryFailure.Reason.allCases.map { reason in
                let dimensions = [("channel", channel), ("reason", reason.rawValue)]
                let counter = Counter(
                    label: "auth_message_failures_total", dimensions: dimensions,
                    factory: factory)
                return (reason, counter)
            }
            return (channel, Dictionary(uniqueKeysWithValues: reasons))
        }
        failures = Dictionary(uniqueKeysWithValues: causes)
        waiting = Gauge(label: "auth_outbox_messages", factory: factory)
        oldestAge = Gauge(label: "auth_outbox_oldest_message_age_seconds", factory: factory)
    }

    func count(_ outcome: Outcome, by channel: String, times: Int = 1) {
        messages[channel]?[outcome]?.increment(by: Int64(times))
    }

    /// An attempt that came to nothing, whatever became of its message.
    func count(_ reason: DeliveryFailure.Reason, by channel: String) {
        failures[channel]?[reason]?.increment()
    }

    func record(_ outbox: MeasureOutbox.Output) {
        waiting.record(outbox.queued)
        oldestAge.record(outbox.oldestAge)
    }
}
