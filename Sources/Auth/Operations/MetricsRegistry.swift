import Metrics
import Synchronization

/// Keeps the process's metrics for Prometheus to read; the backend of swift-metrics.
///
/// A metric has at most 1,000 series: a label that turns out to hold something unbounded costs the
/// series beyond them, which are counted, and not the memory of the process (O3).
package final class MetricsRegistry: Sendable {
    /// Series of one metric.
    package static let seriesLimit = 1_000

    private let state = Mutex(State())

    private struct State {
        var families: [String: Family] = [:]
        var gauges: [String: @Sendable () -> Double?] = [:]
        var help: [String: String] = [:]
        var droppedSeries = 0
    }

    /// All series of one name.
    private struct Family {
        let type: MetricType
        var series: [MetricLabels: any MetricSeries] = [:]
    }

    package init() {
        describe("metrics_series_dropped_total", "Series not kept since their metric has too many.")
    }

    /// A gauge that is read whenever the metrics are; where `read` gives nil it is left out.
    package func gauge(_ name: String, help: String, _ read: @escaping @Sendable () -> Double?) {
        let name = MetricLabels.metricName(name)
        state.withLock { state in
            state.gauges[name] = read
            state.help[name] = help
        }
    }

    /// The sentence that explains a metric to whoever reads it.
    package func describe(_ name: String, _ help: String) {
        state.withLock { $0.help[MetricLabels.metricName(name)] = help }
    }

    /// All metrics in Prometheus' text format 0.0.4, sorted by name and labels.
    package func text() -> String {
        let snapshot = state.withLock { $0 }
        var blocks: [(name: String, lines: String)] = []
        for (name, family) in snapshot.families {
            var lines = Self.heading(name, family.type, snapshot.help[name])
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.write(name: name, labels: labels, to: &lines)
            }
            blocks.append((name, lines))
        }
        for (name, read) in snapshot.gauges where snapshot.families[name] == nil {
            guard let value = read() else { continue }
            let lines = Self.heading(name, .gauge, snapshot.help[name])
            blocks.append((name, lines + "\(name) \(MetricLabels.number(value))\n"))
        }
        let dropped = "metrics_series_dropped_total"
        blocks.append(
            (
                dropped,
                Self.heading(dropped, .counter, snapshot.help[dropped])
                    + "\(dropped) \(snapshot.droppedSeries)\n"
            ))
        return blocks.sorted { $0.name < $1.name }.map(\.lines).joined()
    }

    private static func heading(_ name: String, _ type: MetricType, _ help: String?) -> String {
        let text = (help ?? "").replacing("\\", with: #"\\"#).replacing("\n", with: #"\n"#)
        return (help == nil ? "" : "# HELP \(name) \(text)\n") + "# TYPE \(name) \(type.rawValue)\n"
    }

    /// The series of a name and its labels, made where there is none.
    ///
    /// What must not be kept (too many series, a name that already has another type) gets a series
    /// that works and is not exported, so that nobody who counts has to care.
    private func series<Wanted: MetricSeries>(
        _ name: String, _ dimensions: [(String, String)], _ make: () -> Wanted
    ) -> Wanted {
        let labels = MetricLabels(dimensions)
        return state.withLock { state in
            var family = state.families[name] ?? Family(type: Wanted.type)
            if let present = family.series[labels] as? Wanted { return present }
            let fresh = make()
            guard family.type == Wanted.type, family.series[labels] == nil,
                family.series.count < Self.seriesLimit
            else {
                state.droppedSeries += 1
                return fresh
            }
            family.series[labels] = fresh
            state.families[name] = family
            return fresh
        }
    }

    private static func name(_ label: String, suffix: String) -> String {
        let name = MetricLabels.metricName(label)
        return name.hasSuffix(suffix) ? name : name + suffix
    }
}

extension MetricsRegistry: MetricsFactory {
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(Self.name(label, suffix: "_total"), dimensions) { CounterSeries() }
    }

    package func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        series(Self.name(label, suffix: "_total"), dimensions) { FloatingPointCounterSeries() }
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(MetricLabels.metricName(label), dimensions) { GaugeSeries() }
    }

    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        let name = MetricLabels.metricName(label)
        return aggregate
            ? series(name, dimensions) { HistogramSeries(bounds: HistogramSeries.countBounds) }
            : series(name, dimensions) { GaugeSeries() }
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(Self.name(label, suffix: "_seconds"), dimensions) {
            HistogramSeries(bounds: HistogramSeries.secondBounds)
        }
    }

    // A series stays until the process ends: one that vanished and came back would look like a
    // restart.
    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}
}
