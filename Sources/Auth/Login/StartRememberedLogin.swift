import Foundation
import Postgres

/// Begins a login after a right password on a device that its owner had remembered: it is asked for no
/// code, and where nothing else is to be done it is completed at once. Nothing is sent, and nothing voided.
struct StartRememberedLogin: IdempotentStatement {
    let act: Act
    let account: UUID
    /// As it was compared; where it was changed meanwhile, nothing begins.
    let sealedPassword: [UInt8]
    let loginID: UUID
    /// Without a code.
    let steps: [LoginPlan.Step]
    let tokenHash: [UInt8]
    let session: NewSession
    /// What the caller calls the device this time.
    let device: String?

    var subject: UUID? { account }

    enum Outcome: Sendable {
        case completed(loginID: UUID, OpenedSession)
        /// Another step comes next.
        case started(loginID: UUID)
        /// It is not remembered, not any more, or not of this account and this caller.
        case notRemembered
    }

    /// In a stored outcome they tell this statement's answers from those of ``StartLogin``.
    static let completedWord = "remembered"
    static let startedWord = "remembered-so-far"

    static let arms = """
        \(StartLogin.stillArm(password: "$13")),
        recalled as (  -- 1. The device.
            update remembered_device
            set last_used_at = clock_timestamp()
            from still
            where remembered_device.practice_id = $1::uuid
              and remembered_device.account_id = still.account_id
              and remembered_device.client_id = $2::uuid
              and remembered_device.token_hash = $9::bytea
              and remembered_device.ended_at is null
              and remembered_device.expires_at > clock_timestamp()
            returning remembered_device.account_id, remembered_device.device
        ),
        advanced as (  -- 2. The login, which may have nothing left to do.
            insert into login
                (practice_id, login_id, client_id, account_id, plan, steps, proofs, device,
                 session_id, expires_at, done_at)
            select $1::uuid, $7::uuid, $2::uuid, recalled.account_id, $8::text[], $8::text[],
                   proof('\(Proof.Method.password.rawValue)')
                       || proof('\(Proof.Method.device.rawValue)'),
                   coalesce($14::text, recalled.device),
                   case when cardinality($8::text[]) = 0 then $10::uuid end,
                   clock_timestamp() + interval '\(LoginLimits.openMinutes) minutes',
                   case when cardinality($8::text[]) = 0 then clock_timestamp() end
            from recalled
            returning login_id, account_id, done_at, proofs, later, device
        ),
        \(NewSession.openedArm(first: 10, authenticatedAt: "advanced.done_at")),
        \(OpenedSession.arm),
        outcome as (
            select case
                       when advanced.login_id is null then 'not-remembered'
                       when opened.session_id is null then '\(startedWord)'
                       else '\(completedWord)'
                   end as word,
                   advanced.login_id is not null as lasting, advanced.login_id,
                   \(OpenedSession.columns)
            from (values (1)) as always_one_row
            left join advanced on true
            left join opened on true
            left join identified on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, act.event, 'done', 'remembered-device', $2::uuid, $6::uuid,
                   act.object_id, $5::uuid
            from outcome
            cross join lateral (values
                ('\(AuditEvent.loginStarted.rawValue)', outcome.login_id),
                ('\(AuditEvent.loginCompleted.rawValue)', outcome.session_id)
            ) as act (event, object_id)
            where act.object_id is not null
        )
        """

    var ownParameters: [Parameter] {
        [
            .uuid(account), .uuid(loginID), .texts(steps.map(\.rawValue)), .bytes(tokenHash),
        ] + session.parameters + [.bytes(sealedPassword), device.map(Parameter.text) ?? .null]
    }

    static func outcome(_ row: Row) throws -> Outcome {
        switch try row.text("word") {
        case completedWord:
            .completed(loginID: try row.uuid("login_id"), try OpenedSession(row))
        case startedWord: .started(loginID: try row.uuid("login_id"))
        default: .notRemembered
        }
    }
}
