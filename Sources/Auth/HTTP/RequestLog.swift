import Logging
import Metrics
import Synchronization

/// Writes the one log line and the metrics of each request.
///
/// A line holds the route's template, ids and the outcome; never target, query, headers or body
/// (Z-29).
struct RequestLog: Sendable {
    let logger: Logger
    let metrics: any MetricsFactory
    private let timers: RequestTimers

    init(logger: Logger, metrics: any MetricsFactory = MetricsSystem.factory) {
        self.logger = logger
        self.metrics = metrics
        timers = RequestTimers(metrics: metrics)
    }

    /// The request was answered.
    func answered(_ record: RequestRecord, status: Int, problem: Problem.Kind?) {
        let duration = ContinuousClock.now - record.startedAt
        let facts = record.facts
        let method = Self.knownMethods.contains(record.method) ? record.method : "other"
        timers.timer(method: method, route: facts.route, status: status)
            .recordNanoseconds(duration.nanoseconds)
        if let problem {
            Counter(
                label: "http_server_problems_total", dimensions: [("problem", problem.rawValue)],
                factory: metrics
            ).increment()
        }
        logger.log(
            level: level(facts.route, status), "request",
            metadata: metadata(record, facts, method: method, status: status, problem, duration))
    }

    private func level(_ route: String, _ status: Int) -> Logger.Level {
        // Several a second, and the state they show is in the metrics.
        if Self.probes.contains(route) { return .debug }
        return status >= 500 ? .error : .info
    }

    private static let probes: Set<String> = [
        "/livez", "/readyz", "/startupz", "/healthz", "/metrics",
    ]

    /// A fault: an error nobody expected, answered without detail.
    ///
    /// Only its type is written: a description can hold what a caller sent.
    func fault(_ error: any Error, in record: RequestRecord) {
        logger.error(
            "fault",
            metadata: [
                "request_id": "\(record.id.text)", "route": "\(record.facts.route)",
                "fault": "\(String(reflecting: type(of: error)))",
            ])
    }

    /// A handler has returned after the connection answered in its place.
    func late(_ record: RequestRecord) {
        logger.warning(
            "late",
            metadata: [
                "request_id": "\(record.id.text)", "route": "\(record.facts.route)",
                "duration_ms": .stringConvertible(
                    (ContinuousClock.now - record.startedAt).milliseconds),
            ])
    }

    private func metadata(
        _ record: RequestRecord, _ facts: RequestRecord.Facts, method: String, status: Int,
        _ problem: Problem.Kind?, _ duration: Duration
    ) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "request_id": "\(record.id.text)",
            "method": "\(method)",
            "route": "\(facts.route)",
            "status": .stringConvertible(status),
            "duration_ms": .stringConvertible(duration.milliseconds),
        ]
        if let problem { metadata["problem"] = "\(problem.rawValue)" }
        if let id = facts.clientID { metadata["client_id"] = "\(id.text)" }
        if let id = facts.practice?.id { metadata["practice_id"] = "\(id.text)" }
        if let id = facts.traceID { metadata["trace_id"] = "\(id)" }
        if let id = facts.clientRequestID { metadata["client_request_id"] = "\(id)" }
        return metadata
    }

    /// A caller can make methods up; metrics and log have one word for all of those.
    private static let knownMethods: Set<String> = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE",
    ]
}

/// The timers of requests by method, route and status, of which there are few: to find one by its labels
/// costs more than to have it.
private final class RequestTimers: Sendable {
    private struct Labels: Hashable {
        let method: String
        let route: String
        let status: Int
    }

    private let metrics: any MetricsFactory
    private let timers = Mutex<[Labels: Timer]>([:])

    init(metrics: any MetricsFactory) { self.metrics = metrics }

    func timer(method: String, route: String, status: Int) -> Timer {
        timers.withLock { timers in
            let labels = Labels(method: method, route: route, status: status)
            if let known = timers[labels] { return known }
            let timer = Timer(
                label: "http_server_request_duration_seconds",
                dimensions: [("method", method), ("route", route), ("status", String(status))],
                factory: metrics)
            timers[labels] = timer
            return timer
        }
    }
}

extension Duration {
    /// Whole nanoseconds.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    /// Milliseconds to three decimals.
    var milliseconds: Double { Double(nanoseconds / 1_000) / 1_000 }
}
