import Foundation
import Postgres

/// Stops the account whose owner read of a change that was not theirs; the code works once (Z-32).
struct FreezeAccount: IdempotentStatement {
    let act: Act
    let codeHash: [UInt8]

    static let lane = Lane.ordinary

    enum Outcome: Sendable {
        case frozen(account: UUID)
        /// Wrong, used or too old.
        case unknown
    }

    static let arms = """
        spent as (  -- 1. Of two requests at the same time the second finds it used.
            update freeze_code
            set used_at = clock_timestamp()
            where freeze_code.practice_id = $1::uuid
              and freeze_code.code_hash = $6::bytea
              and freeze_code.used_at is null
              and freeze_code.expires_at > clock_timestamp()
              and not exists (select from stored)
            returning freeze_code.account_id
        ),
        frozen as (  -- 2. Nobody signs in any more, until a recovery.
            update account
            set disabled_at = coalesce(account.disabled_at, clock_timestamp()),
                -- A recovery lifts what this did, and nothing that was there before.
                frozen_at = case
                    when account.disabled_at is null then clock_timestamp()
                    else account.frozen_at
                end
            from spent
            where account.account_id = spent.account_id
            returning account.account_id
        ),
        outcome as (
            select case when frozen.account_id is null then 'unknown' else 'frozen' end as word,
                   frozen.account_id is not null as lasting, frozen.account_id
            from (values (1)) as always_one_row
            left join frozen on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.accountFrozen.rawValue)', 'done', $2::uuid,
                   frozen.account_id, frozen.account_id, $5::uuid
            from frozen
        )
        """

    var ownParameters: [Parameter] { [.bytes(codeHash)] }

    static func outcome(_ row: Row) throws -> Outcome {
        try row.uuidIfPresent("account_id").map(Outcome.frozen) ?? .unknown
    }
}
