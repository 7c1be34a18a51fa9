import Cryptography
import Foundation
import Postgres

/// Ends the waits that somebody who forgot a password ran into with it: for each name that their account
/// has at the practice, from the network of the recovery that gave it another (AC-9, Z-20). What others
/// tried from elsewhere stays counted.
///
/// It comes after the recovery's commit: a sign-in locks its counters before its account, a recovery the
/// account first. Where it is lost, the waits end by themselves.
struct ForgetWaits: Sendable {
    let database: Database
    let keys: KeyRing

    func callAsFunction(
        of account: UUID, at practice: UUID, from network: [UInt8]?
    ) async throws {
        let names = try await database.run(FindLoginNames(practice: practice, account: account))
        let throttle = keys.macKey(.throttle)
        let pairs = try names.map { name in
            LoginAttempt.pairKey(
                of: try name.opened(of: account, at: practice, keys), from: network, throttle)
        }
        try await database.run(
            ForgetPairs(
                practice: practice, account: account, pairKeys: pairs,
                networkKey: network.map { keys.macKey(.network).authenticate($0) }))
    }
}

/// Reads what an account signs in with at a practice.
struct FindLoginNames: Statement {
    let practice: UUID
    let account: UUID

    enum Name: Sendable {
        case identifier(sealed: [UInt8])
        case customerNumber(String)
        case nationalNumber(sealed: [UInt8], externalID: String)

        /// As it is compared at sign-in.
        ///
        /// - Throws: `SealingKey.Fault` where the row was tampered with.
        func opened(of account: UUID, at practice: UUID, _ keys: KeyRing) throws -> String {
            switch self {
            case .identifier(let sealed):
                return try SealedIdentifier.opened(
                    sealed, of: account, practice: practice, keys: keys)
            case .customerNumber(let digits): return digits
            case .nationalNumber(let sealed, let externalID):
                let seal = PatientSeal(
                    practice: practice, externalID: externalID, key: keys.sealingKey(.seal))
                return try seal.open(sealed, .nationalNumber)?.expose() ?? ""
            }
        }
    }

    static let lane = Lane.ordinary

    static let sql = """
        with own as (
            select patient_link.patient_id
            from patient_link
            where patient_link.practice_id = $1::uuid
              and patient_link.account_id = $2::uuid
              and patient_link.role = 'self'
        )
        select name.*, $nonce as nonce
        from (
            select identifier.value as sealed, null::text as external_id, null::text as number
            from identifier
            where identifier.practice_id = $1::uuid
              and identifier.account_id = $2::uuid
            union all
            select patient.national_number, patient.external_id, null
            from own
            join patient
                on patient.practice_id = $1::uuid
                and patient.patient_id = own.patient_id
            where patient.national_number is not null
            union all
            select null, null, customer_number.number
            from customer_number
            where customer_number.practice_id = $1::uuid
              and (customer_number.patient_id in (select own.patient_id from own)
                   or customer_number.patient_id is null
                   and customer_number.account_id = $2::uuid)
        ) as name
        """

    var parameters: [Parameter] { [.uuid(practice), .uuid(account)] }

    static func decode(_ rows: [Row]) throws -> [Name] {
        try rows.map { row in
            if let digits = try row.textIfPresent("number") { return .customerNumber(digits) }
            let sealed = try row.bytes("sealed")
            guard let externalID = try row.textIfPresent("external_id") else {
                return .identifier(sealed: sealed)
            }
            return .nationalNumber(sealed: sealed, externalID: externalID)
        }
    }
}

/// Forgets what was counted of an account's names from one network, and of the account at it.
struct ForgetPairs: Statement {
    let practice: UUID
    let account: UUID
    let pairKeys: [[UInt8]]
    /// Nil where the caller did not tell the network.
    let networkKey: [UInt8]?

    static let lane = Lane.ordinary

    static let sql = """
        with locked as (  -- Pairs before the lane, as a sign-in does; no sign-in has two pairs.
            select throttle.throttle_key
            from throttle
            where throttle.practice_id = $1::uuid
              and throttle.throttle_key = any ($3::bytea[] || \(knownNetwork))
            order by throttle.throttle_key = \(knownNetwork), throttle.throttle_key
            for update
        ),
        forgotten as (
            delete from throttle
            using locked
            where throttle.practice_id = $1::uuid
              and throttle.throttle_key = locked.throttle_key
            returning throttle.throttle_key
        )
        select exists (select from forgotten) as forgotten, $nonce as nonce
        """

    /// Null, which equals nothing, where the network is not known.
    private static let knownNetwork = "sha256($4::bytea || uuid_send($2::uuid))"

    var parameters: [Parameter] {
        [
            .uuid(practice), .uuid(account), .byteArrays(pairKeys),
            networkKey.map(Parameter.bytes) ?? .null,
        ]
    }

    static func decode(_ rows: [Row]) throws {}
}
