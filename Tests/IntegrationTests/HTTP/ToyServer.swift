import Foundation
import Hummingbird
import Logging
import NIOCore
import Postgres
import ServiceLifecycle
import Synchronization
import Testing

@testable import Auth
@testable import Cryptography

/// A real server with a few endpoints of its own and no database.
struct ToyServer: Sendable {
    let port: Int
    let internalPort: Int
    let log: LineLog
    let requests: RequestsInFlight
    let readiness: Readiness
    /// How often a handler ran.
    let handled: Tally
    /// Holds `/held` until it is opened.
    let gate: Gate
    private let group: ServiceGroup

    /// Short enough to wait for, long enough for a busy machine.
    static var shortLimits: ServerLimits {
        var limits = ServerLimits()
        limits.request.bodyDeadline = .milliseconds(400)
        limits.request.answerDeadline = .milliseconds(400)
        limits.headDeadline = .milliseconds(400)
        limits.lingerTimeout = .milliseconds(400)
        return limits
    }

    /// Sends everything at once to a server of its own; what came until it closed, how many handlers
    /// ran, and how many requests were logged.
    static func answers(
        to text: String, limits: ServerLimits = ServerLimits()
    ) async throws -> (answers: [WireAnswer], handled: Int, logged: Int) {
        try await run(limits: limits) { toy in
            let answers = try await Wire.on(toy.port) { wire in
                await wire.sendAnyway(text)
                return try await wire.answersUntilClosed()
            }
            return (answers, toy.handled.count, toy.log.requests.count)
        }
    }

    /// Stops as it would on SIGTERM.
    func stop() async { await group.triggerGracefulShutdown() }

    /// Starts the server, runs the body against it and stops it.
    static func run<Result: Sendable>(
        limits: ServerLimits = ServerLimits(), drainDelay: Duration = .zero,
        _ body: @escaping @Sendable (ToyServer) async throws -> Result
    ) async throws -> Result {
        let log = LineLog()
        let requestLog = RequestLog(logger: log.logger, metrics: log.metrics)
        let handled = Tally()
        let gate = Gate()
        let readiness = Readiness(checks: [.init("toy:works") {}], logger: log.logger)
        let endpoints = toyEndpoints(handled, gate)
        HealthRoutes(readiness: readiness).add(to: endpoints)
        ProblemRoutes().add(to: endpoints)
        let internalEndpoints = Endpoints()
        HealthRoutes(readiness: readiness).addInternal(to: internalEndpoints, metrics: log.metrics)
        let server = HTTPServer(endpoints, limits: limits, log: requestLog)
        let inner = HTTPServer(internalEndpoints, limits: limits, log: requestLog)

        let (ports, opened) = AsyncStream<(Int, Bool)>.makeStream()
        let services: [any Service] = [
            inner.application(host: "127.0.0.1", port: 0) { opened.yield(($0, true)) },
            server.application(host: "127.0.0.1", port: 0) { opened.yield(($0, false)) },
            readiness,
            Drain(
                readiness: readiness, requests: server.requests, delay: drainDelay,
                logger: log.logger),
        ]
        let group = ServiceGroup(
            configuration: .init(services: services.map { .init(service: $0) }, logger: log.logger))
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            // A hung handler would hold the server, and so the test, for ever.
            defer { gate.open() }
            tasks.addTask { try await group.run() }
            var open: [Bool: Int] = [:]
            for await (port, isInternal) in ports {
                open[isInternal] = port
                if open.count == 2 { break }
            }
            let toy = ToyServer(
                port: open[false] ?? 0, internalPort: open[true] ?? 0, log: log,
                requests: server.requests, readiness: readiness, handled: handled, gate: gate,
                group: group)
            let result: Result
            do {
                result = try await body(toy)
            } catch {
                gate.open()
                tasks.cancelAll()
                throw error
            }
            gate.open()
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return result
        }
    }

    private struct Thing: Auth.RequestBody {
        let name: String
        init(_ fields: inout FieldReader) throws { name = fields.string("name", max: 20_000) }
    }

    private static func toyEndpoints(_ handled: Tally, _ gate: Gate) -> Endpoints {
        let endpoints = Endpoints(authenticator: ToyKeys())
        endpoints.post("/v1/things", scope: .logins, body: Thing.self) { body, context in
            handled.add()
            return try .json(["name": body.name], status: .created)
        }
        endpoints.get("/v1/things/{id}", scope: .logins) { context in
            handled.add()
            return try .json(["id": context.id("id")])
        }
        endpoints.delete("/v1/things/{id}", scope: .logins) { _ in .noContent }
        endpoints.post("/v1/acts", scope: .logins) { context in
            handled.add()
            return .json(
                .object([
                    .init("key", context.idempotencyKey.map { .string($0) } ?? .null),
                    .init("address", context.patientAddress.map { .string($0.text) } ?? .null),
                    .init("token", context.bearerToken.map { .string($0) } ?? .null),
                    .init("language", .string(context.language.rawValue)),
                ]))
        }
        endpoints.stream(
            "/v1/lines", scope: nil,
            limits: RequestLimits(
                bodyBytes: 100_000, bodyDeadline: .seconds(20), answerDeadline: .seconds(20))
        ) { lines, _ in
            var numbers: [Int] = []
            for try await line in lines where line.bytes != nil { numbers.append(line.number) }
            return try .json(["lines": numbers])
        }
        endpoints.get(public: "/open") { context in
            handled.add()
            let query = try context.query(["a"])
            return try .json(query)
        }
        endpoints.get(public: "/large") { _ in
            .bytes(Array(repeating: 0x20, count: 32 * 1024 * 1024), contentType: "text/plain")
        }
        // Goes on whatever happens to its task, like a handler with a bug.
        endpoints.get(public: "/held") { _ in
            handled.add()
            await gate.wait()
            return try .json(["held": true])
        }
        addFaults(to: endpoints)
        return endpoints
    }

    private struct Surprise: Error, CustomStringConvertible {
        var description: String { "secret 123456" }
    }

    private static func addFaults(to endpoints: Endpoints) {
        endpoints.get(public: "/fault") { _ in throw Surprise() }
        endpoints.get(public: "/faults/unavailable") { _ in
            throw PostgresError.unavailable(.noConnection)
        }
        endpoints.get(public: "/faults/deadline") { _ in throw PostgresError.deadline }
        endpoints.get(public: "/faults/unknown") { _ in throw PostgresError.commitUnknown }
        endpoints.get(public: "/faults/server") { _ in
            throw PostgresError.server(sqlState: "23505", constraint: "x")
        }
        endpoints.get(public: "/faults/busy") { _ in
            throw HasherOverloaded(retryAfter: .seconds(7))
        }
    }
}

