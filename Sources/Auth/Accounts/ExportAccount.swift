import Foundation
import Postgres

/// Everything that the service keeps of an account in a practice, as one JSON text, and the row in the
/// audit that it was read (SU-3, V4).
///
/// Names end in `_at` where the value is an instant, in seconds since 1970; ``AccountExport`` makes them
/// readable. No password, secret, hash or sealed value is in it, and of a code only where it went.
struct ExportAccount: Statement {
    let act: Act
    let account: UUID

    struct Export: Sendable {
        let sections: JSONValue
        /// Nil where the account has none.
        let sealedUsername: [UInt8]?
    }

    static let lane = Lane.ordinary

    static let sql = """
        with audited as (
            insert into audit
                (practice_id, event, result, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.accountExported.rawValue)', 'done', $2::uuid, $4::uuid,
                   $4::uuid, $3::uuid
        )
        select json_build_object(
                   'account', json_build_object(
                       'subject', membership.subject,
                       'first_name', account.first_name,
                       'last_name', account.last_name,
                       'locale', account.locale,
                       'created_at', \(at("account.created_at")),
                       'member_since_at', \(at("membership.created_at")),
                       'password_changed_at', \(at("account.password_changed_at")),
                       'frozen_at', \(at("account.frozen_at"))),
                   'identifiers', \(identifiers),
                   'contacts', \(contacts),
                   'contact_changes', \(contactChanges),
                   'customer_numbers', \(customerNumbers),
                   'patients', \(patients),
                   'consents', \(consents),
                   'factors', \(factors),
                   'recovery_codes', \(recoveryCodes),
                   'super_pins', \(superPINs),
                   'recoveries', \(recoveries),
                   'desk_codes', \(deskCodes),
                   'linking_codes', \(linkingCodes),
                   'sessions', \(sessions),
                   'remembered_devices', \(rememberedDevices),
                   'codes', \(codes),
                   'invitations', \(invitations),
                   'activity', \(activity))::text as export,
               (\(sealedUsername)) as sealed_username,
               $nonce as nonce
        from membership
        join account on account.account_id = membership.account_id
        where membership.practice_id = $1::uuid
          and membership.account_id = $4::uuid
        """

    var parameters: [Parameter] {
        [.uuid(act.practiceID), act.client, .uuid(act.requestID), .uuid(account)]
    }

    /// Nil where the account is gone.
    static func decode(_ rows: [Row]) throws -> Export? {
        try rows.first.map { row in
            Export(
                sections: try JSONReader.value(of: Array(row.text("export").utf8)),
                sealedUsername: try row.bytesIfPresent("sealed_username"))
        }
    }

    static func at(_ instant: String) -> String {
        "extract(epoch from \(instant))::float8"
    }

    /// One section: a list, in the order of time.
    static func list(_ members: String, _ source: String, by order: String) -> String {
        """
        (
                       select coalesce(
                                  json_agg(json_build_object(\(members)) order by \(order)), '[]')
                       from \(source))
        """
    }
}

// MARK: - Sections

extension ExportAccount {
    /// There may be rows by two keys, of one name.
    private static let sealedUsername = """
        select identifier.value
                from identifier
                where identifier.practice_id = $1::uuid
                  and identifier.account_id = $4::uuid
                  and identifier.kind = '\(Identifier.Kind.username.rawValue)'
                order by identifier.created_at desc
                limit 1
        """

    /// What is typed at sign-in is kept as an HMAC and sealed: here is told that there is one. What it is
    /// stands among the contacts, and a username with the account, once it is opened.
    private static var identifiers: String {
        list(
            """
            'kind', identifier.kind, 'created_at', \(at("identifier.created_at")),
            'first_used_at', \(at("identifier.used_at"))
            """,
            """
            (  -- One of each kind, of which there may be rows by two keys.
                select named.kind, min(named.created_at) as created_at,
                       min(named.used_at) as used_at
                from identifier as named
                where named.practice_id = $1::uuid
                  and named.account_id = $4::uuid
                group by named.kind
            ) as identifier
            """, by: "identifier.created_at, identifier.kind")
    }

    private static var contacts: String {
        list(
            """
            'kind', contact.kind, 'address', contact.address,
            'created_at', \(at("contact.created_at")),
            'confirmed_at', \(at("coalesce(contact.confirmed_at, contact.stood_from)")),
            'disabled_at', \(at("contact.disabled_at")),
            'replaced_at', \(at("contact.stood_until"))
            """,
            """
            contact
            where contact.account_id = $4::uuid
            """, by: "contact.created_at, contact.contact_id")
    }

    private static var contactChanges: String {
        list(
            """
            'kind', contact_change.kind, 'address', contact_change.address,
            'created_at', \(at("contact_change.created_at")),
            'confirmed_at', \(at("contact_change.confirmed_at"))
            """,
            """
            contact_change
            where contact_change.practice_id = $1::uuid
              and contact_change.account_id = $4::uuid
            """, by: "contact_change.created_at, contact_change.kind")
    }

