import Foundation
import HTTPTypes

/// What probes ask: is the process alive, has it started, should it get requests (O1, O2).
struct HealthRoutes {
    let readiness: Readiness
    /// Each file of keys with why it can't be taken over; nil where it could.
    var keyFiles: @Sendable () -> [(name: String, fault: String?)] = { [] }

    /// The public port: a word and nothing else (ASVS 13.4.5).
    func add(to endpoints: Endpoints) {
        // Alive means that this answer comes; a lost database must not restart every replica.
        endpoints.get(public: "/livez") { _ in Self.answer(true) }
        endpoints.get(public: "/readyz") { _ in Self.answer(readiness.isReady) }
        endpoints.get(public: "/startupz") { _ in Self.answer(readiness.hasStarted) }
    }

    /// The internal port: every check with what it found, and the metrics.
    func addInternal(to endpoints: Endpoints, metrics: MetricsRegistry) {
        add(to: endpoints)
        endpoints.get(public: "/healthz") { _ in
            let isReady = readiness.isReady
            var checks = readiness.findings.map { (name: $0.name, entries: [Self.entry($0)]) }
            // A warning: the keys in use are good, and requests are answered.
            for finding in keyFiles() {
                let file = JSONValue.object(
                    [JSONMember("status", .string(finding.fault == nil ? "pass" : "warn"))]
                        + (finding.fault.map { [JSONMember("output", .string($0))] } ?? []))
                if let place = checks.firstIndex(where: { $0.name == finding.name }) {
                    checks[place].entries.insert(file, at: 0)
                } else {
                    checks.append((finding.name, [file]))
                }
            }
            return Self.answer(
                isReady,
                [
                    JSONMember("output", .string(readiness.isStopping ? "stopping" : "")),
                    JSONMember(
                        "checks", .object(checks.map { JSONMember($0.name, .array($0.entries)) })),
                ].filter { $0.value != .string("") })
        }
        endpoints.get(public: "/metrics") { _ in
            .bytes(
                Array(metrics.text().utf8),
                contentType: "text/plain; version=0.0.4; charset=utf-8")
        }
    }

    private static func answer(_ passes: Bool, _ members: [JSONMember] = []) -> Answer {
        let status = JSONMember("status", .string(passes ? "pass" : "fail"))
        return .bytes(
            JSONValue.object([status] + members).bytes, contentType: "application/health+json",
            status: passes ? .ok : .serviceUnavailable,
            headers: passes ? [:] : [.retryAfter: "1"])
    }

    private static func entry(_ finding: Readiness.Finding) -> JSONValue {
        var members = [
            JSONMember("status", .string(finding.passed ? "pass" : "fail")),
            JSONMember("time", .string(finding.at.rfc3339)),
            JSONMember("observedValue", .double(finding.duration.milliseconds)),
            JSONMember("observedUnit", .string("ms")),
        ]
        if let fault = finding.fault {
            members.append(JSONMember("output", .string(fault.rawValue)))
        }
        return .object(members)
    }
}
