import Foundation
import Postgres

/// Turns an open login to an app: the code that comes next is the app's, unless the caller says another
/// factor. Nothing is sent, and nothing voided.
struct ChooseApp: Statement {
    let act: Act
    let loginID: UUID
    let factorID: UUID

    var subject: UUID? { loginID }

    static let sql = """
        with chosen as (
            update login
            set codeless_factor_id = $4::uuid
            where login.practice_id = $1::uuid
              and login.login_id = $3::uuid
              and login.client_id = $2::uuid
              and login.steps[1] = 'code'
              and login.done_at is null
              and login.ended_at is null
              and login.expires_at > clock_timestamp()
            returning login_id
        )
        select exists (select from chosen) as chosen, $nonce as nonce
        """

    var parameters: [Parameter] {
        [.uuid(act.practiceID), act.client, .uuid(loginID), .uuid(factorID)]
    }

    /// False where the login no longer waits for a code.
    static func decode(_ rows: [Row]) throws -> Bool {
        try rows.first?.bool("chosen") ?? false
    }
}
