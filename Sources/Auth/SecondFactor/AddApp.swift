import Foundation
import Postgres

/// Makes a pending authenticator app, in the place of one that was never proven.
struct AddApp: IdempotentStatement {
    let act: Act
    let account: UUID
    let factorID: UUID
    let sealedSecret: [UInt8]

    var subject: UUID? { account }

    enum Outcome: Sendable {
        case added(UUID)
    }

    static let arms = """
        added as (
            insert into factor (account_id, factor_id, practice_id, type, secret)
            select $6::uuid, $7::uuid, $1::uuid, '\(Factor.Kind.totp.rawValue)', $8::bytea
            where not exists (select from stored)
            \(AddSentFactor.replacing)
        ),
        outcome as (
            select added.factor_id, added.factor_id is not null as lasting
            from (values (1)) as always_one_row
            left join added on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.factorBegun.rawValue)', 'done',
                   '\(Factor.Kind.totp.rawValue)', $2::uuid, $6::uuid, added.factor_id, $5::uuid
            from added
        )
        """

    var ownParameters: [Parameter] {
        [.uuid(account), .uuid(factorID), .bytes(sealedSecret)]
    }

    static func outcome(_ row: Row) throws -> Outcome { .added(try row.uuid("factor_id")) }
}
