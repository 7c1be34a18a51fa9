import Cryptography
import Foundation
import Testing

@testable import Auth

/// What an access token says, and how others check it (Z-5, Z-6, T1 to T3).
@Suite struct AccessTokenClaimsTests {
    @Test func `the claims are those of the contract and no more`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let before = Int(Date().timeIntervalSince1970)
            let token = try SignedToken(try await service.tokens(of: person).access)
            let claims = token.claims
            #expect(
                Set(claims.members.keys) == [
                    "iss", "aud", "sub", "client_id", "iat", "exp", "jti", "sid", "auth_time",
                    "acr", "amr", "scope", "practice", "patients", "identity_level",
                ])
            let facts = try #require(
                try await service.database.execute(
                    """
                    select practice.audience, membership.subject, session.client_id,
                           session.session_id, patient_link.patient_id
                    from session
                    join membership using (practice_id, account_id)
                    join patient_link using (practice_id, account_id)
                    join practice using (practice_id)
                    """
                ).first)
            #expect(claims["iss"].string == "http://127.0.0.1")
            #expect(claims["aud"].string == facts[0])
            #expect(claims["sub"].string == facts[1])
            #expect(claims["client_id"].string == facts[2])
            #expect(claims["sid"].string == facts[3])
            #expect(claims["patients"].array.map(\.string) == [facts[4]])
            #expect(claims["practice"].string == service.practice.text)
            #expect(claims["acr"] == "1")
            #expect(claims["amr"] == ["pwd", "email"])
            #expect(claims["scope"] == "patient")
            #expect(claims["identity_level"] == "none")
            let issued = try #require(claims["iat"].int)
            #expect((before...before + 30).contains(issued))
            #expect((before...before + 30).contains(claims["auth_time"].int ?? 0))
            #expect(claims["exp"].int == issued + 600)
            #expect(UUID(uuidString: claims["jti"].string ?? "") != nil)
        }
    }

    @Test func `nothing in it names a person or the practice system's own number`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try SignedToken(try await service.tokens(of: person).access)
            let text = String(decoding: token.claims.bytes + token.header.bytes, as: UTF8.self)
            for value in [person.username, person.email, "Anna", "Jansen", "ext-", "De Linde"] {
                #expect(!text.contains(value))
            }
        }
    }

    @Test func `openssl verifies it with the published key, and no altered one`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try SignedToken(try await service.tokens(of: person).access)
            #expect(token.header["alg"] == "ES256")
            #expect(token.header["typ"] == "at+jwt")
            let published = try await service.client.send("GET", "/.well-known/jwks.json").json()
            let key = try #require(
                published["keys"].array.first { $0["kid"] == token.header["kid"] })
            #expect(try await IndependentVerifier.verifies(token, with: key))
            var claims = token.claims.members
            claims["sub"] = .string(UUID().text)
            let altered = try SignedToken(
                Base64URL.encode(token.header.bytes) + "."
                    + Base64URL.encode(JSON.object(claims).bytes) + "."
                    + Base64URL.encode(token.signature))
            #expect(try await !IndependentVerifier.verifies(altered, with: key))
        }
    }

    @Test func `one person is another subject, for another audience, in each practice`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let bergen = try await Self.join(person, service)
            let here = try SignedToken(try await service.tokens(of: person).access).claims

            let started = try await service.login(person, key: service.foreignKey)
            let id = try #require(try started.json()["id"].string)
            let mail = try await service.mail.message(2, to: person.email)
            let done = try await service.verify(id, mail.code, key: service.foreignKey)
            let pair = try TestService.TokenPair(try done.json()["tokens"])
            let there = try SignedToken(pair.access).claims

            for claim in ["sub", "aud", "practice", "client_id", "sid", "jti"] {
                #expect(here[claim] != there[claim], "\(claim)")
            }
            #expect(there["practice"].string == bergen.text)
            #expect(there["patients"] == [])
            // Each practice's callers see their own tokens in force, and no other's.
            #expect(try await service.isActive(pair.access, key: service.foreignKey))
            #expect(try await !service.isActive(pair.access))
            #expect(try await !service.isActive(pair.refresh))
        }
    }

    @Test func `two sign-ins of one person have one subject and two sessions`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let first = try SignedToken(try await service.tokens(of: person).access).claims
            let second = try SignedToken(try await service.tokens(of: person).access).claims
            #expect(first["sub"] == second["sub"])
            #expect(first["sid"] != second["sid"])
            #expect(first["jti"] != second["jti"])
        }
    }

    @Test func `a link to a patient that has ended is not in it, and the lowest level counts`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            _ = try await service.person()
            // A child of the person, by the other person's patient, known better than the person.
            let link = """
                insert into patient_link
                    (practice_id, account_id, patient_id, role, identity_level)
                select mine.practice_id, mine.account_id, other.patient_id, 'parent', 'pin-desk'
                from patient_link as mine
                join patient_link as other on other.account_id <> mine.account_id
                join identifier on identifier.account_id = mine.account_id
                where identifier.value_index = '\(Self.index(person.username, service))'
                """
            try await service.database.execute(link)
            let both = try SignedToken(try await service.tokens(of: person).access).claims
            #expect(both["patients"].array.count == 2)
            #expect(both["identity_level"] == "none")
            try await service.database.execute(
                """
                update patient_link
                set ends_at = clock_timestamp()
                where role = 'self'
                """)
            let child = try SignedToken(try await service.tokens(of: person).access).claims
            #expect(child["patients"].array.count == 1)
            #expect(child["identity_level"] == "pin-desk")
        }
    }

    /// Makes the person a member of the other practice, as linking an account will.
    private static func join(_ person: Person, _ service: TestService) async throws -> UUID {
        let text = try await service.database.value(
            "select practice_id from practice where practice_id <> '\(service.practice.text)'")
        let other = try #require(UUID(uuidString: text ?? ""))
        try await service.database.execute(
            """
            insert into membership (practice_id, account_id)
            select '\(other.text)', account_id from membership;
            insert into identifier (practice_id, value_index, account_id, kind, key_id, value)
            select '\(other.text)', '\(index(person.identifier, service, other))', account_id,
                   'email', 'k1', ''
            from membership
            where practice_id = '\(other.text)'
            """)
        return other
    }

    private static func index(
        _ identifier: String, _ service: TestService, _ practice: UUID? = nil
    ) -> String {
        let index = Identifier(typed: identifier).index(
            practice: practice ?? service.practice, key: service.service.keys.macKey(.identifier))
        return "\\x" + index.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
