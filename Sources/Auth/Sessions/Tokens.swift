import Cryptography
import Foundation
import Postgres

/// Makes and reads the tokens of sessions.
struct Tokens: Sendable {
    let keys: KeyRing
    let signing: SigningKeys
    let issuer: String
    let now: @Sendable () -> Date

    /// What a caller gets once, in the answer that earned it (api.md, Tokens).
    struct Body: Encodable, Sendable {
        let accessToken: String
        let refreshToken: String
        let tokenType = "Bearer"
        /// Seconds of the access token.
        let expiresIn: Int

        enum CodingKeys: String, CodingKey {
            case accessToken, refreshToken, tokenType, expiresIn
        }
    }

    /// A new access token beside the given refresh token.
    func issue(
        for session: OpenedSession, refresh: RefreshToken, to caller: Caller
    ) async throws -> Body {
        let token = AccessToken(
            session: session, practice: caller.practice, client: caller.clientID, issuer: issuer,
            id: SecureRandom.uuid(), now: now())
        return Body(
            accessToken: try await signing.sign(token), refreshToken: refresh.text,
            expiresIn: token.exp - token.iat)
    }

    /// The first tokens of a session, as the sign-in gave them out; throws as
    /// ``OpenedSession/firstToken(secondsAgo:in:database:keys:)`` does.
    func first(
        for session: OpenedSession, secondsAgo: Double?, to caller: Caller, database: Database
    ) async throws -> Body {
        let refresh = try await session.firstToken(
            secondsAgo: secondsAgo, in: caller.practice, database: database, keys: keys)
        return try await issue(for: session, refresh: refresh, to: caller)
    }

    /// A token of this practice that is in force.
    func verified(_ text: String, for caller: Caller) async -> AccessToken? {
        guard let claims = await signing.verified(text, issuer: issuer, now: now()) else {
            return nil
        }
        return claims.practice == caller.practice.id.text ? claims : nil
    }
}
