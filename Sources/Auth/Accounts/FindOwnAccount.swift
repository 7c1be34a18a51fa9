import Foundation
import Postgres

/// Reads an account for its owner.
struct FindOwnAccount: Statement {
    let practice: UUID
    let account: UUID
    /// The owner's sign-in.
    let session: UUID

    static let lane = Lane.ordinary

    static let sql = """
        select account.first_name, account.last_name, account.locale, account.password_changed_at,
               exists (
                   select from identifier
                   where identifier.practice_id = $1::uuid
                     and identifier.account_id = account.account_id
                     and identifier.kind = 'username') as has_username,
               \(contact(.email)),
               \(contact(.sms)),
               own.external_id as own_external_id, own.date_of_birth as own_date_of_birth,
               own.mobile as own_mobile,
               own.number as customer_number,
               (select coalesce(
                           json_agg(
                               json_build_object(
                                   'id', patient_link.patient_id, 'role', patient_link.role,
                                   'identity_level', patient_link.identity_level,
                                   'ends_at', extract(epoch from patient_link.ends_at))
                               order by patient_link.role <> 'self', patient_link.patient_id),
                           '[]')::text
                from patient_link
                where patient_link.practice_id = $1::uuid
                  and patient_link.account_id = account.account_id
                  and (patient_link.ends_at is null
                       or patient_link.ends_at > clock_timestamp())) as patients,
               (select max(session.authenticated_at)
                from session
                where session.practice_id = $1::uuid
                  and session.account_id = account.account_id
                  and session.session_id <> $3::uuid) as last_sign_in_at,
               $nonce as nonce
        from membership
        join account on account.account_id = membership.account_id
        left join lateral (
            select patient.external_id, patient.date_of_birth, patient.mobile,
                   customer_number.number
            from patient_link
            join patient
                on patient.practice_id = $1::uuid
                and patient.patient_id = patient_link.patient_id
            left join customer_number
                on customer_number.practice_id = $1::uuid
                and customer_number.patient_id = patient_link.patient_id
            where patient_link.practice_id = $1::uuid
              and patient_link.account_id = membership.account_id
              and patient_link.role = 'self'
            order by patient_link.created_at, patient_link.patient_id
            limit 1
        ) as own on true
        where membership.practice_id = $1::uuid
          and membership.account_id = $2::uuid
        """

    /// The address in force, and the one that waits for its code.
    private static func contact(_ kind: ChannelKind) -> String {
        """
        (select json_build_object(
                           'address', contact.address,
                           'confirmed', contact.confirmed_at is not null)::text
                from contact
                where contact.account_id = account.account_id
                  and contact.kind = '\(kind.rawValue)'
                  and contact.stood_until is null
                order by contact.confirmed_at is null, contact.created_at, contact.contact_id
                limit 1) as contact_\(kind.rawValue),
               (select contact_change.address
                from contact_change
                where contact_change.practice_id = $1::uuid
                  and contact_change.account_id = account.account_id
                  and contact_change.kind = '\(kind.rawValue)'
                  and contact_change.session_id = $3::uuid
                  and exists (
                      select from code
                      join live_code using (practice_id, code_id)
                      where code.practice_id = $1::uuid
                        and code.flow_id = contact_change.change_id)
               ) as pending_\(kind.rawValue)
        """
    }

    var parameters: [Parameter] { [.uuid(practice), .uuid(account), .uuid(session)] }

    static func decode(_ rows: [Row]) throws -> OwnAccount? { try rows.first.map(OwnAccount.init) }
}
