import Foundation
import Postgres

/// Why a change ends the sign-ins of an account; a word in the audit and at its sessions.
enum AccessEnd: String, Sendable {
    case passwordChanged = "password-changed"
    case emailChanged = "email-changed"
    case mobileChanged = "mobile-changed"
    case frozen
    /// Its owner ended it from another sign-in.
    case endedByOwner = "ended-by-owner"
}

extension Transaction {
    /// Ends all that rests on what was true of an account so far, in the transaction of the change: its
    /// codes, its open logins and its sessions but the one that is spared.
    ///
    /// The account is locked; a login that was completed before shows its session here.
    func endAccess(to account: UUID, sparing session: UUID?, because end: AccessEnd, act: Act)
        async throws
    {
        try await run(EndLogins(practice: act.practiceID, account: account))
        _ = try await run(
            EndSessions(act: act, account: account, only: nil, sparing: session, reason: end))
    }
}

/// Voids the codes of an account and ends its open logins.
///
/// Rows are locked in the order code, login.
struct EndLogins: Statement {
    let practice: UUID
    let account: UUID

    static let lane = Lane.ordinary

    static let sql = """
        with voided as (
            update code
            set voided_at = clock_timestamp()
            where code.practice_id = $1::uuid
              and code.subject_id = $2::uuid
              and code.used_at is null
              and code.voided_at is null
              and code.expires_at > clock_timestamp()
            returning code.code_id
        ),
        ended as (
            update login
            set ended_at = clock_timestamp()
            where login.practice_id = $1::uuid
              and login.account_id = $2::uuid
              and login.created_at
                  > clock_timestamp() - interval '\(LoginLimits.openMinutes) minutes'
              and login.done_at is null
              and login.ended_at is null
              and (select count(*) from voided) >= 0
            returning login.login_id
        )
        select (select count(*) from ended) as ended, $nonce as nonce
        """

    var parameters: [Parameter] { [.uuid(practice), .uuid(account)] }

    static func decode(_ rows: [Row]) throws {}
}

/// Ends live sessions of an account in a practice: all, all but one, or one alone.
struct EndSessions: Statement {
    let act: Act
    let account: UUID
    let only: UUID?
    let sparing: UUID?
    let reason: AccessEnd

    static let lane = Lane.ordinary

    static let sql = """
        with ended as (
            update session
            set ended_at = clock_timestamp(),
                end_reason = $7::text
            where session.practice_id = $1::uuid
              and session.account_id = $4::uuid
              and session.ended_at is null
              and ($5::uuid is null or session.session_id = $5::uuid)
              and session.session_id is distinct from $6::uuid
              and session.expires_at > clock_timestamp()
            returning session.session_id
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.sessionEnded.rawValue)', 'done', $7::text, $2::uuid,
                   $4::uuid, ended.session_id, $3::uuid
            from ended
        )
        select (select count(*) from ended) as ended, $nonce as nonce
        """

    var parameters: [Parameter] {
        [
            .uuid(act.practiceID), act.client, .uuid(act.requestID), .uuid(account),
            only.map(Parameter.uuid) ?? .null, sparing.map(Parameter.uuid) ?? .null,
            .text(reason.rawValue),
        ]
    }

    /// How many there were.
    static func decode(_ rows: [Row]) throws -> Int { try rows.first?.int("ended") ?? 0 }
}
