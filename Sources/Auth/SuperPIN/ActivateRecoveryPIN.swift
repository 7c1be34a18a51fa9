import Foundation
import Postgres

/// Makes the super-PIN that its owner has saved the one that counts: the one before it dies, and a session
/// that waited for it waits no longer (AC-5). One that another sign-in made is not this one's to save.
struct ActivateRecoveryPIN: IdempotentStatement {
    let act: Act
    let account: UUID
    let session: UUID

    static let lane = Lane.ordinary

    enum Outcome: Sendable {
        case activated(Date)
        /// None of this sign-in's is pending.
        case nonePending
    }

    static let arms = """
        pending as (  -- 1. Of parallel ones one goes on.
            select recovery_pin.pin_id
            from recovery_pin
            where recovery_pin.practice_id = $1::uuid
              and recovery_pin.account_id = $6::uuid
              and recovery_pin.session_id = $7::uuid
              and recovery_pin.activated_at is null
              and recovery_pin.ended_at is null
              and not exists (select from stored)
            for update
        ),
        replaced as (  -- 2. The one before it.
            update recovery_pin
            set ended_at = clock_timestamp()
            from pending
            where recovery_pin.practice_id = $1::uuid
              and recovery_pin.account_id = $6::uuid
              and recovery_pin.activated_at is not null
              and recovery_pin.ended_at is null
            returning recovery_pin.pin_id
        ),
        activated as (
            update recovery_pin
            set activated_at = clock_timestamp()
            from pending
            where recovery_pin.practice_id = $1::uuid
              and recovery_pin.account_id = $6::uuid
              and recovery_pin.pin_id = pending.pin_id
              and (select count(*) from replaced) >= 0
            returning recovery_pin.pin_id, recovery_pin.activated_at
        ),
        finished as (  -- 3. What sessions waited for (Z-5).
            update session
            set steps = array_remove(session.steps, '\(LoginPlan.Step.createSuperPIN.rawValue)')
            from activated
            where session.practice_id = $1::uuid
              and session.account_id = $6::uuid
              and session.ended_at is null
              and session.steps @> array['\(LoginPlan.Step.createSuperPIN.rawValue)']
        ),
        outcome as (
            select case when activated.pin_id is not null then 'activated' else 'none-pending' end
                       as word,
                   activated.pin_id is not null as lasting, activated.activated_at
            from (values (1)) as always_one_row
            left join activated on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.ownSuperPINActivated.rawValue)', 'done', $2::uuid,
                   $6::uuid, activated.pin_id, $5::uuid
            from activated
        )
        """

    var ownParameters: [Parameter] { [.uuid(account), .uuid(session)] }

    static func outcome(_ row: Row) throws -> Outcome {
        guard try row.text("word") == "activated" else { return .nonePending }
        return .activated(try row.instant("activated_at"))
    }
}
