import Foundation
import Postgres

/// The patient behind a live session, with what decides how sure their sensitive acts must be.
struct FindSignedIn: Statement {
    let practice: UUID
    let client: UUID
    let session: UUID

    static let sql = """
        with opened as (
            select session.session_id, session.account_id, session.proofs, session.steps,
                   session.authenticated_at, session.expires_at, account.locale,
                   practice.step_up_max_age_seconds, practice.code_lifetime_seconds,
                   (select min((proof.value ->> 'at')::timestamptz)
                    from jsonb_array_elements(session.proofs) as proof (value)) as proven_since,
                   -- A factor that no recovery rested on or bound speaks for the owner.
                   case
                       when account.recovered_at > clock_timestamp() - \(recoveryWait)
                           and not exists (
                               select from jsonb_array_elements(session.proofs) as proof
                               where (proof ->> 'factor_id')::uuid <> all (account.recovered_by))
                       then account.recovered_at + \(recoveryWait)
                   end as waits_until
            from session
            join account using (account_id)
            join practice using (practice_id)
            where session.practice_id = $1::uuid
              and session.session_id = $2::uuid
              and session.client_id = $3::uuid
              and session.ended_at is null
              and session.expires_at > clock_timestamp()
              and session.rotated_at
                  > clock_timestamp() - interval '\(SessionLimits.idleMinutes) minutes'
              and account.disabled_at is null
        ),
        \(OpenedSession.arm)
        select \(OpenedSession.columns), opened.locale, opened.step_up_max_age_seconds,
               opened.code_lifetime_seconds, opened.proven_since,
               array(
                   select factor.type
                   from factor
                   join account as owner on owner.account_id = factor.account_id
                   where factor.account_id = opened.account_id
                     and factor.activated_at is not null
                     and factor.disabled_at is null
                     and \(Factor.isOpen(of: "owner"))) as factor_types,
               \(Factor.isBound("opened.account_id")) as is_bound,
               exists (
                   select from recovery_pin
                   where recovery_pin.practice_id = $1::uuid
                     and recovery_pin.account_id = opened.account_id
                     and recovery_pin.activated_at is not null
                     and recovery_pin.ended_at is null) as has_super_pin,
               opened.waits_until,
               $nonce as nonce
        from opened
        join identified on true
        """

    private static let recoveryWait = RecoveryLimits.wait

    var parameters: [Parameter] { [.uuid(practice), .uuid(session), .uuid(client)] }

    static func decode(_ rows: [Row]) throws -> SignedIn? {
        guard let row = rows.first else { return nil }
        guard let locale = Language(rawValue: try row.text("locale")) else {
            throw PostgresError.undecodable("locale")
        }
        return SignedIn(
            session: try OpenedSession(row), locale: locale,
            factors: try row.texts("factor_types").compactMap(Factor.Kind.init),
            hasSuperPIN: try row.bool("has_super_pin"),
            maxAgeSeconds: try row.int("step_up_max_age_seconds"),
            codeLifetimeSeconds: try row.int("code_lifetime_seconds"),
            provenSince: try row.instantIfPresent("proven_since"),
            isBound: try row.bool("is_bound"),
            waitsUntil: try row.instantIfPresent("waits_until"))
    }
}
