import Foundation
import Postgres

/// Why a change ends the sign-ins of an account; a word in the audit and at its sessions.
enum AccessEnd: String, Sendable {
    case passwordChanged = "password-changed"
    case emailChanged = "email-changed"
    case mobileChanged = "mobile-changed"
    case factorChanged = "factor-changed"
    case superPINActivated = "super-pin-activated"
    case recovered
    case frozen
    /// Its owner ended it from another sign-in.
    case endedByOwner = "ended-by-owner"
}

extension Transaction {
    /// Ends all that rests on what was true of an account so far, in every practice that has it and in the
    /// transaction of the change (S10): its codes, open logins, recoveries, desk codes and remembered
    /// devices, and its sessions but the one that is spared.
    ///
    /// The account is locked. Sessions come last: a login that was completed before shows its session then.
    ///
    /// - Parameter recovery: the one that makes the change, if any; it goes on.
    func endAccess(
        to account: UUID, sparing session: UUID?, because end: AccessEnd, act: Act,
        recovery: UUID? = nil
    ) async throws {
        try await run(EndWaysIn(account: account, recovery: recovery))
        _ = try await run(
            EndSessions(
                act: act, account: account, whose: .everywhere(sparing: session), reason: end))
    }
}

/// Ends what could still become a sign-in or a change of an account, in every practice.
///
/// Rows are locked in the order code, login, recovery, desk code, device.
struct EndWaysIn: Statement {
    let account: UUID
    let recovery: UUID?

    static let lane = Lane.ordinary
    static let spansPractices: String? = "a person's ways in end wherever they are"

    static let sql = """
        with place as (
            select membership.practice_id
            from membership
            where membership.account_id = $1::uuid
        ),
        sent as (
            select code.practice_id, code.code_id
            from place
            join code
                on code.practice_id = place.practice_id
                and code.subject_id = $1::uuid
            where code.expires_at > clock_timestamp()
            union
            select code.practice_id, code.code_id
            from place
            join recovery
                on recovery.practice_id = place.practice_id
                and recovery.account_id = $1::uuid
            join code
                on code.practice_id = place.practice_id
                and code.flow_id = recovery.recovery_id
            where code.expires_at > clock_timestamp()
        ),
        voided as (  -- 1. What was sent, for a recovery too.
            update code
            set voided_at = clock_timestamp()
            from sent
            where code.practice_id = sent.practice_id
              and code.code_id = sent.code_id
              and code.used_at is null
              and code.voided_at is null
            returning code.code_id
        ),
        logins_ended as (  -- 2.
            update login
            set ended_at = clock_timestamp()
            from place
            where login.practice_id = place.practice_id
              and login.account_id = $1::uuid
              and login.done_at is null
              and login.ended_at is null
              and (select count(*) from voided) >= 0
            returning login.login_id
        ),
        recoveries_ended as (  -- 3. Those that nothing was proved in become nobody's, unnoticed.
            update recovery
            set ended_at = case when recovery.proofs <> '[]' then clock_timestamp() end,
                account_id = case when recovery.proofs <> '[]' then recovery.account_id end,
                former_account_id = case when recovery.proofs = '[]' then recovery.account_id end
            from place
            where recovery.practice_id = place.practice_id
              and recovery.account_id = $1::uuid
              and recovery.recovery_id is distinct from $2::uuid
              and recovery.done_at is null
              and recovery.ended_at is null
              and (select count(*) from logins_ended) >= 0
            returning recovery.recovery_id
        ),
        desk_codes_ended as (  -- 4.
            update desk_code
            set ended_at = clock_timestamp()
            from place
            where desk_code.practice_id = place.practice_id
              and desk_code.account_id = $1::uuid
              and desk_code.used_at is null
              and desk_code.ended_at is null
              and (select count(*) from recoveries_ended) >= 0
            returning desk_code.desk_code_id
        ),
        devices_ended as (  -- 5.
            update remembered_device
            set ended_at = clock_timestamp()
            from place
            where remembered_device.practice_id = place.practice_id
              and remembered_device.account_id = $1::uuid
              and remembered_device.ended_at is null
              and (select count(*) from desk_codes_ended) >= 0
        )
        select $nonce as nonce
        """

    var parameters: [Parameter] { [.uuid(account), recovery.map(Parameter.uuid) ?? .null] }

    static func decode(_ rows: [Row]) throws {}
}

/// Ends live sessions of an account.
struct EndSessions: Statement {
    let act: Act
    let account: UUID
    let whose: Which
    let reason: AccessEnd

    enum Which: Sendable {
        /// Those of the practice, but the one of whoever asks.
        case others(sparing: UUID)
        /// One of the practice's.
        case only(UUID)
        /// Those of every practice.
        case everywhere(sparing: UUID?)
    }

    static let lane = Lane.ordinary
    static let spansPractices: String? = "a person's sessions end wherever they are"

    static let sql = """
        with ended as (
            update session
            set ended_at = clock_timestamp(),
                end_reason = $8::text
            from membership
            where membership.account_id = $4::uuid
              and (membership.practice_id = $1::uuid or $7::bool)
              and session.practice_id = membership.practice_id
              and session.account_id = membership.account_id
              and session.ended_at is null
              and ($5::uuid is null or session.session_id = $5::uuid)
              and session.session_id is distinct from $6::uuid
              and session.expires_at > clock_timestamp()
            returning session.practice_id, session.session_id
        ),
        audited as (  -- A client is one practice's.
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select ended.practice_id, '\(AuditEvent.sessionEnded.rawValue)', 'done', $8::text,
                   case when ended.practice_id = $1::uuid then $2::uuid end, $4::uuid,
                   ended.session_id, $3::uuid
            from ended
        )
        select (select count(*) from ended) as ended, $nonce as nonce
        """

    var parameters: [Parameter] {
        let only: UUID?
        let sparing: UUID?
        let everywhere: Bool
        switch whose {
        case .others(let session): (only, sparing, everywhere) = (nil, session, false)
        case .only(let session): (only, sparing, everywhere) = (session, nil, false)
        case .everywhere(let session): (only, sparing, everywhere) = (nil, session, true)
        }
        return [
            .uuid(act.practiceID), act.client, .uuid(act.requestID), .uuid(account),
            only.map(Parameter.uuid) ?? .null, sparing.map(Parameter.uuid) ?? .null,
            .bool(everywhere), .text(reason.rawValue),
        ]
    }

    /// How many there were.
    static func decode(_ rows: [Row]) throws -> Int { try rows.first?.int("ended") ?? 0 }
}
