import Cryptography
import Foundation
import Postgres

/// Where something sealed stands for long that nothing else in its row depends on.
enum SealedPlace: String, CaseIterable, Sendable {
    case password = "account.password"
    case typedPassword = "enrolment.password"
    case appSecret = "factor.secret"
    case gatewaySecret = "gateway.secret"
    case reportSecret = "gateway.report_secret"
    case activationPIN = "activation_pin.hash"
    case recoveryPIN = "recovery_pin.hash"

    var table: String { String(rawValue.prefix { $0 != "." }) }
    var column: String { String(rawValue.drop { $0 != "." }.dropFirst()) }

    /// The row's key, from the first column on.
    var key: [String] {
        switch self {
        case .password: ["account_id"]
        case .typedPassword: ["practice_id", "enrolment_id"]
        case .appSecret: ["account_id", "factor_id"]
        case .gatewaySecret, .reportSecret: ["practice_id", "gateway_id"]
        case .activationPIN: ["practice_id", "patient_id"]
        case .recoveryPIN: ["practice_id", "account_id", "pin_id"]
        }
    }

    /// What the value is bound to besides; as SQL of a `text[]`.
    fileprivate var bound: String {
        switch self {
        case .typedPassword: "array[enrolment.account_id::text]"
        case .gatewaySecret, .reportSecret: "array[gateway.kind, gateway.name, gateway.origin]"
        default: "array[]::text[]"
        }
    }
}

/// A sealed value with all that it is bound to.
struct SealedValue: Sendable {
    let place: SealedPlace
    /// Of ``SealedPlace/key``, in its order.
    let key: [UUID]
    fileprivate let bound: [String]
    let sealed: [UInt8]

    /// Opened, and sealed by the current key.
    ///
    /// - Throws: `SealingKey.Fault` where the row was tampered with.
    func resealed(_ keys: KeyRing) throws -> [UInt8] {
        switch place {
        case .password: try password(of: key[0], keys)
        case .typedPassword: try password(of: UUID(uuidString: bound[0]) ?? key[1], keys)
        case .appSecret:
            try TOTP(sealed: sealed, of: key[0], factor: key[1], keys: keys)
                .sealed(of: key[0], factor: key[1], keys: keys)
        case .gatewaySecret: try gatewaySecret(.requests, keys)
        case .reportSecret: try gatewaySecret(.reports, keys)
        case .activationPIN: try superPIN(of: .init(kind: .activation, id: key[1]), keys)
        case .recoveryPIN: try superPIN(of: .init(kind: .recovery, id: key[2]), keys)
        }
    }

    private func password(of account: UUID, _ keys: KeyRing) throws -> [UInt8] {
        let phc = try SealedPassword(bytes: sealed).open(account: account, keys: keys)
        return SealedPassword.seal(phc, account: account, keys: keys).bytes
    }

    private func gatewaySecret(_ secret: GatewaySecret, _ keys: KeyRing) throws -> [UInt8] {
        guard let kind = ChannelKind(rawValue: bound[0]) else { throw SealingKey.Fault.malformed }
        return try secret.resealed(
            sealed, with: keys.sealingKey(.gateway), practice: key[0], kind: kind, name: bound[1],
            origin: bound[2])
    }

    private func superPIN(of owner: SuperPINHasher.Owner, _ keys: KeyRing) throws -> [UInt8] {
        let pin = SealedSuperPIN(bytes: sealed)
        guard let phc = try pin.open(of: owner, practice: key[0], keys: keys) else {
            throw SealingKey.Fault.malformed
        }
        return SealedSuperPIN(phc, of: owner, practice: key[0], keys: keys).bytes
    }
}

/// Some of the values that a former key sealed, of each place.
struct FindSealedValues: KeyStatement {
    let keyID: String

    /// Of each place: some milliseconds.
    static let batchLimit = 100

    // Here and in its neighbours a range in the key's order, so that the index is read: most rows are equal
    // at first, and a scan from the table's start would pass over all that is done, batch after batch.
    static let sql = """
        select found.*, $nonce as nonce
        from (
            \(SealedPlace.allCases.map(branch).joined(separator: "\nunion all\n"))
        ) as found
        """

    private static func branch(_ place: SealedPlace) -> String {
        let key = place.key.map { "\(place.table).\($0)" }.joined(separator: ", ")
        let value = "\(place.table).\(place.column)"
        return """
            (select '\(place.rawValue)' as place, array[\(key)] as key, \(place.bound) as bound,
                    \(value) as sealed
             from \(place.table)
             where sealing_key(\(value)) between $1::text and $1::text
               and \(value) is not null
             order by sealing_key(\(value))
             limit \(batchLimit))
            """
    }

    var parameters: [Parameter] { [.text(keyID)] }

    static func decode(_ rows: [Row]) throws -> [SealedValue] {
        try rows.map { row in
            guard let place = SealedPlace(rawValue: try row.text("place")) else {
                throw PostgresError.undecodable("place")
            }
            return SealedValue(
                place: place, key: try row.uuids("key"), bound: try row.texts("bound"),
                sealed: try row.bytes("sealed"))
        }
    }
}

/// Puts values that were sealed anew into their rows, where these have not changed meanwhile; returns how
/// many.
struct ResealValues: KeyStatement {
    struct Change: Sendable {
        let value: SealedValue
        let sealed: [UInt8]
    }

    let place: SealedPlace
    /// All of that place.
    let changes: [Change]

    static let sql = """
        with change as (
            select change.*
            from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::bytea[], $6::bytea[])
                as change (key_1, key_2, key_3, former, sealed)
        ),
        \(SealedPlace.allCases.map(arm).joined(separator: ",\n"))
        select \(SealedPlace.allCases.map { "(select count(*) from \(name($0)))" }
            .joined(separator: " + ")) as resealed,
               $nonce as nonce
        """

    private static func arm(_ place: SealedPlace) -> String {
        let key = place.key.enumerated().map { index, column in
            "  and \(place.table).\(column) = change.key_\(index + 1)"
        }
        return """
            \(name(place)) as (
                update \(place.table)
                set \(place.column) = change.sealed
                from change
                where $1::text = '\(place.rawValue)'
                  and \(place.table).\(place.column) = change.former
                \(key.joined(separator: "\n    "))
                returning true
            )
            """
    }

    private static func name(_ place: SealedPlace) -> String { "\(place.table)_\(place.column)" }

    var parameters: [Parameter] {
        func key(_ index: Int) -> Parameter {
            .uuids(
                changes.map { $0.value.key.indices.contains(index) ? $0.value.key[index] : .zero })
        }
        return [
            .text(place.rawValue), key(0), key(1), key(2),
            .byteArrays(changes.map(\.value.sealed)), .byteArrays(changes.map(\.sealed)),
        ]
    }

    static func decode(_ rows: [Row]) throws -> Int { try rows.first?.int("resealed") ?? 0 }
}
