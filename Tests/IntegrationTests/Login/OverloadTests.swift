import Foundation
import Testing

@testable import Auth
@testable import Cryptography

/// A try whose password nobody looked at costs nothing, and no work is done for who has left.
@Suite struct OverloadTests {
    @Test func `a try that found no place in the hash queue is not charged`() async throws {
        try await TestService.run(.onItsOwn) { service in
            let person = try await service.person()
            _ = try await service.signIn(person, ip: "203.0.113.9")
            // From now on it refuses everything.
            await service.service.hasher.shutdown()
            for ip in ["203.0.113.9", "2001:db8:7:1::1", nil] {
                for _ in 1...12 {
                    #expect(try await service.login(person, ip: ip).problem == "overloaded")
                }
            }
            var madeUp = person
            madeUp.identifier = "nobody@example.nl"
            #expect(try await service.login(madeUp, ip: "10.4.4.4").problem == "overloaded")
            #expect(try await Self.charged(service) == ["0", "0", "0"])
        }
    }

    @Test func `a try comes back beside those that were looked at`() async throws {
        try await TestService.run(.onItsOwn) { service in
            let person = try await service.person()
            for _ in 1...4 {
                _ = try await service.login(person, password: "x", ip: "10.4.4.5")
            }
            await service.service.hasher.shutdown()
            // The fifth would have begun a wait.
            for _ in 1...2 {
                #expect(try await service.login(person, ip: "10.4.4.5").problem == "overloaded")
            }
            // Four of the pair, and four of its network.
            #expect(try await Self.charged(service) == ["8", "4", "0"])
        }
    }

    @Test func `who was answered in its handler's place is neither hashed nor sent a code`()
        async throws
    {
        var settings = TestService.Settings()
        settings.hashThreads = 1
        settings.limits = ServerLimits()
        settings.limits?.request.answerDeadline = .milliseconds(400)
        try await TestService.run(settings) { service in
            let person = try await service.person()
            let held = await HeldHasher(service.service.hasher)
            try await held.while {
                let late = try await service.login(person, ip: "10.4.4.6")
                #expect(late.problem == "service-unavailable")
                // It leaves the queue while the thread is still held.
                try await eventually { service.service.hasher.gauges.waiting == 0 }
            }
            try await eventually { service.service.publicServer.requests.count == 0 }
            #expect(try await service.database.count("code", where: "true") == 0)
            #expect(service.mail.count(to: person.email) == 0)
            #expect(try await Self.charged(service) == ["0", "0", "0"])
            #expect(try await service.login(person, ip: "10.4.4.6").status == 201)
        }
    }

    /// Failures in all throttles, against the account, and waits that are still on.
    private static func charged(_ service: TestService) async throws -> [String?] {
        try await service.database.execute(
            """
            select (select coalesce(sum(failures), 0) from throttle),
                   (select sum(strange_failures) from account),
                   (select count(*) from throttle where blocked_until > clock_timestamp())
            """)[0]
    }
}

/// Occupies a thread of a hasher until it is opened.
final class HeldHasher: Sendable {
    private let opened = DispatchSemaphore(value: 0)
    private let holder: Task<Void, any Error>

    /// Returns when the thread is held.
    init(_ hasher: PasswordHasher) async {
        let opened = self.opened
        let (started, announce) = AsyncStream<Void>.makeStream()
        holder = Task {
            let turn = Turn(practice: SecureRandom.uuid(), network: nil, kind: .known)
            try await hasher.perform(turn: turn) {
                announce.finish()
                opened.wait()
            }
        }
        for await _ in started {}
    }

    /// Runs the body and opens the thread, whatever the body came to: a service that ends waits for it.
    func `while`(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch {
            opened.signal()
            throw error
        }
        opened.signal()
        try await holder.value
    }
}
