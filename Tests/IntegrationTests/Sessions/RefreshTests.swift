import Cryptography
import Foundation
import Postgres
import Testing

@testable import Auth

/// A refresh token is exchanged for its successor (T4 to T8, Z-32).
@Suite struct RefreshTests {
    @Test func `a session tells whether its first token is still the live one`() async throws {
        try await TestService.run { service in
            let tokens = try await service.tokens(of: service.person())
            let sid = try #require(SignedToken(tokens.access).claims["sid"].string)
            let find = FindSession(
                practice: service.practice, session: try #require(UUID(uuidString: sid)))
            let database = service.service.database
            let found = try #require(try await database.run(find))
            let practice = try await database.run(FindPractice(practice: service.practice))
            @Sendable func first() async throws -> String {
                try await found.session.firstToken(
                    secondsAgo: 1, in: practice, database: database, keys: service.service.keys
                ).text
            }
            #expect(try await first() == tokens.refresh)
            #expect(try await service.refresh(tokens.refresh).status == 200)
            let gone = try await #require(throws: Problem.self) { try await first() }
            #expect(gone.kind == .idempotencySecretGone)
        }
    }

    @Test func `a refresh gives two new tokens of the same session`() async throws {
        try await TestService.run { service in
            let first = try await service.tokens(of: try await service.person())
            let answer = try await service.refresh(first.refresh)
            #expect(answer.status == 200)
            #expect(answer.header("Cache-Control") == "no-store")
            let body = try answer.json()
            #expect(
                Set(body.members.keys) == [
                    "access_token", "refresh_token", "token_type", "expires_in",
                ])
            #expect(body["token_type"] == "Bearer")
            #expect(body["expires_in"] == 600)
            let second = try TestService.TokenPair(body)
            #expect(second.refresh != first.refresh)
            let (old, new) = (try SignedToken(first.access), try SignedToken(second.access))
            for claim in ["sub", "sid", "auth_time", "aud", "acr", "amr", "patients"] {
                #expect(old.claims[claim] == new.claims[claim], "\(claim)")
            }
            #expect(old.claims["jti"] != new.claims["jti"])
            #expect(
                try await service.database.value(
                    "select count(*) from audit where event = 'tokens-refreshed'") == "1")
        }
    }

    @Test func `a lost answer can be asked for again within thirty seconds`() async throws {
        try await TestService.run { service in
            let first = try await service.tokens(of: try await service.person())
            let second = try TestService.TokenPair(try await service.refresh(first.refresh).json())
            try await service.travel(27)
            let again = try TestService.TokenPair(try await service.refresh(first.refresh).json())
            #expect(again.refresh == second.refresh)
            #expect(try await service.refresh(second.refresh).status == 200)
        }
    }

    /// At the very end of the thirty seconds two readings could differ, and half an end be written.
    @Test func `the thirty seconds are judged by one reading of the clock`() {
        let span = "interval '\(SessionLimits.parentSeconds) seconds'"
        #expect(RotateRefreshToken.sql.contains("moment.now - \(span)"))
        #expect(!RotateRefreshToken.sql.contains("clock_timestamp() - \(span)"))
    }

    @Test func `the parent after thirty-one seconds ends the session`() async throws {
        try await TestService.run { service in
            let first = try await service.tokens(of: try await service.person())
            let second = try TestService.TokenPair(try await service.refresh(first.refresh).json())
            #expect(try await service.isActive(second.access))
            try await service.travel(31)
            try await Self.expectReuse(of: first.refresh, ends: second, service)
        }
    }

    @Test func `an older generation ends the session at once`() async throws {
        try await TestService.run { service in
            let first = try await service.tokens(of: try await service.person())
            let second = try TestService.TokenPair(try await service.refresh(first.refresh).json())
            let third = try TestService.TokenPair(try await service.refresh(second.refresh).json())
            try await Self.expectReuse(of: first.refresh, ends: third, service)
        }
    }

    @Test func `a repeated parent does not start its thirty seconds again`() async throws {
        try await TestService.run { service in
            let first = try await service.tokens(of: try await service.person())
            let second = try TestService.TokenPair(try await service.refresh(first.refresh).json())
            try await service.travel(20)
            #expect(try await service.refresh(first.refresh).status == 200)
            try await service.travel(11)
            try await Self.expectReuse(of: first.refresh, ends: second, service)
        }
    }

    @Test func `another client's refresh is refused and changes nothing`() async throws {
        try await TestService.run { service in
            let first = try await service.tokens(of: try await service.person())
            let before = try await service.database.value("select session::text from session")
            for key in [service.secondKey, service.foreignKey] {
                let answer = try await service.refresh(first.refresh, key: key)
                #expect(answer.status == 401)
                #expect(answer.problem == "token-invalid")
            }
            #expect(
                try await service.database.value("select session::text from session") == before)
            #expect(try await service.refresh(first.refresh).status == 200)
        }
    }

    @Test func `a made-up token with a real session's id changes nothing`() async throws {
        try await TestService.run { service in
            let first = try await service.tokens(of: try await service.person())
            let state = "select session::text || (select count(*) from audit) from session"
            let before = try await service.database.value(state)
            let bytes = try #require(Base64URL.decode(first.refresh.dropFirst(4)))
            var flipped = bytes
            flipped[bytes.count / 2] ^= 1
            let madeUp = [
                Array(bytes.prefix(16)) + [UInt8](repeating: 7, count: 48), flipped,
                Array(bytes.dropLast()), bytes + [0],
            ]
            for token in madeUp.map({ "par_" + Base64URL.encode($0) }) {
                let answer = try await service.refresh(token)
                #expect(answer.status == 401)
                #expect(answer.problem == "token-invalid")
                #expect(try await !service.isActive(token))
                #expect(try await service.revoke(token).status == 200)
            }
            #expect(try await service.database.value(state) == before)
            #expect(try await service.refresh(first.refresh).status == 200)
        }
    }

    @Test func `an access token is no refresh token`() async throws {
        try await TestService.run { service in
            let first = try await service.tokens(of: try await service.person())
            #expect(try await service.refresh(String(first.access.prefix(500))).status == 401)
            #expect(try await service.refresh(first.refresh).status == 200)
        }
    }

    @Test func `an hour without a refresh ends it, and a refresh begins the hour again`()
        async throws
    {
        try await TestService.run { service in
            var pair = try await service.tokens(of: try await service.person())
            for _ in 1...2 {
                try await service.travel(59 * 60)
                let answer = try await service.refresh(pair.refresh)
                #expect(answer.status == 200)
                pair = try TestService.TokenPair(try answer.json())
            }
            try await service.travel(61 * 60)
            #expect(try await service.refresh(pair.refresh).problem == "token-invalid")
            #expect(try await !service.isActive(pair.access))
            #expect(try await !service.isActive(pair.refresh))
        }
    }

    @Test func `after twenty-four hours nothing keeps it, and no token outlives it`() async throws {
        try await TestService.run { service in
            var pair = try await service.tokens(of: try await service.person())
            for _ in 1...24 {
                try await service.travel(59 * 60)
                let answer = try await service.refresh(pair.refresh)
                try #require(answer.status == 200)
                pair = try TestService.TokenPair(try answer.json())
            }
            // 23 h 36 min are over; 20 minutes later 4 are left.
            try await service.travel(20 * 60)
            let last = try await service.refresh(pair.refresh)
            #expect((180...240).contains(try last.json()["expires_in"].int ?? 0))
            try await service.travel(5 * 60)
            pair = try TestService.TokenPair(try last.json())
            #expect(try await service.refresh(pair.refresh).problem == "token-invalid")
            #expect(try await !service.isActive(pair.refresh))
        }
    }

    @Test func `a disabled account's tokens are worth nothing`() async throws {
        try await TestService.run { service in
            let pair = try await service.tokens(of: try await service.person())
            #expect(try await service.isActive(pair.access))
            try await service.database.execute(
                "update account set disabled_at = clock_timestamp()")
            #expect(try await service.refresh(pair.refresh).problem == "token-invalid")
            #expect(try await !service.isActive(pair.access))
            #expect(try await !service.isActive(pair.refresh))
        }
    }

    private static func expectReuse(
        of token: String, ends last: TestService.TokenPair, _ service: TestService
    ) async throws {
        let answer = try await service.refresh(token)
        #expect(answer.status == 401)
        #expect(answer.problem == "token-invalid")
        #expect(try await service.refresh(last.refresh).problem == "token-invalid")
        #expect(try await !service.isActive(last.access))
        #expect(try await !service.isActive(last.refresh))
        #expect(
            try await service.database.value("select end_reason from session") == "token-reused")
        let audited = try await service.database.count(
            "audit", where: "event = 'session-ended' and reason = 'token-reused'")
        #expect(audited == 1)
    }
}