    private static var customerNumbers: String {
        list(
            """
            'number', customer_number.number,
            'created_at', \(at("customer_number.created_at"))
            """,
            """
            customer_number
            where customer_number.practice_id = $1::uuid
              and customer_number.account_id = $4::uuid
            """, by: "customer_number.created_at")
    }

    /// Of others than oneself only that they are linked: the rest is theirs.
    private static var patients: String {
        list(
            """
            'patient', patient_link.patient_id, 'external_id', patient.external_id,
            'role', patient_link.role, 'identity_level', patient_link.identity_level,
            'linked_at', \(at("patient_link.created_at")),
            'ends_at', \(at("patient_link.ends_at"))
            """,
            """
            patient_link
            join patient
                on patient.practice_id = $1::uuid
                and patient.patient_id = patient_link.patient_id
            where patient_link.practice_id = $1::uuid
              and patient_link.account_id = $4::uuid
            """, by: "patient_link.created_at, patient_link.patient_id")
    }

    private static var consents: String {
        list(
            """
            'kind', consent.kind, 'version', consent.version, 'locale', consent.locale,
            'title', document.title, 'accepted_at', \(at("consent.accepted_at"))
            """,
            """
            consent
            join document
                on document.practice_id = $1::uuid
                and document.kind = consent.kind
                and document.version = consent.version
                and document.locale = consent.locale
            where consent.practice_id = $1::uuid
              and consent.account_id = $4::uuid
            """, by: "consent.accepted_at, consent.kind")
    }

    private static var factors: String {
        list(
            """
            'type', factor.type, 'address', factor.address,
            'created_at', \(at("factor.created_at")),
            'activated_at', \(at("factor.activated_at")),
            'last_used_at', \(at("factor.last_used_at")),
            'disabled_at', \(at("factor.disabled_at"))
            """,
            """
            factor
            where factor.account_id = $4::uuid
            """, by: "factor.created_at, factor.factor_id")
    }

    private static var recoveryCodes: String {
        list(
            """
            'left', cardinality(recovery_codes.hashes), 'used', cardinality(recovery_codes.used),
            'created_at', \(at("recovery_codes.created_at")),
            'last_used_at', \(at("recovery_codes.last_used_at"))
            """,
            """
            recovery_codes
            where recovery_codes.account_id = $4::uuid
            """, by: "recovery_codes.created_at")
    }

    private static var recoveries: String {
        list(
            """
            'new_number', recovery.new_number, 'new_mailbox', recovery.new_mailbox,
            'changed', recovery.changed,
            'created_at', \(at("recovery.created_at")), 'done_at', \(at("recovery.done_at")),
            'ended_at', \(at("recovery.ended_at"))
            """,
            """
            recovery
            where recovery.practice_id = $1::uuid
              and recovery.account_id = $4::uuid
            """, by: "recovery.created_at, recovery.recovery_id")
    }

    private static var deskCodes: String {
        list(
            """
            'identity_document', desk_code.identity_document,
            'acting_staff', desk_code.acting_staff,
            'created_at', \(at("desk_code.created_at")),
            'expires_at', \(at("desk_code.expires_at")), 'used_at', \(at("desk_code.used_at")),
            'ended_at', \(at("desk_code.ended_at"))
            """,
            """
            desk_code
            where desk_code.practice_id = $1::uuid
              and desk_code.account_id = $4::uuid
            """, by: "desk_code.created_at, desk_code.desk_code_id")
    }

    private static var linkingCodes: String {
        list(
            """
            'created_at', \(at("linking_code.created_at")),
            'expires_at', \(at("linking_code.expires_at")),
            'used_at', \(at("linking_code.used_at"))
            """,
            """
            linking_code
            where linking_code.practice_id = $1::uuid
              and linking_code.account_id = $4::uuid
            """, by: "linking_code.created_at, linking_code.code_id")
    }

    /// The patient's own, and the practice's for an activation.
    private static var superPINs: String {
        list(
            """
            'kind', pin.kind, 'created_at', \(at("pin.created_at")),
            'activated_at', \(at("pin.activated_at")), 'expires_at', \(at("pin.expires_at")),
            'ended_at', \(at("pin.ended_at"))
            """,
            """
            (
                select 'own' as kind, recovery_pin.created_at, recovery_pin.activated_at,
                       null::timestamptz as expires_at, recovery_pin.ended_at
                from recovery_pin
                where recovery_pin.practice_id = $1::uuid
                  and recovery_pin.account_id = $4::uuid
                union all
                select 'activation', activation_pin.created_at, null, activation_pin.expires_at,
                       activation_pin.used_at
                from patient_link
                join activation_pin
                    on activation_pin.practice_id = $1::uuid
                    and activation_pin.patient_id = patient_link.patient_id
                where patient_link.practice_id = $1::uuid
                  and patient_link.account_id = $4::uuid
                  and patient_link.role = 'self'
            ) as pin
            """, by: "pin.created_at, pin.kind")
    }
}
