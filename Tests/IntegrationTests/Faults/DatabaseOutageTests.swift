import Foundation
import NIOCore
import NIOPosix
import Postgres
import Synchronization
import Testing

@testable import Auth

/// The database stops under load and comes back; the service stays up (O1, api.md "Nothing hangs").
@Suite struct DatabaseOutageTests {
    /// How long the database is away.
    private static let outage = Duration.seconds(10)
    /// Within which every request is answered, whatever the database does.
    private static let answerLimit = Duration.milliseconds(2_500)
    private static let callers = 12

    @Test func `a database that is away for ten seconds costs time and nothing else`()
        async throws
    {
        let cluster = try await TestCluster.own()
        defer { cluster.discard() }
        var settings = TestService.Settings()
        settings.cluster = cluster
        settings.limits = ServerLimits()
        try await TestService.run(settings) { service in
            let load = Load(service)
            let people = try await parallel(Self.callers) { _ in try await service.person() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for person in people {
                    group.addTask { try await load.signInRepeatedly(as: person) }
                }
                try await eventually { load.completed >= 2 * Self.callers }
                try await cluster.local.stop()
                try await stay(away: service)
                try await cluster.local.start()
                try await eventually(within: .seconds(2)) { try await isReady(service) }
                let before = load.completed
                try await eventually { load.completed >= before + 2 * Self.callers }
                load.stop()
                try await group.waitForAll()
            }
            let journal = load.journal
            #expect(journal.slowest <= Self.answerLimit, "slowest answer: \(journal.slowest)")
            #expect(journal.refused > 0)
            #expect(journal.surprises.isEmpty, "\(journal.surprises.prefix(3))")
            // What was answered is there, once: a repeated request is the same act.
            let sessions = try await service.database.rows("select session_id::text from session")
            #expect(Set(sessions.compactMap { $0[0] }) == journal.sessions)
            #expect(sessions.count == journal.sessions.count)
        }
    }

    private func stay(away service: TestService) async throws {
        let end = ContinuousClock.now + Self.outage
        try await eventually(within: .seconds(2)) { try await !isReady(service) }
        #expect(try await service.client.send("GET", "/livez").status == 200)
        try await eventually { ContinuousClock.now >= end }
    }

    private func isReady(_ service: TestService) async throws -> Bool {
        try await service.client.send("GET", "/readyz").status == 200
    }
}

/// Patients who sign in again and again, each request repeated with its key until it is answered.
private final class Load: Sendable {
    struct Journal {
        var slowest = Duration.zero
        var refused = 0
        /// The `sid` of each session that was answered with tokens.
        var sessions: Set<String> = []
        /// Answers that are neither success nor say by `Retry-After` when to repeat the request.
        var surprises: [String] = []
    }

    private let service: TestService
    private let state = Mutex(Journal())
    private let isOver = Atomic<Bool>(false)

    init(_ service: TestService) {
        self.service = service
    }

    var journal: Journal { state.withLock { $0 } }
    var completed: Int { state.withLock { $0.sessions.count } }

    func stop() {
        isOver.store(true, ordering: .relaxed)
    }

    func signInRepeatedly(as person: Person) async throws {
        while !isOver.load(ordering: .relaxed) {
            let begun = try await answer { key in
                try await self.service.login(person, idempotencyKey: key)
            }
            let id = try #require(try begun.json()["id"].string)
            let code = try await code(
                for: person, sentAt: try #require(try begun.json()["code"]["sent_at"].string))
            let done = try await answer { key in
                try await self.service.verify(id, code, idempotencyKey: key)
            }
            let token = try #require(try done.json()["tokens"]["access_token"].string)
            let session = try #require(try SignedToken(token).claims["sid"].string)
            _ = state.withLock { $0.sessions.insert(session) }
        }
    }

    /// The code of the mail of that time, which the answer named: one whose hand-over could not be recorded
    /// comes twice, and two letters alone may come again.
    private func code(for person: Person, sentAt: String) async throws -> String {
        let named: @Sendable () -> RecordedMessage? = {
            self.service.mail.messages.last {
                $0.to == person.email && $0.sentAt.rfc3339 == sentAt
            }
        }
        try await eventually { named() != nil }
        return try #require(named()).code
    }

    /// What the request comes to, asked again where `Retry-After` says that a portal should.
    private func answer(
        _ ask: @Sendable (_ key: String) async throws -> HTTPAnswer
    ) async throws -> HTTPAnswer {
        let key = UUID().uuidString
        while true {
            let answer = try await ask(key)
            // The one before may still wait for its commit.
            let isRunning = answer.problem == "request-running"
            let isRefusal =
                (answer.status == 503 || isRunning) && answer.header("Retry-After") != nil
            state.withLock { journal in
                journal.slowest = max(journal.slowest, answer.duration)
                if isRefusal { journal.refused += 1 }
                if !isRefusal, answer.status / 100 != 2 {
                    journal.surprises.append("\(answer.status) \(answer.problem ?? "")")
                }
            }
            if !isRefusal {
                try #require(answer.status / 100 == 2, "\(answer.status)")
                return answer
            }
            // Sooner than a portal would, so that the service is asked while the database is away.
            try await MultiThreadedEventLoopGroup.singleton.next()
                .scheduleTask(in: .milliseconds(100)) {}.futureResult.get()
        }
    }
}
