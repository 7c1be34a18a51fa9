import Cryptography
import Foundation

/// What staff hand a person whose identity document they have seen: sixteen random digits (53 bits), kept
/// as a keyed hash, for one use within the hour (Z-11).
struct DeskCode: Sendable {
    static let digits = 16
    static let lifeMinutes = 60
    /// So many are made for an account in a day.
    static let issuesPerDay = 5

    let code: Code

    /// The kind of document that was seen; its number is nobody's business here.
    enum IdentityDocument: String, Sendable, CaseIterable {
        case passport
        case idCard = "id-card"
        case drivingLicence = "driving-licence"
        case residencePermit = "residence-permit"
    }

    static func random() -> DeskCode { DeskCode(code: .random(digits: digits)) }

    private init(code: Code) { self.code = code }

    /// As people type it, in groups or not; nil where it has not sixteen digits.
    init?(typed: String) {
        guard let code = try? Code(parsing: typed, digits: Self.digits...Self.digits) else {
            return nil
        }
        self.code = code
    }

    /// In four groups, as it is printed.
    var printed: Secret<String> {
        let digits = Array(code.digits)
        return Secret(
            stride(from: 0, to: digits.count, by: 4).map { String(digits[$0..<$0 + 4]) }
                .joined(separator: " "))
    }

    /// By every key of the ring, the current one first. The account is in it: elsewhere the same digits
    /// are another code.
    func hashes(account: UUID, keys: KeyRing) -> [[UInt8]] {
        keys.macKeys(.deskCode).map { $0.authenticate(fields: [account.uuidString, code.digits]) }
    }
}
