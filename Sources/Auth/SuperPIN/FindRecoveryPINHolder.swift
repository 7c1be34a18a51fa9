import Foundation
import Postgres

/// Finds for whom an own super-PIN is to be made, before anything is hashed: a request that was answered
/// before, or that comes too often, takes no turn in the queue of hashes (Z-21).
struct FindRecoveryPINHolder: Statement {
    let act: Act
    let account: UUID

    static let lane = Lane.ordinary

    struct Holder: Sendable {
        /// First and last.
        let name: String
        /// Until when no more are made, where today's are spent (AC-8).
        let againAt: Date?
        /// The answer to this very request, if there was one.
        let stored: Answered<MakeRecoveryPIN.Outcome>?
        /// Whether the PIN of that answer is still good for something.
        let storedIsLive: Bool
    }

    static let sql = """
        with \(Act.storedArm),
        made as (
            select coalesce(array_agg(recovery_pin.created_at order by recovery_pin.created_at), '{}')
                       as times
            from recovery_pin
            where recovery_pin.practice_id = $1::uuid
              and recovery_pin.account_id = $5::uuid
              and recovery_pin.created_at > clock_timestamp() - interval '1 day'
        )
        select account.first_name, account.last_name,
               made.times[cardinality(made.times) - \(RecoveryPIN.issuesPerDay) + 1]
                   + interval '1 day' as again_at,
               exists (
                   select from recovery_pin
                   where recovery_pin.practice_id = $1::uuid
                     and recovery_pin.account_id = $5::uuid
                     and recovery_pin.pin_id = (stored.outcome ->> 'pin_id')::uuid
                     and recovery_pin.ended_at is null) as stored_is_live,
               \(Act.storedColumns), $nonce as nonce
        from membership
        join account on account.account_id = membership.account_id
        cross join made
        left join stored on true
        where membership.practice_id = $1::uuid
          and membership.account_id = $5::uuid
        """

    var parameters: [Parameter] { act.parameters.dropLast() + [.uuid(account)] }

    /// Nil where the account is gone.
    static func decode(_ rows: [Row]) throws -> Holder? {
        guard let row = rows.first else { return nil }
        return Holder(
            name: "\(try row.text("first_name")) \(try row.text("last_name"))",
            againAt: try row.instantIfPresent("again_at"),
            stored: try Act.answered(row, decode: MakeRecoveryPIN.outcome),
            storedIsLive: try row.bool("stored_is_live"))
    }
}
