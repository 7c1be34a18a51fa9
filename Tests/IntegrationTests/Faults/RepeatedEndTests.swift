import Foundation
import Postgres
import Testing

@testable import Auth

/// Something is ended a second time while the first commit of it has not reached a standby yet: it would
/// be told as done, and be undone by a failover (D3).
@Suite struct RepeatedEndTests {
    enum Ended: String, CaseIterable, Sendable {
        case session, code, login
    }

    @Test(arguments: Ended.allCases)
    func `what no standby has is not called ended`(kind: Ended) async throws {
        let cluster = try await TestCluster.own()
        defer { cluster.discard() }
        var settings = TestService.Settings()
        settings.cluster = cluster
        settings.limits = .init()
        try await TestService.run(settings) { service in
            let person = try await service.person()
            let end: @Sendable () async throws -> HTTPAnswer
            switch kind {
            case .session:
                let access = try await service.tokens(of: person).access
                end = { try await service.revoke(access) }
            case .code:
                let id = try await service.issue(to: "a@example.org").id
                end = { try await service.send("DELETE", "/v1/codes/\(id)") }
            case .login:
                let id = try await service.begin(person).id
                end = { try await service.send("DELETE", "/v1/logins/\(id)") }
            }
            #expect([200, 204].contains(try await end().status))
            try await Self.set("nobody", cluster)
            let repeated = try await end()
            #expect(repeated.status == 503, "\(repeated.status)")
            try await Self.set("", cluster)
            #expect([200, 204].contains(try await end().status))
        }
    }

    private static func set(_ standbys: String, _ cluster: TestCluster) async throws {
        try await cluster.local.execute(
            "alter system set synchronous_standby_names = '\(standbys)'")
        try await cluster.local.execute("select pg_reload_conf()")
        try await eventually {
            try await cluster.local.execute("show synchronous_standby_names")
                .first?.first == standbys
        }
    }
}
