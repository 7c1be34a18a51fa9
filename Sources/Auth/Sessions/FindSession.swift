import Cryptography
import Foundation
import Postgres

/// A session that is alive now, with what its tokens say.
struct FindSession: Statement {
    let practice: UUID
    let session: UUID

    static let sql = """
        with opened as (
            select session.session_id, session.account_id, session.client_id, session.proofs,
                   session.steps, session.authenticated_at, session.expires_at,
                   session.refresh_hash, session.parent_hash
            from session
            join account using (account_id)
            where session.practice_id = $1::uuid
              and session.session_id = $2::uuid
              and session.ended_at is null
              and session.expires_at > clock_timestamp()
              and session.rotated_at
                  > clock_timestamp() - interval '\(SessionLimits.idleMinutes) minutes'
              and account.disabled_at is null
        ),
        \(OpenedSession.arm)
        select \(OpenedSession.columns), opened.client_id, opened.refresh_hash, $nonce as nonce
        from opened
        join identified on true
        """

    struct Found: Sendable {
        let session: OpenedSession
        let clientID: UUID
        let refreshHash: [UInt8]
    }

    var parameters: [Parameter] { [.uuid(practice), .uuid(session)] }

    static func decode(_ rows: [Row]) throws -> Found? {
        guard let row = rows.first else { return nil }
        return Found(
            session: try OpenedSession(row), clientID: try row.uuid("client_id"),
            refreshHash: try row.bytes("refresh_hash"))
    }
}

extension OpenedSession {
    /// The refresh token that the sign-in gave out, by whichever key of the ring made it: another may have
    /// become current since.
    ///
    /// Tokens are given again for a minute to a caller that missed its answer, not to one that went on with
    /// them since, and never after the session's end (Z-24).
    ///
    /// - Parameter secondsAgo: since the same request was answered; nil for the first time.
    /// - Throws: `idempotency-secret-gone`.
    func firstToken(
        secondsAgo: Double?, in practice: Practice, database: Database, keys: KeyRing
    ) async throws -> RefreshToken {
        let tokens = keys.macKeys(.refresh).map { RefreshToken.first(of: sessionID, key: $0) }
        if secondsAgo == nil, tokens.count == 1 { return tokens[0] }
        let alive = try await database.run(
            FindSession(practice: practice.id, session: sessionID))
        let held = tokens.first { $0.hash == alive?.refreshHash }
        guard let secondsAgo else { return held ?? tokens[0] }
        guard secondsAgo <= SessionLimits.secretsRepeatSeconds, let held else {
            throw Problem(.idempotencySecretGone)
        }
        return held
    }
}
