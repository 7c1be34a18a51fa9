import Foundation
import Postgres

/// Holds an account, and with it whoever signs in to it, until the end of the transaction: of changes at
/// the same time one comes after the other, and no sign-in is completed between.
///
/// Rows are locked in the order account, subjects of codes wherever the person is; codes, logins and
/// sessions follow.
struct LockAccount: Statement {
    let practice: UUID
    let account: UUID

    static let lane = Lane.ordinary
    static let spansPractices: String? = "nobody signs in elsewhere meanwhile"

    static let sql = """
        with held as (
            select account.account_id
            from membership
            join account on account.account_id = membership.account_id
            where membership.practice_id = $1::uuid
              and membership.account_id = $2::uuid
            for update of account
        ),
        subjects as (
            select code_subject.purpose
            from held
            join membership on membership.account_id = held.account_id
            join code_subject
                on code_subject.practice_id = membership.practice_id
                and code_subject.subject_id = held.account_id
            for update of code_subject
        )
        select (select count(*) from subjects) as subjects, $nonce as nonce
        """

    var parameters: [Parameter] { [.uuid(practice), .uuid(account)] }

    static func decode(_ rows: [Row]) throws {}
}

extension Transaction {
    /// Holds an account and the sign-in that a change of it rests on.
    ///
    /// - Returns: since when the account has its password.
    /// - Throws: `token-invalid` where another change has ended the sign-in meanwhile.
    @discardableResult
    func hold(_ patient: SignedIn, in practice: Practice) async throws -> Date {
        try await hold(patient.session.sessionID, of: patient.accountID, in: practice)
    }

    @discardableResult
    func hold(_ session: UUID, of account: UUID, in practice: Practice) async throws -> Date {
        try await run(LockAccount(practice: practice.id, account: account))
        let since = try await run(
            HoldSession(practice: practice.id, session: session, account: account))
        guard let since else { throw Problem(.tokenInvalid) }
        return since
    }
}

/// Holds the session that a change rests on, once its account is locked: another change may have ended
/// it meanwhile.
struct HoldSession: Statement {
    let practice: UUID
    let session: UUID
    let account: UUID

    static let lane = Lane.ordinary

    static let sql = """
        select account.password_changed_at, $nonce as nonce
        from session
        join account using (account_id)
        where session.practice_id = $1::uuid
          and session.session_id = $2::uuid
          and session.account_id = $3::uuid
          and session.ended_at is null
          and session.expires_at > clock_timestamp()
          and account.disabled_at is null
        for update of session
        """

    var parameters: [Parameter] { [.uuid(practice), .uuid(session), .uuid(account)] }

    /// Since when the account has its password; nil where the session is over.
    static func decode(_ rows: [Row]) throws -> Date? {
        try rows.first?.instant("password_changed_at")
    }
}