/// Two keys: one with all scopes of a portal, one that may only issue codes.
struct ToyKeys: APIKeyAuthenticator {
    static let portal = "portal-key"
    static let issuer = "issuer-key"
    static let clientID = UUID()

    func caller(forKey key: String) async throws -> Caller? {
        let scopes: Set<Scope> = key == Self.portal ? [.logins] : [.codesIssue]
        guard key == Self.portal || key == Self.issuer else { return nil }
        return Caller(
            clientID: Self.clientID, clientName: "toy", keyID: UUID(),
            practice: Practice(
                id: UUID(), name: "Utrecht", country: .netherlands, timeZone: .gmt, locale: .dutch,
                audience: "a", portalOrigin: "https://portal.example", supportContact: "de balie",
                policy: .init(of: .netherlands)),
            scopes: scopes)
    }
}

/// Counts from anywhere.
final class Tally: Sendable {
    private let value = Atomic<Int>(0)
    func add() { value.add(1, ordering: .relaxed) }
    var count: Int { value.load(ordering: .relaxed) }
}

/// Keeps whoever comes until it is opened.
final class Gate: Sendable {
    private let state = Mutex((isOpen: false, waiting: [CheckedContinuation<Void, Never>]()))

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

/// The service's own log handler on a file that a test can read.
final class LineLog: Sendable {
    let logger: Logger
    let metrics = MetricsRegistry()
    private let path: String

    init() {
        path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).log").path
        guard let output = try? LogOutput(path: path) else { preconditionFailure("no log file") }
        logger = Logger(label: "toy") { JSONLogHandler(label: $0, output: output) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var text: String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

    /// The lines of requests, the oldest first.
    var requests: [JSONValue] { lines("request") }

    func lines(_ message: String) -> [JSONValue] {
        text.split(separator: "\n")
            .compactMap { try? JSONReader.value(of: Array($0.utf8)) }
            .filter { $0["message"] == .string(message) }
    }

    /// Waits until that many requests are logged.
    func untilLogged(_ count: Int) async throws -> [JSONValue] {
        try await eventually { self.requests.count >= count }
        return requests
    }
}
