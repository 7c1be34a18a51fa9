import Cryptography
import Foundation

/// One thing that a person showed in a recovery, and which of them make two (Z-2, Z-11).
struct RecoveryProof: Sendable, Equatable, Codable {
    let method: Method
    /// What it is a proof of: two of one class are one.
    let `class`: String
    /// The mailbox, factor, super-PIN or desk code.
    let id: UUID
    /// Whether it is a contact that was confirmed at least 30 days ago.
    let aged: Bool

    enum Method: String, Sendable, CaseIterable, Codable {
        /// A code that went to a mailbox or a phone.
        case email, sms
        /// A code of an authenticator app.
        case totp
        /// The account's own super-PIN.
        case superPIN = "super_pin"
        /// One of ten codes on paper.
        case recoveryCode = "recovery_code"
        case deskCode = "desk_code"

        /// Whether it can be shown beside what was shown; a code that is sent is asked for first, and
        /// that says whether there is another contact.
        func isOpen(beside proofs: [RecoveryProof]) -> Bool {
            switch self {
            case .email, .sms, .deskCode: true
            case .superPIN, .recoveryCode:
                !proofs.contains { $0.class == RecoveryProof.paperClass }
            case .totp:
                RecoveryProof.isOwn(in: proofs)
                    && !proofs.contains { $0.class == RecoveryProof.appClass }
            }
        }
    }

    /// What a list of proofs is good for.
    enum Verdict: Sendable {
        case insufficient
        case sufficient
        /// Two members of staff vouch for a person who has no old contact.
        case sufficientLater
    }

    /// How old a contact is that stands beside a desk code, in days.
    static let agedDays = 30
    static let paperClass = "paper"
    static let appClass = "app"

    static func verdict(on proofs: [RecoveryProof]) -> Verdict {
        let own = proofs.filter { $0.method != .deskCode }
        let staff = Set(proofs.filter { $0.method == .deskCode }.map(\.class))
        if Set(own.map(\.class)).count >= 2 { return .sufficient }
        if !staff.isEmpty, own.contains(where: \.aged) { return .sufficient }
        return staff.count >= 2 ? .sufficientLater : .insufficient
    }

    /// Whether something of the person's own was shown; a desk code is of what staff saw. Only then an
    /// app's code is compared: tries of strangers, or of staff, would stop the owner's app.
    static func isOwn(in proofs: [RecoveryProof]) -> Bool {
        proofs.contains { $0.method != .deskCode }
    }

    /// A mailbox or a phone is one class, however it is spelled and in whatever role it serves.
    static func contactClass(of destination: Destination, keys: KeyRing) -> String {
        let mac = keys.macKey(.throttle).authenticate(fields: [
            "recovery-class", destination.channel.rawValue, destination.normalized,
        ])
        return "\(destination.channel.rawValue):\(mac.hexadecimal.prefix(32))"
    }
}

extension RecoveryPIN {
    var proof: RecoveryProof {
        RecoveryProof(
            method: .superPIN, class: RecoveryProof.paperClass, id: id, aged: false)
    }
}
