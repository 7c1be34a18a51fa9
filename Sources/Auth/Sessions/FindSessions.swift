import Foundation
import Postgres

/// The live sessions of an account in a practice, whichever system they were begun at, the newest first.
struct FindSessions: Statement {
    let practice: UUID
    let account: UUID

    static let lane = Lane.ordinary
    /// More than anybody has in a day.
    static let most = 100

    struct Found: Sendable {
        let id: UUID
        /// The system it was begun at.
        let client: String
        let device: String?
        let network: Network
        let level: Assurance.Level
        let startedAt: Date
        let lastUsedAt: Date
    }

    /// Where it was begun, in words that give away no place.
    enum Network: String, Sendable {
        /// Where the account had signed in before, in the 90 days until then.
        case known
        case new
        /// Its caller did not say.
        case notTold = "not_told"
    }

    static let sql = """
        select session.session_id, client.name as client, session.device, session.steps,
               session.proofs::text as proofs, session.authenticated_at, session.rotated_at,
               case
                   when session.network_key is null then 'not_told'
                   when exists (
                       select from session as earlier
                       where earlier.practice_id = $1::uuid
                         and earlier.account_id = $2::uuid
                         and earlier.network_key = session.network_key
                         and earlier.created_at < session.created_at
                         and earlier.created_at > session.created_at
                             - interval '\(LoginLimits.knownNetworkDays) days') then 'known'
                   else 'new'
               end as network,
               $nonce as nonce
        from session
        join client using (practice_id, client_id)
        where session.practice_id = $1::uuid
          and session.account_id = $2::uuid
          and session.ended_at is null
          and session.expires_at > clock_timestamp()
          and session.rotated_at
              > clock_timestamp() - interval '\(SessionLimits.idleMinutes) minutes'
        order by session.authenticated_at desc, session.session_id
        limit \(most)
        """

    var parameters: [Parameter] { [.uuid(practice), .uuid(account)] }

    static func decode(_ rows: [Row]) throws -> [Found] {
        try rows.map { row in
            let isFinished = try row.texts("steps").isEmpty
            return Found(
                id: try row.uuid("session_id"), client: try row.text("client"),
                device: try row.textIfPresent("device"),
                network: Network(rawValue: try row.text("network")) ?? .notTold,
                level: isFinished ? Assurance(try Proof.list(row)).level : .enrol,
                startedAt: try row.instant("authenticated_at"),
                lastUsedAt: try row.instant("rotated_at"))
        }
    }
}
