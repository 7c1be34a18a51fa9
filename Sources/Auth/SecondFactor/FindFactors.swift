import Cryptography
import Foundation
import Postgres

/// An account's factors, whatever their state, and what else its owner could enrol here.
struct FindFactors: Statement {
    let practice: UUID
    let account: UUID

    static let sql = """
        select head.now, head.recovery_set_id, head.recovery_codes_left, head.registered_mobile,
               head.identity_level, head.mailbox_id,
               head.mailbox, factor.factor_id, factor.type,
               coalesce(factor.address, contact.address) as address, factor.secret,
               factor.last_step, factor.created_at, factor.activated_at, factor.last_used_at,
               -- A mailbox counts by its contact, chosen or not.
               coalesce(factor.disabled_at, contact.disabled_at) as disabled_at,
               $nonce as nonce
        from (
            select clock_timestamp() as now,
                   recovery_codes.set_id as recovery_set_id,
                   coalesce(cardinality(recovery_codes.hashes), 0) as recovery_codes_left,
                   own.mobile as registered_mobile, own.identity_level,
                   mailbox.contact_id as mailbox_id, mailbox.address as mailbox
            from (values (1)) as always_one_row
            left join recovery_codes on recovery_codes.account_id = $2::uuid
            left join lateral (
                -- The register proposes; what it has of others than the person is not theirs.
                select patient.mobile, patient_link.identity_level
                from patient_link
                join patient
                    on patient.practice_id = $1::uuid
                    and patient.patient_id = patient_link.patient_id
                where patient_link.practice_id = $1::uuid
                  and patient_link.account_id = $2::uuid
                  and patient_link.role = 'self'
                limit 1
            ) as own on true
            left join lateral (
                select contact.contact_id, contact.address
                from contact
                where contact.account_id = $2::uuid
                  and contact.kind = 'email'
                  and contact.confirmed_at is not null
                order by contact.created_at, contact.contact_id
                limit 1
            ) as mailbox on true
        ) as head
        left join factor on factor.account_id = $2::uuid
        left join contact
            on contact.account_id = $2::uuid
            and contact.contact_id = factor.factor_id
        order by factor.created_at, factor.factor_id
        """

    var parameters: [Parameter] { [.uuid(practice), .uuid(account)] }

    static func decode(_ rows: [Row]) throws -> AccountFactors {
        guard let head = rows.first else { throw PostgresError.undecodable(name) }
        return AccountFactors(
            all: try rows.compactMap(EnrolledFactor.init),
            recoverySetID: try head.uuidIfPresent("recovery_set_id"),
            recoveryCodesLeft: try head.int("recovery_codes_left"),
            registeredMobile: try head.textIfPresent("registered_mobile"),
            identity: try head.textIfPresent("identity_level")
                .flatMap { EnrolmentProgress.IdentityLevel(rawValue: $0) },
            mailboxID: try head.uuidIfPresent("mailbox_id"),
            mailbox: try head.textIfPresent("mailbox"), now: try head.instant("now"))
    }
}

/// What an account signs in with, and could.
struct AccountFactors: Sendable {
    /// The oldest first.
    let all: [EnrolledFactor]
    let recoverySetID: UUID?
    let recoveryCodesLeft: Int
    /// Of the account's own patient, as the practice's register has it; nobody has proved it.
    let registeredMobile: String?
    /// How its owner proved who they are; nil where nobody here looked.
    let identity: EnrolmentProgress.IdentityLevel?
    /// The oldest confirmed one.
    let mailboxID: UUID?
    let mailbox: String?
    /// The database's clock.
    let now: Date

    /// - Throws: `factor-unknown`.
    func factor(_ id: UUID) throws(Problem) -> EnrolledFactor {
        guard let factor = all.first(where: { $0.id == id }) else {
            throw Problem(.factorUnknown)
        }
        return factor
    }

    /// Whether nothing but the register's mobile can be bound yet: who proved to be the patient by what the
    /// register knows may have read it elsewhere, and must not bring a phone or an app of their own first (Z-16).
    var firstIsRegistered: Bool {
        identity == .details && !all.contains { $0.status != .pending && $0.factor.type != .email }
    }

    /// Whether a code of this number or mailbox signs its owner in.
    func isActive(_ destination: Destination) -> Bool {
        all.contains {
            $0.status != .pending && $0.factor.type == destination.type
                && $0.factor.address == destination.address
        }
    }

    /// The register's number, where a code may go there and it is no factor yet (NO-2).
    func registeredNumber(in practice: Practice) -> Destination? {
        guard let registeredMobile,
            let number = Destination(
                stored: registeredMobile, channel: .sms, practice: practice),
            !isActive(number)
        else { return nil }
        return number
    }

    /// The mailbox, where codes may go there and its owner has not chosen it yet.
    func addableMailbox(in practice: Practice) -> (id: UUID, Destination)? {
        guard practice.policy.emailCodes, let mailbox, let mailboxID,
            let destination = Destination(stored: mailbox, channel: .email, practice: practice),
            !isActive(destination)
        else { return nil }
        return (mailboxID, destination)
    }
}

extension Destination {
    fileprivate var type: Factor.Kind {
        switch self {
        case .mailbox: .email
        case .mobile: .sms
        }
    }
}

/// A row of `factor`.
struct EnrolledFactor: Sendable {
    let factor: Factor
    let status: Status
    let createdAt: Date
    let activatedAt: Date?
    let lastUsedAt: Date?
    /// Of an app alone.
    let sealedSecret: [UInt8]?
    let lastStep: Int?

    var id: UUID { factor.id }

    enum Status: String, Sendable, CaseIterable {
        /// Not proven yet: it satisfies nothing and is in nobody's way.
        case pending
        case active
        /// Stopped by too many wrong codes.
        case disabled
    }

    /// Nil where the account has none.
    init?(_ row: Row) throws {
        guard let id = try row.uuidIfPresent("factor_id") else { return nil }
        guard let type = Factor.Kind(rawValue: try row.text("type")) else {
            throw PostgresError.undecodable("type")
        }
        factor = Factor(id: id, type: type, address: try row.textIfPresent("address"))
        activatedAt = try row.instantIfPresent("activated_at")
        status =
            activatedAt == nil
            ? .pending : try row.isNull("disabled_at") ? .active : .disabled
        createdAt = try row.instant("created_at")
        lastUsedAt = try row.instantIfPresent("last_used_at")
        sealedSecret = try row.bytesIfPresent("secret")
        lastStep = try row.intIfPresent("last_step")
    }

    /// The app's secret; nil of a factor that has none.
    ///
    /// - Throws: `SealingKey.Fault` where the row was tampered with.
    func app(of account: UUID, keys: KeyRing) throws -> TOTP? {
        try sealedSecret.map {
            try TOTP(sealed: $0, of: account, factor: id, keys: keys)
        }
    }

    func body(code: SentCode.Body? = nil) -> Body {
        Body(
            id: id, type: factor.type.rawValue, status: status.rawValue,
            destination: factor.masked, createdAt: createdAt, activatedAt: activatedAt,
            lastUsedAt: lastUsedAt, code: code)
    }

    struct Body: Encodable, Sendable {
        let id: UUID
        let type: String
        let status: String
        let destination: String?
        let createdAt: Date
        let activatedAt: Date?
        let lastUsedAt: Date?
        /// That went to a pending one, and how far it got.
        let code: SentCode.Body?
    }
}
