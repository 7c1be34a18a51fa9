// How the account was used: where it was signed in, what went out, and what happened.
extension ExportAccount {
    static var sessions: String {
        list(
            """
            'session', session.session_id, 'client', client.name, 'device', session.device,
            'methods', (
                select json_agg(shown ->> 'method')
                from jsonb_array_elements(session.proofs) as shown),
            'signed_in_at', \(at("session.authenticated_at")),
            'last_used_at', \(at("session.rotated_at")),
            'expires_at', \(at("session.expires_at")), 'ended_at', \(at("session.ended_at")),
            'end_reason', session.end_reason
            """,
            """
            session
            join client
                on client.practice_id = $1::uuid
                and client.client_id = session.client_id
            where session.practice_id = $1::uuid
              and session.account_id = $4::uuid
            """, by: "session.created_at, session.session_id")
    }

    static var rememberedDevices: String {
        list(
            """
            'client', client.name, 'device', remembered_device.device,
            'created_at', \(at("remembered_device.created_at")),
            'last_used_at', \(at("remembered_device.last_used_at")),
            'expires_at', \(at("remembered_device.expires_at")),
            'ended_at', \(at("remembered_device.ended_at"))
            """,
            """
            remembered_device
            join client
                on client.practice_id = $1::uuid
                and client.client_id = remembered_device.client_id
            where remembered_device.practice_id = $1::uuid
              and remembered_device.account_id = $4::uuid
            """, by: "remembered_device.created_at, remembered_device.device_id")
    }

    static var codes: String {
        list(
            """
            'purpose', code.purpose, 'channel', code.channel, 'destination', code.destination,
            'reference', code.reference, 'sent_at', \(at("code.sent_at")),
            'expires_at', \(at("code.expires_at")), 'used_at', \(at("code.used_at")),
            'delivery', message.state, 'delivery_reason', message.reason
            """,
            """
            code
            left join message
                on message.practice_id = $1::uuid
                and message.code_id = code.code_id
            where code.practice_id = $1::uuid
              and code.code_id in (
                  select own.code_id
                  from code as own
                  where own.practice_id = $1::uuid
                    and own.subject_id = $4::uuid
                  union all
                  -- Those that other systems asked for have subjects of their own (Z-19).
                  select requested.code_id
                  from code_request
                  join code as requested
                      on requested.practice_id = $1::uuid
                      and requested.flow_id = code_request.request_id
                  where code_request.practice_id = $1::uuid
                    and code_request.account_id = $4::uuid)
            """, by: "code.sent_at, code.code_id")
    }

    static var invitations: String {
        list(
            """
            'destination', invitation.destination,
            'created_at', \(at("invitation.created_at")),
            'expires_at', \(at("invitation.expires_at")),
            'ended_at', \(at("invitation.ended_at")), 'end_reason', invitation.end_reason
            """,
            """
            patient_link
            join invitation
                on invitation.practice_id = $1::uuid
                and invitation.patient_id = patient_link.patient_id
            where patient_link.practice_id = $1::uuid
              and patient_link.account_id = $4::uuid
              and patient_link.role = 'self'
            """, by: "invitation.created_at, invitation.invitation_id")
    }

    /// Who did what with the account, when and with what result (NEN 7513).
    static var activity: String {
        list(
            """
            'happened_at', \(at("audit.happened_at")), 'event', audit.event,
            'result', audit.result, 'reason', audit.reason, 'client', client.name,
            'acting_staff', audit.acting_staff
            """,
            """
            audit
            left join client
                on client.practice_id = $1::uuid
                and client.client_id = audit.client_id
            where audit.practice_id = $1::uuid
              and audit.account_id = $4::uuid
            """, by: "audit.happened_at, audit.audit_id")
    }
}
