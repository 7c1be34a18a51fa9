import Foundation
import Postgres

/// Takes the step `change_password`, which is the last, off a login: a password that the practice does
/// not know takes the place of the one that it knows, and the session is opened.
///
/// It is run in the transaction that holds the account and then ends all else that rested on the former
/// password. Rows are locked in the order account, login.
struct ChangeLoginPassword: IdempotentStatement {
    let act: Act
    let loginID: UUID
    let account: UUID
    /// What the new one was compared with; where it was changed meanwhile, the login is over.
    let former: SealedPassword
    let password: SealedPassword
    let session: NewSession

    static let lane = Lane.ordinary

    enum Outcome: Sendable {
        case completed(OpenedSession)
        /// Another step comes first, or none is left.
        case notDue
        case ended
        case unknown
    }

    /// Whether the login in the row `login` is over, with its account in the row `account`.
    fileprivate static let isOver = """
        (login.done_at is not null or login.ended_at is not null
                       or login.expires_at <= clock_timestamp()
                       or account.disabled_at is not null)
        """

    fileprivate static let step = LoginPlan.Step.changePassword.rawValue

    static let arms = """
        flow as (  -- 1. The login, as this caller may see it.
            select login.login_id, login.steps[1] as step,
                   \(isOver) or account.password <> $8::bytea as over
            from login
            join account using (account_id)
            where login.practice_id = $1::uuid
              and login.login_id = $6::uuid
              and login.client_id = $2::uuid
              and login.account_id = $7::uuid
              and not exists (select from stored)
            for update of login
        ),
        advanced as (  -- 2. Its last step is taken off.
            update login
            set steps = '{}',
                done_at = clock_timestamp(),
                session_id = $10::uuid
            from flow
            where login.practice_id = $1::uuid
              and login.login_id = $6::uuid
              and login.steps = array['\(step)']
              and login.done_at is null
              and login.ended_at is null
              and not flow.over
            returning login.account_id, login.done_at, login.proofs, login.later,
                      login.device
        ),
        changed as (  -- 3. The password, which is the owner's alone from now on.
            update account
            set password = $9::bytea,
                password_changed_at = clock_timestamp(),
                password_change_due = false
            from advanced
            where account.account_id = advanced.account_id
            returning account.account_id
        ),
        \(NewSession.provedArm),
        \(NewSession.openedArm(
            first: 10, authenticatedAt: "(select proved.instant from proved)")),
        \(OpenedSession.arm),
        outcome as (
            select case
                       when opened.session_id is not null then 'completed'
                       when flow.login_id is null then 'unknown'
                       when flow.over then 'ended'
                       when flow.step is distinct from '\(step)' then 'not-due'
                       else 'ended'
                   end as word,
                   opened.session_id is not null as lasting,
                   \(OpenedSession.columns)
            from (values (1)) as always_one_row
            left join flow on true
            left join opened on true
            left join identified on true
        ),
        audited as (  -- 4. The change, and the sign-in that it completed.
            insert into audit
                (practice_id, event, result, client_id, account_id, object_id, request_id)
            select $1::uuid, act.event, 'done', $2::uuid, opened.account_id, act.object_id,
                   $5::uuid
            from changed
            join opened using (account_id)
            cross join lateral (values
                ('\(AuditEvent.passwordChanged.rawValue)', opened.account_id),
                ('\(AuditEvent.loginCompleted.rawValue)', opened.session_id)
            ) as act (event, object_id)
        )
        """

    var ownParameters: [Parameter] {
        [
            .uuid(loginID), .uuid(account), .bytes(former.bytes), .bytes(password.bytes),
        ] + session.parameters
    }

    static func outcome(_ row: Row) throws -> Outcome {
        switch try row.text("word") {
        case "completed": return .completed(try OpenedSession(row))
        case "not-due": return .notDue
        case "unknown": return .unknown
        default: return .ended
        }
    }
}

/// Finds a login for the step `change_password`, before anything costly is done for it.
struct FindPasswordStep: Statement {
    let act: Act
    let loginID: UUID

    enum Found: Sendable {
        /// The step is due; with the password as it is now.
        case due(account: UUID, former: SealedPassword)
        /// It is not, or this very request was answered before.
        case answered(Answered<ChangeLoginPassword.Outcome>)
    }

    static let sql = """
        with \(Act.storedArm),
        standing as (
            select login.account_id, login.steps[1] as step, account.password,
                   \(ChangeLoginPassword.isOver) as over
            from login
            join account using (account_id)
            where login.practice_id = $1::uuid
              and login.login_id = $5::uuid
              and login.client_id = $2::uuid
              and not exists (select from stored)
        )
        select case
                   when standing.account_id is null then 'unknown'
                   when standing.over then 'ended'
                   when standing.step is distinct from '\(ChangeLoginPassword.step)' then 'not-due'
                   else 'due'
               end as word,
               standing.account_id, standing.password, \(Act.storedColumns), $nonce as nonce
        from (values (1)) as always_one_row
        left join stored on true
        left join standing on true
        """

    var parameters: [Parameter] { act.parameters.dropLast() + [.uuid(loginID)] }

    static func decode(_ rows: [Row]) throws -> Found {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        if let stored = try Act.answered(row, decode: ChangeLoginPassword.outcome) {
            return .answered(stored)
        }
        guard try row.text("word") == "due" else {
            return .answered(.now(try ChangeLoginPassword.outcome(row)))
        }
        return .due(
            account: try row.uuid("account_id"),
            former: SealedPassword(bytes: try row.bytes("password")))
    }
}
