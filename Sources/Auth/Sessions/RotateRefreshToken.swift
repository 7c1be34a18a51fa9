import Foundation
import Postgres

/// Exchanges a refresh token for its successor; each works once (T6, Z-32).
///
/// The direct parent may come again for 30 seconds and gets the same successor, the one that the row
/// has: an answer can be lost. Any older token of ours was copied from somewhere, and ends the session. All of it is decided
/// on the locked row, by one update.
struct RotateRefreshToken: Statement {
    let act: Act
    let session: UUID
    let presentedHash: [UInt8]
    let successorHash: [UInt8]

    var subject: UUID? { session }

    enum Outcome: Sendable {
        case rotated(OpenedSession)
        /// An older token came: the session is over.
        case reused
        case invalid
    }

    static let sql = """
        with moment as (  -- Read once: both halves of an end are decided by it.
            select clock_timestamp() as now
        ),
        opened as (  -- 1. Rotate, repeat, or end.
            update session
            set refresh_hash = case
                    when session.refresh_hash = $5::bytea then $6::bytea
                    else session.refresh_hash
                end,
                parent_hash = case
                    when session.refresh_hash = $5::bytea then session.refresh_hash
                    else session.parent_hash
                end,
                rotated_at = case
                    when session.refresh_hash = $5::bytea then clock_timestamp()
                    else session.rotated_at
                end,
                ended_at = case when \(honoured) then null else clock_timestamp() end,
                end_reason = case when \(honoured) then null else 'token-reused' end
            from account
            cross join moment
            where session.practice_id = $1::uuid
              and session.session_id = $4::uuid
              and session.client_id = $2::uuid
              and session.ended_at is null
              and session.expires_at > clock_timestamp()
              and session.rotated_at
                  > clock_timestamp() - interval '\(SessionLimits.idleMinutes) minutes'
              and account.account_id = session.account_id
              and account.disabled_at is null
            returning session.session_id, session.account_id, session.proofs, session.steps,
                      session.authenticated_at, session.expires_at,
                      session.ended_at is null and session.expires_at > clock_timestamp() as alive
        ),
        \(OpenedSession.arm),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid,
                   case
                       when opened.alive is false then '\(AuditEvent.sessionEnded.rawValue)'
                       else '\(AuditEvent.tokensRefreshed.rawValue)'
                   end,
                   case when opened.alive is null then 'refused' else 'done' end,
                   case
                       when opened.alive is null then 'token-invalid'
                       when not opened.alive then 'token-reused'
                   end,
                   $2::uuid, opened.account_id, $4::uuid, $3::uuid
            from (values (1)) as always_one_row
            left join opened on true
        )
        select opened.alive, \(OpenedSession.columns), $nonce as nonce
        from (values (1)) as always_one_row
        left join opened on true
        left join identified on true
        """

    private static let honoured = """
        session.refresh_hash = $5::bytea
                    or session.parent_hash = $5::bytea
                    and session.refresh_hash = $6::bytea
                    and session.rotated_at
                        > moment.now - interval '\(SessionLimits.parentSeconds) seconds'
        """

    var parameters: [Parameter] {
        [
            .uuid(act.practiceID), act.client, .uuid(act.requestID), .uuid(session),
            .bytes(presentedHash), .bytes(successorHash),
        ]
    }

    static func decode(_ rows: [Row]) throws -> Outcome {
        guard let row = rows.first, let alive = try row.boolIfPresent("alive") else {
            return .invalid
        }
        return alive ? .rotated(try OpenedSession(row)) : .reused
    }
}
