import Cryptography
import Foundation
import Testing

@testable import Auth

/// An instance with other keys than the rest would find nobody, and seal what none of them can open: it
/// gets no requests (O2).
@Suite struct KeyCheckTests {
    @Test func `another ring under the same id is told by the first thing that it can't open`()
        async throws
    {
        try await TestService.run(.onItsOwn) { service in
            let log = TestLog()
            func readiness(_ ring: String) throws -> Readiness {
                let keys = try KeyRing(parsing: ring)
                return Readiness(
                    checks: [KeyCheck(database: service.service.database, keys: keys).check],
                    logger: log.logger)
            }
            let own = try readiness(TestKeys.ring)
            let other = try readiness(KeyRing.generate())
            await other.checkOnce()
            #expect(other.isReady, "nothing is sealed yet")
            _ = try await service.person()
            for _ in 1...2 { await other.checkOnce() }
            #expect(!other.isReady && other.findings.map(\.fault) == [.otherKeys])
            let told = log.lines.filter { $0.contains("the key ring is not the one") }
            #expect(told.count == 1 && told.allSatisfy { $0.contains(#""level":"error""#) })
            await own.checkOnce()
            #expect(own.isReady)
        }
    }

    @Test func `one row that was tampered with stops nobody`() async throws {
        try await TestService.run(.onItsOwn) { service in
            _ = try await service.person()
            try await service.database.execute(
                "update identifier set value = '\\x00' where kind = 'username'")
            let readiness = Readiness(
                checks: [
                    KeyCheck(database: service.service.database, keys: service.service.keys).check
                ],
                logger: service.log.logger)
            await readiness.checkOnce()
            #expect(readiness.isReady)
        }
    }

    @Test func `serve with another ring never becomes ready, and says why`() async throws {
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try await TestService.run(.onItsOwn) { service in
            _ = try await service.person()
            let health = try await service.internalInstances[0].send("GET", "/healthz").json()
            #expect(health["checks"]["keys:ring"][0]["status"] == "pass")
            let serve = try RunningServe.start(in: folder, database: service.database.serviceURL)
            defer { serve.end(SIGKILL) }
            try await eventually {
                try serve.messages().contains { $0.hasPrefix("the key ring is not the one") }
            }
            // The other checks have had their time by then.
            try await last(.seconds(2))
            #expect(try !serve.messages().contains("ready"))
        }
    }
}
