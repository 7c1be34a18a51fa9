import Foundation
import HTTPTypes
import Postgres

/// Tokens: refresh, revoke, introspect, and what others need to verify them.
struct SessionRoutes: Sendable {
    let database: Database
    let tokens: Tokens

    func add(to endpoints: Endpoints) {
        endpoints.post("/v1/tokens/refresh", scope: .logins, body: Refresh.self, refresh)
        endpoints.post(
            "/v1/tokens/revoke", scope: .logins, body: PresentedToken.self, acceptsForm: true,
            revoke)
        endpoints.post(
            "/v1/tokens/introspect", scope: .tokensIntrospect, body: PresentedToken.self,
            acceptsForm: true, introspect)
        endpoints.get(public: "/.well-known/jwks.json", keySet)
        endpoints.get(public: "/.well-known/oauth-authorization-server", metadata)
    }

    struct Refresh: RequestBody {
        let refreshToken: String

        init(_ fields: inout FieldReader) throws {
            refreshToken = fields.string("refresh_token", max: 512, characters: .any)
        }
    }

    /// RFC 7009 and RFC 7662 name the same members.
    struct PresentedToken: RequestBody {
        let token: String

        init(_ fields: inout FieldReader) throws {
            token = fields.string("token", max: 8192, characters: .any)
            // A hint only: what a token is can be seen from it.
            _ = fields.optionalString("token_type_hint", max: 64, characters: .any)
        }
    }

    @Sendable private func refresh(
        _ body: Refresh, _ context: AuthRequestContext
    ) async throws -> Answer {
        let caller = try context.caller
        guard let presented = RefreshToken(body.refreshToken, keys: tokens.keys) else {
            throw Problem(.tokenInvalid)
        }
        let successor = presented.successor()
        let outcome = try await database.run(
            RotateRefreshToken(
                act: try context.act(tokens.keys), session: presented.sessionID,
                presentedHash: presented.hash, successorHash: successor.hash))
        switch outcome {
        case .rotated(let session):
            return try .json(try await tokens.issue(for: session, refresh: successor, to: caller))
        case .reused, .invalid: throw Problem(.tokenInvalid)
        }
    }

    /// Always 200, so that nobody learns from it whether a token was good (RFC 7009 section 2.2).
    @Sendable private func revoke(
        _ body: PresentedToken, _ context: AuthRequestContext
    ) async throws -> Answer {
        if let session = await session(of: body.token, for: try context.caller) {
            try await database.run(
                EndSession(act: try context.act(tokens.keys), session: session, reason: "revoked"))
        }
        return .json(.object([]))
    }

    private func session(of token: String, for caller: Caller) async -> UUID? {
        if let refresh = RefreshToken(token, keys: tokens.keys) { return refresh.sessionID }
        guard let claims = await tokens.verified(token, for: caller) else { return nil }
        return UUID(uuidString: claims.sid)
    }

    /// Says `{"active": false}` and nothing else of any token that is not in force (RFC 7662).
    @Sendable private func introspect(
        _ body: PresentedToken, _ context: AuthRequestContext
    ) async throws -> Answer {
        let caller = try context.caller
        if let refresh = RefreshToken(body.token, keys: tokens.keys) {
            let found = try await find(refresh.sessionID, for: caller)
            guard let found, found.refreshHash == refresh.hash else { return try inactive() }
            return try .json(Introspection(found, issuer: tokens.issuer))
        }
        guard
            let claims = await tokens.verified(body.token, for: caller),
            let id = UUID(uuidString: claims.sid),
            let found = try await find(id, for: caller)
        else { return try inactive() }
        return try .json(Introspection(claims, clientID: found.clientID))
    }

    private func find(_ session: UUID, for caller: Caller) async throws -> FindSession.Found? {
        try await database.run(FindSession(practice: caller.practice.id, session: session))
    }

    private func inactive() throws -> Answer {
        .json(.object([JSONMember("active", .bool(false))]))
    }

    @Sendable private func keySet(_ context: AuthRequestContext) async throws -> Answer {
        try .json(tokens.signing.published, headers: [.cacheControl: Self.publicCache])
    }

    @Sendable private func metadata(_ context: AuthRequestContext) async throws -> Answer {
        try .json(ServerMetadata(issuer: tokens.issuer), headers: [.cacheControl: Self.publicCache])
    }

    /// Verifiers ask again every five minutes; a key is published that long before its first use.
    private static let publicCache = "public, max-age=\(Int(SigningKeyFile.cacheSeconds))"
}

/// The answer of an introspection of a token in force (RFC 7662 section 2.2).
struct Introspection: Encodable, Sendable {
    let active = true
    let tokenType: String
    let iss: String
    let sub: String
    let clientID: String
    let exp: Int
    let sid: String
    let acr: String
    let amr: [String]
    let authTime: Int
    let aud: String?
    let iat: Int?
    let jti: String?
    let scope: String?
    let practice: String?
    let patients: [String]?
    let identityLevel: String?

    enum CodingKeys: String, CodingKey {
        case active, tokenType, iss, sub, exp, sid, acr, amr, authTime, aud, iat, jti, scope
        case practice, patients, identityLevel
        case clientID
    }

    init(_ claims: AccessToken, clientID: UUID) {
        tokenType = "Bearer"
        iss = claims.iss
        sub = claims.sub
        self.clientID = clientID.text
        exp = claims.exp
        sid = claims.sid
        acr = claims.acr
        amr = claims.amr
        authTime = claims.authTime
        aud = claims.aud
        iat = claims.iat
        jti = claims.jti
        scope = claims.scope
        practice = claims.practice
        patients = claims.patients
        identityLevel = claims.identityLevel
    }

    init(_ found: FindSession.Found, issuer: String) {
        let session = found.session
        tokenType = "refresh_token"
        iss = issuer
        sub = session.subject.text
        clientID = found.clientID.text
        exp = Int(session.expiresAt.timeIntervalSince1970)
        sid = session.sessionID.text
        acr = session.level.rawValue
        amr = session.assurance.amr
        authTime = Int(session.authenticatedAt.timeIntervalSince1970)
        (aud, iat, jti, scope, practice, patients, identityLevel) =
            (nil, nil, nil, nil, nil, nil, nil)
    }
}

/// RFC 8414; what this service does of it. It is no authorization server with a token endpoint: the
/// password is typed at the practice's own portal (T15).
struct ServerMetadata: Encodable, Sendable {
    let issuer: String
    let jwksURI: String
    let revocationEndpoint: String
    let introspectionEndpoint: String
    let accessTokenSigningAlgValuesSupported = ["ES256"]
    let acrValuesSupported = Assurance.Level.allCases.filter { $0 < .three }.map(\.rawValue)
    let responseTypesSupported: [String] = []
    let grantTypesSupported: [String] = []

    enum CodingKeys: String, CodingKey {
        case issuer, revocationEndpoint, introspectionEndpoint
        case accessTokenSigningAlgValuesSupported, acrValuesSupported
        case responseTypesSupported, grantTypesSupported
        case jwksURI
    }

    init(issuer: String) {
        self.issuer = issuer
        let base = issuer.hasSuffix("/dev") ? String(issuer.dropLast(4)) : issuer
        jwksURI = base + "/.well-known/jwks.json"
        revocationEndpoint = base + "/v1/tokens/revoke"
        introspectionEndpoint = base + "/v1/tokens/introspect"
    }
}
