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
            returning freeze_code.account_id, freeze_code.created_at
        ),
        frozen as (  -- 2. Nobody signs in any more, until a recovery.
            update account
            set disabled_at = coalesce(account.disabled_at, clock_timestamp()),
                -- A recovery lifts what this did, and nothing that was there before.
                frozen_at = case
                    when account.disabled_at is null then clock_timestamp()
                    else account.frozen_at
                end,
                -- A link to an earlier change reaches further back, however late it is used.
                opposed_at = case
                    when account.disabled_at is null then spent.created_at
                    when account.frozen_at is not null
                    then least(account.opposed_at, spent.created_at)
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

/// Whose account a code that still works would stop.
struct FindFreezeCode: Statement {
    let practice: UUID
    let codeHash: [UInt8]

    static let lane = Lane.ordinary

    static let sql = """
        select freeze_code.account_id, $nonce as nonce
        from freeze_code
        where freeze_code.practice_id = $1::uuid
          and freeze_code.code_hash = $2::bytea
          and freeze_code.used_at is null
          and freeze_code.expires_at > clock_timestamp()
        """

    var parameters: [Parameter] { [.uuid(practice), .bytes(codeHash)] }

    static func decode(_ rows: [Row]) throws -> UUID? { try rows.first?.uuid("account_id") }
}

/// Ends codes that a thief may have read, in every practice: while the freeze lasts those that were mailed
/// after the change that it is against, and all of them once a recovery has lifted it. Else who was
/// stopped could stop the owner in return.
struct EndFreezeCodes: Statement {
    let account: UUID

    static let lane = Lane.ordinary
    static let spansPractices: String? = "a thief's mailbox was told of every practice's changes"

    static let sql = """
        with ended as (
            delete from freeze_code
            using membership
            join account on account.account_id = membership.account_id
            where membership.account_id = $1::uuid
              and freeze_code.practice_id = membership.practice_id
              and freeze_code.account_id = membership.account_id
              and freeze_code.used_at is null
              and (account.disabled_at is null
                   or freeze_code.created_at > account.opposed_at)
        )
        select $nonce as nonce
        """

    var parameters: [Parameter] { [.uuid(account)] }

    static func decode(_ rows: [Row]) throws {}
}
