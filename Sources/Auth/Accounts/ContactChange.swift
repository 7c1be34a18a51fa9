import Cryptography
import Foundation
import Postgres

/// An address that shall become an account's once a code that went there was typed.
struct ContactChange: Sendable {
    /// The flow of its code.
    let id: UUID
    let kind: Kind
    let address: String

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
                id: try row.uuid("change_id"), kind: kind, address: try row.text("address")),
            session: try row.uuid("session_id"))
    }
}
