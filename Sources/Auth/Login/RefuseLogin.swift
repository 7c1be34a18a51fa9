import Foundation
import Postgres

/// Writes down a refusal. The try was counted when it was admitted, so nothing else changes.
///
/// A refusal that names no account would let a stranger fill the audit log: those are counted by
/// minute and network (Z-30).
struct RefuseLogin: IdempotentStatement {
    let attempt: LoginAttempt
    let account: UUID?
    let reason: String
    /// A wait ends; the same request is then worth asking again (Z-24).
    let lasting: Bool

    var act: Act { attempt.act }
    var subject: UUID? { attempt.subject }

    static let word = "refused"

    static let arms = """
        counted as (  -- 1. Nobody's account: one row for each minute and network.
            insert into refusal (practice_id, minute, network_key, reason, refusals)
            select $1::uuid, date_trunc('minute', clock_timestamp()),
                   coalesce($7::bytea, ''::bytea), $8::text, 1
            where $6::uuid is null and not exists (select from stored)
            on conflict (practice_id, minute, network_key, reason) do update
            set refusals = refusal.refusals + 1
            returning refusals
        ),
        audited as (  -- 2. Somebody's: a row of its own.
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, request_id)
            select $1::uuid, '\(AuditEvent.loginRefused.rawValue)', 'refused', $8::text, $2::uuid,
                   $6::uuid, $5::uuid
            where $6::uuid is not null and not exists (select from stored)
            returning audit_id
        ),
        outcome as (
            select '\(word)' as word, $9::bool as lasting
        )
        """

    var ownParameters: [Parameter] {
        [
            account.map(Parameter.uuid) ?? .null, attempt.networkKey.map(Parameter.bytes) ?? .null,
            .text(reason), .bool(lasting),
        ]
    }

    static func outcome(_ row: Row) throws {}
}
