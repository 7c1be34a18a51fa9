import Foundation
import Testing

@testable import Auth

/// The audit's seals show what was changed, removed or slipped in afterwards (Z-30).
@Suite struct AuditChainTests {
    /// Seals everything, however new.
    private func chain(_ service: TestService, instance: Int = 0) -> AuditChain {
        let auth = service.services[instance]
        return AuditChain(
            database: auth.database, keys: auth.keys, logger: service.log.logger, settled: 0)
    }

    private func verdict(_ service: TestService) async throws -> AuditChain.Verdict {
        let verdicts = try await chain(service).verdicts()
        return try #require(verdicts.first { $0.practice == service.practice })
    }

    /// A practice with two seals over what a person did.
    private func sealedTwice(_ service: TestService) async throws {
        let person = try await service.person()
        try await chain(service).sealAll()
        _ = try await service.signIn(person)
        try await chain(service).sealAll()
    }

    @Test func `what was done is sealed, and what came since waits`() async throws {
        try await TestService.run(.onItsOwn) { service in
            #expect(try await verdict(service).head == nil)
            try await sealedTwice(service)
            let sealed = try await verdict(service)
            let rows = try await service.database.count(
                "audit", where: "practice_id = '\(service.practice)'")
            #expect(sealed.brokenAt == nil && sealed.unsealedRows == 0)
            #expect(sealed.sealedRows == rows && rows > 5)
            #expect(sealed.head?.hasPrefix("2:") == true)
            let head = try #require(sealed.head)
            #expect(service.log.text.contains(head))

            _ = try await service.person()
            let later = try await verdict(service)
            #expect(later.head == head && later.unsealedRows > 0)
        }
    }

    /// What somebody with the owner's role does to the audit of a practice.
    private static func crimes(_ practice: UUID) -> [String] {
        let first = """
            (select audit_id from audit where practice_id = '\(practice)' order by audit_id limit 1)
            """
        return [
            "update audit set reason = 'x' where audit_id = \(first)",
            "update audit set happened_at = happened_at - interval '1 ms' where audit_id = \(first)",
            "delete from audit where audit_id = \(first)",
            """
            insert into audit (practice_id, audit_id, event, result, request_id)
            select practice_id, encode(set_byte(uuid_send(audit_id), 15,
                       (get_byte(uuid_send(audit_id), 15) + 1) % 256), 'hex')::uuid,
                   'login-started', 'done', gen_random_uuid()
            from audit
            where audit_id = \(first)
            """,
            "update audit_seal set seal = sha256('') where practice_id = '\(practice)' and position = 1",
        ]
    }

    @Test(arguments: 0..<5)
    func `whoever writes to the database behind the service breaks a seal`(
        crime: Int
    ) async throws {
        try await TestService.run(.onItsOwn) { service in
            try await sealedTwice(service)
            _ = try await service.database.execute(Self.crimes(service.practice)[crime])
            #expect(try await verdict(service).brokenAt == 1)
        }
    }

    @Test func `a chain whose beginning was removed no longer covers its rows`() async throws {
        try await TestService.run(.onItsOwn) { service in
            try await sealedTwice(service)
            _ = try await service.database.execute("delete from audit_seal where position = 1")
            let cut = try await verdict(service)
            #expect(cut.head == nil && cut.sealedRows == 0 && cut.unsealedRows > 5)
        }
    }

    @Test func `instances that seal at the same time make one chain`() async throws {
        var settings = TestService.Settings.onItsOwn
        settings.instances = 2
        try await TestService.run(settings) { service in
            for _ in 0..<3 { _ = try await service.person() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<8 {
                    group.addTask { try await chain(service, instance: index % 2).sealAll() }
                }
                try await group.waitForAll()
            }
            let sealed = try await verdict(service)
            #expect(sealed.brokenAt == nil && sealed.unsealedRows == 0)
            #expect(sealed.head?.hasPrefix("1:") == true)
        }
    }

    @Test func `the operator's command says what holds, and fails where something does not`()
        async throws
    {
        try await TestService.run(.onItsOwn) { service in
            try await sealedTwice(service)
            let whole = try await service.service.administration.verifyAudits()
            #expect(!whole.contains { !$0.isWhole })
            #expect(whole.contains { $0.description.contains("whole; ") })
            _ = try await service.database.execute("update audit set result = 'failed'")
            let broken = try await service.service.administration.verifyAudits()
            #expect(broken.contains { !$0.isWhole && $0.description.contains("BROKEN at seal 1") })
        }
    }
}
