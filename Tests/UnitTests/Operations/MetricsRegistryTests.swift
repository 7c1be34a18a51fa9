import Metrics
import Testing

@testable import Auth

@Suite struct MetricsRegistryTests {
    let registry = MetricsRegistry()

    private func counter(_ label: String, _ dimensions: [(String, String)] = []) -> Counter {
        Counter(label: label, dimensions: dimensions, factory: registry)
    }

    /// The samples of the text, by name with labels; fails where a line is none.
    private func samples() -> [String: Double] {
        var samples: [String: Double] = [:]
        for line in registry.text().split(separator: "\n") where !line.hasPrefix("#") {
            let pattern = /([a-zA-Z_:][a-zA-Z0-9_:]*(?:\{.*\})?) (\S+)/
            guard let match = line.wholeMatch(of: pattern), let value = Double(match.2) else {
                Issue.record("no sample: \(line)")
                continue
            }
            #expect(samples.updateValue(value, forKey: String(match.1)) == nil, "twice: \(line)")
        }
        return samples
    }

    @Test func `counters count, by label`() {
        counter("logins", [("outcome", "refused")]).increment()
        counter("logins", [("outcome", "refused")]).increment(by: 2)
        counter("logins_total", [("outcome", "done")]).increment()
        #expect(samples()[#"logins_total{outcome="refused"}"#] == 3)
        #expect(samples()[#"logins_total{outcome="done"}"#] == 1)
    }

    @Test func `a counter never falls`() {
        let counter = counter("c")
        counter.increment(by: 5)
        counter.increment(by: -3)
        #expect(samples()["c_total"] == 5)
        let sum = FloatingPointCounter(label: "f", factory: registry)
        sum.increment(by: 0.5)
        sum.increment(by: Double.nan)
        sum.increment(by: -1)
        #expect(samples()["f_total"] == 0.5)
    }

    @Test func `a timer is a histogram in seconds with the agreed buckets`() {
        let timer = Timer(
            label: "request_duration", dimensions: [("route", "/x")], factory: registry)
        for milliseconds in [1, 5, 6, 60, 900, 20_000] { timer.recordMilliseconds(milliseconds) }
        let samples = samples()
        func bucket(_ bound: String) -> Double? {
            samples["request_duration_seconds_bucket{route=\"/x\",le=\"\(bound)\"}"]
        }
        let bounds = [
            "0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.25", "0.5", "0.75", "1", "2.5",
            "5", "7.5", "10", "+Inf",
        ]
        #expect(bounds.map(bucket) == [2, 3, 3, 3, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 6])
        #expect(samples[#"request_duration_seconds_count{route="/x"}"#] == 6)
        let sum = samples[#"request_duration_seconds_sum{route="/x"}"#] ?? 0
        #expect(abs(sum - 20.972) < 0.000_001)
    }

    @Test func `gauges go up and down, and can be read when asked`() {
        let meter = Meter(label: "queue", factory: registry)
        meter.set(5)
        meter.increment(by: 2)
        meter.decrement(by: 3)
        #expect(samples()["queue"] == 4)
        registry.gauge("hash_queue_length", help: "Waiting.") { 7 }
        registry.gauge("absent", help: "Nothing.") { nil }
        #expect(samples()["hash_queue_length"] == 7)
        #expect(samples()["absent"] == nil)
        Gauge(label: "g", factory: registry).record(1.5)
        #expect(samples()["g"] == 1.5)
        Recorder(label: "batch_size", factory: registry).record(3)
        #expect(samples()[#"batch_size_bucket{le="4"}"#] == 1)
    }

    @Test func `names and labels are cleaned, values escaped`() {
        counter("hb.requests", [("http.method", "a\"b\\c\nd"), ("le", "x")]).increment()
        counter("1st").increment()
        #expect(
            samples()[#"hb_requests_total{exported_le="x",http_method="a\"b\\c\nd"}"#] == 1)
        #expect(samples()["_1st_total"] == 1)
        let lines = registry.text().split(separator: "\n")
        #expect(lines.contains("# TYPE hb_requests_total counter"))
    }

    @Test func `the order of labels makes no second series`() {
        counter("c", [("a", "1"), ("b", "2")]).increment()
        counter("c", [("b", "2"), ("a", "1")]).increment()
        #expect(samples()[#"c_total{a="1",b="2"}"#] == 2)
    }

    @Test func `a thousand series are kept and the others counted`() {
        for index in 0..<1500 { counter("c", [("id", "\(index)")]).increment() }
        let samples = samples()
        #expect(samples.keys.count { $0.hasPrefix("c_total") } == MetricsRegistry.seriesLimit)
        #expect(samples["metrics_series_dropped_total"] == 500)
    }

    @Test func `a name has one type`() {
        counter("x_total").increment()
        Gauge(label: "x_total", factory: registry).record(9)
        #expect(samples()["x_total"] == 1)
        let types = registry.text().split(separator: "\n").filter { $0.hasPrefix("# TYPE x_total") }
        #expect(types.count == 1)
    }

    @Test func `help and type stand before the samples of each metric`() {
        registry.describe("c_total", "Back\\slash\nand line.")
        counter("c").increment()
        let lines = registry.text().split(separator: "\n")
        let index = lines.firstIndex(of: "c_total 1") ?? 0
        #expect(index >= 2)
        #expect(lines[index - 1] == "# TYPE c_total counter")
        #expect(lines[index - 2] == #"# HELP c_total Back\\slash\nand line."#)
        #expect(registry.text().hasSuffix("\n"))
    }

    @Test func `counting from many tasks loses nothing`() async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<16 {
                group.addTask {
                    for _ in 0..<500 { counter("c", [("a", "b")]).increment() }
                }
            }
        }
        #expect(samples()[#"c_total{a="b"}"#] == 8000)
    }

    @Test func `the process shows its memory and files`() {
        registry.addProcessGauges()
        #expect((samples()["process_resident_memory_bytes"] ?? 0) > 1_000_000)
        #expect((samples()["process_open_fds"] ?? 0) > 2)
    }
}
