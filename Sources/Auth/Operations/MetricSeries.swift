import Metrics
import Synchronization

/// What Prometheus calls the type of a metric.
enum MetricType: String {
    case counter, gauge, histogram
}

/// One series: a number, or a histogram, under one set of labels.
protocol MetricSeries: AnyObject, Sendable {
    static var type: MetricType { get }
    /// Appends the series' lines.
    func write(name: String, labels: MetricLabels, to output: inout String)
}

/// A count that only grows.
final class CounterSeries: CounterHandler, MetricSeries {
    static let type = MetricType.counter
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) {
        if amount > 0 { value.add(amount, ordering: .relaxed) }
    }

    func reset() { value.store(0, ordering: .relaxed) }

    func write(name: String, labels: MetricLabels, to output: inout String) {
        output += "\(name)\(labels.text) \(value.load(ordering: .relaxed))\n"
    }
}

/// A sum that only grows.
final class FloatingPointCounterSeries: FloatingPointCounterHandler, MetricSeries {
    static let type = MetricType.counter
    private let value = Mutex(0.0)

    func increment(by amount: Double) {
        if amount > 0, amount.isFinite { value.withLock { $0 += amount } }
    }

    func reset() { value.withLock { $0 = 0 } }

    func write(name: String, labels: MetricLabels, to output: inout String) {
        output += "\(name)\(labels.text) \(MetricLabels.number(value.withLock { $0 }))\n"
    }
}

/// A number that goes up and down.
final class GaugeSeries: MeterHandler, RecorderHandler, MetricSeries {
    static let type = MetricType.gauge
    private let value = Mutex(0.0)

    func set(_ number: Int64) { set(Double(number)) }
    func set(_ number: Double) { value.withLock { $0 = number } }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }
    func record(_ number: Int64) { set(number) }
    func record(_ number: Double) { set(number) }

    func write(name: String, labels: MetricLabels, to output: inout String) {
        output += "\(name)\(labels.text) \(MetricLabels.number(value.withLock { $0 }))\n"
    }
}

/// How often something was how large.
final class HistogramSeries: TimerHandler, RecorderHandler, MetricSeries {
    static let type = MetricType.histogram
    /// Upper bounds for durations in seconds (O3, the buckets of OpenTelemetry's HTTP conventions).
    static let secondBounds = [
        0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
    ]
    /// Upper bounds for numbers of things, such as the statements of a batch.
    static let countBounds = [1.0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]

    private let bounds: [Double]
    private let state: Mutex<State>

    private struct State {
        var counts: [Int]
        var total = 0
        var sum = 0.0
    }

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count)))
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1_000_000_000) }
    func record(_ number: Int64) { record(Double(number)) }

    func record(_ number: Double) {
        guard number.isFinite else { return }
        let bucket = bounds.firstIndex { number <= $0 }
        state.withLock { state in
            if let bucket { state.counts[bucket] += 1 }
            state.total += 1
            state.sum += number
        }
    }

    func write(name: String, labels: MetricLabels, to output: inout String) {
        let (counts, total, sum) = state.withLock { ($0.counts, $0.total, $0.sum) }
        var cumulative = 0
        for (bound, count) in zip(bounds, counts) {
            cumulative += count
            let bucket = labels.with(bound: MetricLabels.number(bound))
            output += "\(name)_bucket\(bucket) \(cumulative)\n"
        }
        output += "\(name)_bucket\(labels.with(bound: "+Inf")) \(total)\n"
        output += "\(name)_sum\(labels.text) \(MetricLabels.number(sum))\n"
        output += "\(name)_count\(labels.text) \(total)\n"
    }
}
