import Foundation
import Postgres

/// Takes a factor off an account, unless the practice's policy or the next sign-in needs it (F10).
///
/// All of the account's factors are locked, so that two requests can't each take the other's last one.
struct RemoveFactor: Statement {
    let act: Act
    let account: UUID
    let factorID: UUID
    let policy: Practice.Policy

    var subject: UUID? { account }

    enum Outcome: Sendable {
        case removed(Factor.Kind, wasPending: Bool)
        /// It is the last one that may not be missing.
        case required
        case unknown
    }

    static let sql = """
        with held as (  -- 1. All of them.
            select factor.factor_id, factor.type, factor.activated_at is null as pending,
                   factor.disabled_at is null as usable
            from factor
            where factor.account_id = $4::uuid
            order by factor.factor_id
            for update
        ),
        judged as (
            select target.factor_id, target.type, target.pending,
                   target.pending
                   or target.type = '\(Factor.Kind.email.rawValue)'
                   or exists (
                       select from held as other
                       where other.factor_id <> target.factor_id
                         and other.type <> '\(Factor.Kind.email.rawValue)'
                         and other.usable
                         and not other.pending)
                   or not $6::bool
                   and $7::bool
                   and exists (
                       select from contact
                       where contact.account_id = $4::uuid
                         and contact.kind = 'email'
                         and contact.confirmed_at is not null
                         and contact.disabled_at is null) as dispensable
            from held as target
            where target.factor_id = $5::uuid
        ),
        removed as (  -- 2. This one.
            delete from factor
            using judged
            where factor.account_id = $4::uuid
              and factor.factor_id = judged.factor_id
              and judged.dispensable
            returning factor.factor_id, factor.type, judged.pending
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.factorRemoved.rawValue)',
                   case when removed.factor_id is null then 'refused' else 'done' end,
                   case when removed.factor_id is null then 'required' else removed.type end,
                   $2::uuid, $4::uuid, judged.factor_id, $3::uuid
            from judged
            left join removed on true
        )
        select judged.factor_id is not null as known, removed.type, judged.pending,
               $nonce as nonce
        from (values (1)) as always_one_row
        left join judged on true
        left join removed on true
        """

    var parameters: [Parameter] {
        [
            .uuid(act.practiceID), act.client, .uuid(act.requestID), .uuid(account),
            .uuid(factorID), .bool(policy.secondFactor == .phoneOrApp),
            .bool(policy.emailCodes),
        ]
    }

    static func decode(_ rows: [Row]) throws -> Outcome {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        guard try row.bool("known") else { return .unknown }
        guard let type = try row.textIfPresent("type").flatMap(Factor.Kind.init) else {
            return .required
        }
        return .removed(type, wasPending: try row.bool("pending"))
    }
}
