import Foundation
import Postgres

/// Where a recovery stands, with what its account can prove.
///
/// One that was ended before anything was proved looks like one of nobody: that the owner was faster, or
/// stopped the account, is nothing that a stranger should see.
struct FindRecovery: Statement {
    let practice: UUID
    let client: UUID
    let recovery: UUID
    /// The patient's network by every key of the ring; nil where the caller did not tell it.
    let networkKeys: [[UInt8]]?

    static let sql = """
        with standing as (
            select recovery.*, account.locale,
                   \(isStopped) as stopped,
                   (select coalesce(jsonb_agg(proof), '[]')
                    from jsonb_array_elements(recovery.proofs) as proof
                    where not \(RecoveryProof.isSuspect(of: "account"))) as counted_proofs
            from recovery
            left join account using (account_id)
            where recovery.practice_id = $1::uuid
              and recovery.client_id = $2::uuid
              and recovery.recovery_id = $3::uuid
        ),
        named as (
            select standing.*,
                   case when not standing.stopped or standing.proofs <> '[]'
                       then standing.account_id
                   end as live_account_id
            from standing
        )
        select named.recovery_id, named.subject_id, named.live_account_id as account_id,
               named.proofs::text as proofs, named.counted_proofs::text as counted_proofs,
               named.change_from,
               named.expires_at as recovery_expires_at,
               case when named.live_account_id is not null then named.locale end as locale,
               case
                   when named.done_at is not null then 'done'
                   when named.ended_at is not null or named.expires_at <= clock_timestamp()
                       or named.stopped and named.live_account_id is not null then 'ended'
                   else 'open'
               end as status,
               case when named.new_mailbox_proven_at is not null
                   then named.new_mailbox
               end as new_mailbox,
               (select code_subject.newest_code_id
                from code_subject
                where code_subject.practice_id = $1::uuid
                  and code_subject.subject_id = named.subject_id
                  and code_subject.purpose = '\(CodePurpose.recovery.slug)') as newest_code_id,
               exists (
                   select from session
                   where session.practice_id = $1::uuid
                     and session.account_id = named.live_account_id
                     and session.network_key = any ($4::bytea[])
                     and session.created_at
                         > clock_timestamp() - interval '\(LoginLimits.knownNetworkDays) days'
               ) as from_known_network,
               (select coalesce(
                           json_agg(
                               json_build_object(
                                   'id', way.id, 'type', way.type, 'address', way.address,
                                   'stopped', way.stopped, 'former', way.former,
                                   'aged', way.since <= clock_timestamp()
                                       - interval '\(RecoveryProof.agedDays) days')
                               order by way.since, way.id),
                           '[]')
                from (
                    select factor.factor_id as id, factor.type, factor.address,
                           factor.activated_at as since,
                           factor.disabled_at is not null as stopped, false as former
                    from factor
                    join account as owner on owner.account_id = factor.account_id
                    where factor.account_id = named.live_account_id
                      and factor.type <> 'email'
                      and factor.activated_at is not null
                      and \(Factor.isOpen(of: "owner"))
                      and \(isStanding("factor"))
                    union all
                    select contact.contact_id, contact.kind, contact.address, contact.confirmed_at,
                           false, false
                    from contact
                    join account as owner on owner.account_id = contact.account_id
                    where contact.account_id = named.live_account_id
                      and contact.kind = 'email'
                      and contact.confirmed_at is not null
                      and \(RecoveredAccess.isOpen(
                          "contact", boundIn: "recovered_in", of: "owner"))
                      and \(isStanding("contact"))
                    union all
                    -- It proves nothing, and comes back if it is read.
                    select contact.contact_id, contact.kind, contact.address, contact.stood_from,
                           false, true
                    from contact
                    join account on account.account_id = contact.account_id
                    where contact.account_id = named.live_account_id
                      and \(FreezeReach(of: "account").givesBack("contact"))
                ) as way)::text as ways,
               $nonce as nonce
        from named
        """

    /// Whether the account was stopped since, or by somebody else than its owner.
    static let isStopped = """
        coalesce(
                       account.frozen_at > recovery.created_at
                           or account.disabled_at is not null and account.frozen_at is null,
                       false)
        """

    /// What a recovery bound that its owner stopped is no way back (Z-32).
    private static func isStanding(_ way: String) -> String {
        """
        not exists (
                          select from account as stopped
                          where stopped.account_id = \(way).account_id
                            and \(FreezeReach(of: "stopped").stops(way)))
        """
    }

    var parameters: [Parameter] {
        [
            .uuid(practice), .uuid(client), .uuid(recovery),
            networkKeys.map(Parameter.byteArrays) ?? .null,
        ]
    }

    static func decode(_ rows: [Row]) throws -> Recovery? { try rows.first.map(Recovery.init) }
}
