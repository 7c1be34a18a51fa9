import Cryptography
import Foundation
import Postgres

/// An address that shall become an account's once a code that went there was typed.
struct ContactChange: Sendable {
    /// The flow of its code.
    let id: UUID
    let kind: Kind
    let address: String
    /// Of the account, of this kind, confirmed until now.
    let former: [String]

    /// What a person can be reached by; the raw value is the contact's kind.
    enum Kind: String, Sendable, CaseIterable {
        case email, sms

        var purpose: CodePurpose {
            switch self {
            case .email: .emailChange
            case .sms: .mobileChange
            }
        }

        var event: AuditEvent {
            switch self {
            case .email: .emailChanged
            case .sms: .mobileChanged
            }
        }

        var end: AccessEnd {
            switch self {
            case .email: .emailChanged
            case .sms: .mobileChanged
            }
        }

        /// As the owner is told it.
        func news(to masked: String) -> AccountChange {
            switch self {
            case .email: .emailChanged(to: masked)
            case .sms: .mobileChanged(to: masked)
            }
        }
    }

    var masked: String {
        switch kind {
        case .email: MaskedDestination.email(address)
        case .sms: MaskedDestination.phone(address)
        }
    }
}

/// Reads the change that a sign-in asked for last.
struct FindContactChange: Statement {
    let practice: UUID
    let account: UUID
    let kind: ContactChange.Kind

    static let lane = Lane.ordinary

    struct Found: Sendable {
        let change: ContactChange
        /// The only sign-in that its code is taken from.
        let session: UUID
    }

    static let sql = """
        select contact_change.change_id, contact_change.kind, contact_change.address,
               contact_change.session_id,
               array(
                   select contact.address
                   from contact
                   where contact.account_id = contact_change.account_id
                     and contact.kind = contact_change.kind
                     and contact.confirmed_at is not null
                   order by contact.created_at, contact.contact_id) as former,
               $nonce as nonce
        from contact_change
        where contact_change.practice_id = $1::uuid
          and contact_change.account_id = $2::uuid
          and contact_change.kind = $3::text
        """

    var parameters: [Parameter] { [.uuid(practice), .uuid(account), .text(kind.rawValue)] }

    static func decode(_ rows: [Row]) throws -> Found? {
        guard let row = rows.first else { return nil }
        guard let kind = ContactChange.Kind(rawValue: try row.text("kind")) else {
            throw PostgresError.undecodable("kind")
        }
        return Found(
            change: ContactChange(
                id: try row.uuid("change_id"), kind: kind, address: try row.text("address"),
                former: try row.texts("former")),
            session: try row.uuid("session_id"))
    }
}

/// Asks whoever reads the new address for a code; nothing of the account is changed by it. A further
/// request takes the place of the one before.
struct AskContactChange: IdempotentStatement {
    let act: Act
    let account: UUID
    let session: UUID
    let kind: ContactChange.Kind
    let code: SendCode

    var subject: UUID? { account }

    enum Outcome: Sendable {
        case sent(SentCode)
        case refused(SendRefusal)
        case overtaken
    }

    /// The code's parameters come after those of the change.
    private static let firstOfCode = 11

    static let arms = """
        asked as (
            select $6::uuid as subject_id, $7::text as purpose, null::uuid as known_code_id,
                   null::timestamptz as ends_at
            where not exists (select from stored)
        ),
        \(SendCode.arms(first: firstOfCode)),
        requested as (
            insert into contact_change
                (practice_id, account_id, kind, change_id, session_id, address)
            select $1::uuid, $6::uuid, $8::text,
                   \(SendCode.parameter(.flow, first: firstOfCode))::uuid, $9::uuid, $10::text
            from sent
            on conflict (practice_id, account_id, kind) do update
            set change_id = excluded.change_id,
                session_id = excluded.session_id,
                address = excluded.address,
                created_at = excluded.created_at,
                confirmed_at = null
        ),
        outcome as (
            select \(SendRefusal.word(sent: "sent")),
                   sent.code_id is not null as lasting,
                   \(SendRefusal.columns),
                   \(SendCode.columns)
            from (values (1)) as always_one_row
            left join ready on true
            \(SendCode.joins)
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.codeSent.rawValue)',
                   case when outcome.word = 'sent' then 'done' else 'refused' end,
                   case when outcome.word = 'sent' then null else outcome.word end,
                   $2::uuid, $6::uuid, outcome.code_id, $5::uuid
            from outcome
            where outcome.word <> 'overtaken'
              and not exists (select from stored)
        )
        """

    var ownParameters: [Parameter] {
        [
            .uuid(account), .text(kind.purpose.slug), .text(kind.rawValue), .uuid(session),
            .text(code.destination.address),
        ] + code.parameters
    }

    static func outcome(_ row: Row) throws -> Outcome {
        if let refusal = try SendRefusal(row) { return .refused(refusal) }
        guard try row.text("word") == "sent" else { return .overtaken }
        return .sent(try SentCode(row))
    }
}

/// Gives up a change before its code was typed; the code is void, and its message, if still here, is
/// withdrawn. A second time changes nothing.
struct CancelContactChange: Statement {
    let act: Act
    let account: UUID
    let kind: ContactChange.Kind

    var subject: UUID? { account }

    static let sql = """
        with standing as (
            select contact_change.change_id
            from contact_change
            where contact_change.practice_id = $1::uuid
              and contact_change.account_id = $4::uuid
              and contact_change.kind = $5::text
              and contact_change.confirmed_at is null
        ),
        voided as (
            update code
            set voided_at = clock_timestamp()
            from standing
            where code.practice_id = $1::uuid
              and code.flow_id = standing.change_id
              and code.used_at is null
              and code.voided_at is null
            returning code.code_id
        ),
        removed as (
            delete from contact_change
            using standing
            where contact_change.practice_id = $1::uuid
              and contact_change.account_id = $4::uuid
              and contact_change.kind = $5::text
              and contact_change.change_id = standing.change_id
              and contact_change.confirmed_at is null
              and (select count(*) from voided) >= 0
            returning contact_change.change_id
        ),
        audited as (
            insert into audit
                (practice_id, event, result, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.codeCancelled.rawValue)', 'done', $2::uuid, $4::uuid,
                   removed.change_id, $3::uuid
            from removed
        )
        select exists (select from removed) as removed, $nonce as nonce
        """

    var parameters: [Parameter] {
        [
            .uuid(act.practiceID), act.client, .uuid(act.requestID), .uuid(account),
            .text(kind.rawValue),
        ]
    }

    static func decode(_ rows: [Row]) throws {}
}
