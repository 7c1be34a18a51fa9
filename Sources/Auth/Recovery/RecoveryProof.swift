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
        /// It counts where a mailbox is what was lost, and for nothing else: with a code to the mailbox it
        /// would take away the phone that a sign-in asks for beside both (Z-3).
        case password
        /// One of ten codes on paper.
        case recoveryCode = "recovery_code"
        case deskCode = "desk_code"

        /// Whether it can be shown beside what was shown; a code that is sent is asked for first, and
        /// that says whether there is another contact.
        func isOpen(beside proofs: [RecoveryProof], counting counted: [RecoveryProof]) -> Bool {
            switch self {
            case .email, .sms, .deskCode: true
            case .superPIN, .recoveryCode:
                !proofs.contains { $0.class == RecoveryProof.paperClass }
            case .totp:
                RecoveryProof.isOwn(in: counted)
                    && !proofs.contains { $0.class == RecoveryProof.appClass }
            case .password:
                RecoveryProof.isOwn(in: counted)
                    && !proofs.contains { $0.class == RecoveryProof.passwordClass }
            }
        }
    }

    /// What a recovery replaces; the raw value is what its row says that it changed.
    enum Loss: String, Sendable {
        case password, factor, mailbox
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
    static let passwordClass = "password"

    static func verdict(on proofs: [RecoveryProof], for loss: Loss) -> Verdict {
        let proofs = proofs.filter { loss == .mailbox || $0.method != .password }
        let own = proofs.filter { $0.method != .deskCode }
        let staff = Set(proofs.filter { $0.method == .deskCode }.map(\.class))
        if Set(own.map(\.class)).count >= 2 { return .sufficient }
        if !staff.isEmpty, own.contains(where: \.aged) { return .sufficient }
        return staff.count >= 2 ? .sufficientLater : .insufficient
    }

    /// Whether something of the person's own was shown; a desk code is of what staff saw. Only then an
    /// app's code or the password is compared: tries of strangers, or of staff, would stop the owner's
    /// app, or make the owner wait.
    static func isOwn(in proofs: [RecoveryProof]) -> Bool { firstOwn(in: proofs) != nil }

    static func firstOwn(in proofs: [RecoveryProof]) -> RecoveryProof? {
        proofs.first { $0.method != .deskCode }
    }

    static func password(of account: UUID) -> RecoveryProof {
        RecoveryProof(method: .password, class: passwordClass, id: account, aged: false)
    }

    /// A mailbox or a phone is one class, however it is spelled and in whatever role it serves.
    static func contactClass(of destination: Destination, keys: KeyRing) -> String {
        let mac = keys.macKey(.throttle).authenticate(fields: [
            "recovery-class", destination.channel.rawValue, destination.normalized,
        ])
        return "\(destination.channel.rawValue):\(mac.hexadecimal.prefix(32))"
    }
}

extension RecoveryProof {
    /// Whether a proof is by what a freeze of the account reaches: whoever changed it may be the one whom
    /// the freeze was against. A mailbox that was given up, and is purged by now maybe, is no proof
    /// either: who reads it may be whom its owner left it to.
    ///
    /// - Parameter account: an arm or table with the account's id and times; `proof` is the proof.
    static func isSuspect(of account: String) -> String {
        let given = [
            ("contact", "contact_id", "confirmed_at"), ("factor", "factor_id", "activated_at"),
            ("recovery_pin", "pin_id", "activated_at"), ("recovery_codes", "set_id", "created_at"),
        ].map { table, id, time in
            "select \(table).\(id) as id, \(table).\(time) as since from \(table) "
                + "where \(table).account_id = \(account).account_id"
                + (table == "recovery_pin" ? " and recovery_pin.practice_id = $1::uuid" : "")
        }
        let password =
            "select \(account).account_id as id, \(account).password_changed_at as since"
        // One that a recovery set does not grow old before its owner stops it.
        let stolen = """
            coalesce(
                (proof ->> 'id')::uuid = \(account).account_id
                    and \(account).password_recovered_at = \(account).password_changed_at
                    and \(account).password_recovered_at <= \(account).frozen_at, false)
            """
        let late = FreezeReach(of: account).includes("given.since")
        return """
            (\(stolen) or exists (
                select from (\((given + [password]).joined(separator: " union all "))) as given
                where given.id = (proof ->> 'id')::uuid
                  and \(late))
            or exists (
                select from contact as former
                where former.account_id = \(account).account_id
                  and former.contact_id = (proof ->> 'id')::uuid
                  and former.stood_until is not null)
            or proof ->> 'method' = '\(Method.email.rawValue)' and not exists (
                select from contact as standing
                where standing.account_id = \(account).account_id
                  and standing.contact_id = (proof ->> 'id')::uuid
                union all
                select from factor as standing
                where standing.account_id = \(account).account_id
                  and standing.factor_id = (proof ->> 'id')::uuid))
            """
    }
}

extension RecoveryPIN {
    var proof: RecoveryProof {
        RecoveryProof(
            method: .superPIN, class: RecoveryProof.paperClass, id: id, aged: false)
    }
}
