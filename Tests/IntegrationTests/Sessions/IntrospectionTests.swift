import Foundation
import Testing

@testable import Auth

/// What the service says of a token (RFC 7662), and what it publishes for those who ask nobody.
@Suite struct IntrospectionTests {
    @Test func `an access token in force is told in full`() async throws {
        try await TestService.run { service in
            let pair = try await service.tokens(of: try await service.person())
            let claims = try SignedToken(pair.access).claims
            let answer = try await service.introspect(pair.access)
            #expect(answer.status == 200)
            #expect(answer.header("Cache-Control") == "no-store")
            let body = try answer.json()
            #expect(body["active"] == true)
            #expect(body["token_type"] == "Bearer")
            #expect(
                Set(body.members.keys) == Set(claims.members.keys).union(["active", "token_type"]))
            for (name, value) in claims.members { #expect(body[name] == value, "\(name)") }
            // A resource server of the same practice asks with a key of its own.
            #expect(try await service.isActive(pair.access, key: service.secondKey))
        }
    }

    @Test func `a refresh token in force is told without what only access tokens have`()
        async throws
    {
        try await TestService.run { service in
            let pair = try await service.tokens(of: try await service.person())
            let claims = try SignedToken(pair.access).claims
            let body = try await service.introspect(pair.refresh).json()
            #expect(
                Set(body.members.keys) == [
                    "active", "token_type", "iss", "sub", "client_id", "exp", "sid", "acr", "amr",
                    "auth_time",
                ])
            #expect(body["active"] == true)
            #expect(body["token_type"] == "refresh_token")
            for name in ["iss", "sub", "client_id", "sid", "acr", "amr", "auth_time"] {
                #expect(body[name] == claims[name], "\(name)")
            }
            let life = (body["exp"].int ?? 0) - (claims["auth_time"].int ?? 0)
            #expect(life == 24 * 3600)
        }
    }

    @Test func `a parent is not in force, though it can still be exchanged`() async throws {
        try await TestService.run { service in
            let first = try await service.tokens(of: try await service.person())
            _ = try await service.refresh(first.refresh)
            #expect(try await !service.isActive(first.refresh))
            #expect(try await service.isActive(first.access))
        }
    }

    @Test func `whatever is not in force has one answer`() async throws {
        try await TestService.run { service in
            let pair = try await service.tokens(of: try await service.person())
            let expired = try await Self.token(like: pair.access, service) { claims in
                claims["exp"] = .number((claims["iat"]?.number ?? 0) - 1)
            }
            let foreign = try await Self.token(like: pair.access, service) { claims in
                claims["practice"] = .string(UUID().text)
            }
            let elsewhere = try await Self.token(like: pair.access, service) { claims in
                claims["iss"] = "https://auth.example"
            }
            let unknown = try await Self.token(like: pair.access, service) { claims in
                claims["sid"] = .string(UUID().text)
            }
            for token in [expired, foreign, elsewhere, unknown, "x", "par_x", pair.access + "A"] {
                #expect(try await !service.isActive(token))
            }
            let same = try await Self.token(like: pair.access, service) { _ in }
            #expect(try await service.isActive(same))
        }
    }

    @Test func `asking takes the scope for it`() async throws {
        try await TestService.run { service in
            let pair = try await service.tokens(of: try await service.person())
            let portal = try await service.key(scopes: [.logins])
            let refused = try await service.introspect(pair.access, key: portal)
            #expect(refused.status == 403)
            #expect(refused.problem == "scope-missing")
            let verifier = try await service.key(scopes: [.tokensIntrospect])
            #expect(try await service.isActive(pair.access, key: verifier))
            for path in ["refresh", "revoke"] {
                let answer = try await service.send(
                    "POST", "/v1/tokens/\(path)", json: ["token": "x"], key: verifier)
                #expect(answer.problem == "scope-missing")
            }
        }
    }

    @Test func `the keys are public, cached for five minutes, and only their public half`()
        async throws
    {
        try await TestService.run { service in
            let answer = try await service.client.send("GET", "/.well-known/jwks.json")
            #expect(answer.status == 200)
            #expect(answer.header("Cache-Control") == "public, max-age=300")
            let keys = try answer.json()["keys"].array
            #expect(keys.count == 1)
            for key in keys {
                #expect(Set(key.members.keys) == ["kty", "crv", "use", "alg", "kid", "x", "y"])
                #expect(key["kty"] == "EC")
                #expect(key["crv"] == "P-256")
                #expect(key["use"] == "sig")
                #expect(key["alg"] == "ES256")
            }
        }
    }

    @Test func `the metadata name the issuer and where to go`() async throws {
        try await TestService.run { service in
            let answer = try await service.client.send(
                "GET", "/.well-known/oauth-authorization-server")
            #expect(answer.status == 200)
            #expect(answer.header("Cache-Control") == "public, max-age=300")
            let body = try answer.json()
            #expect(body["issuer"] == "http://127.0.0.1")
            #expect(body["jwks_uri"] == "http://127.0.0.1/.well-known/jwks.json")
            #expect(body["revocation_endpoint"] == "http://127.0.0.1/v1/tokens/revoke")
            #expect(body["introspection_endpoint"] == "http://127.0.0.1/v1/tokens/introspect")
            #expect(body["grant_types_supported"] == [])
        }
    }

    /// A token that the service's own key signs, with claims that it would not have made.
    private static func token(
        like text: String, _ service: TestService,
        _ change: @Sendable (inout [String: JSON]) -> Void
    ) async throws -> String {
        var claims = try SignedToken(text).claims.members
        change(&claims)
        let token = try JSONDecoder().decode(
            AccessToken.self, from: Data(JSON.object(claims).bytes))
        return try await service.service.tokens.signing.sign(token)
    }
}
