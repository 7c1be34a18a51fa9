import Foundation
import Postgres

/// How sure a sign-in is, by what was proved in it, as its tokens say it (standards.md, the acr ladder;
/// RFC 8176).
struct Assurance: Sendable, Equatable {
    let level: Level
    /// `amr`: how the person proved it.
    let amr: [String]

    /// The ladder of `acr`, compared by rank and never as text (Z-3).
    enum Level: String, Sendable, CaseIterable, Comparable {
        /// Steps that the practice's policy demands are left (Z-5).
        case enrol
        /// A password; a mailbox is no second factor in NIST's sense and adds nothing to it (F9).
        case one = "1"
        /// A factor that NIST calls restricted: SMS; also what only stands in for a factor.
        case twoRestricted = "2r"
        case two = "2"
        case three = "3"

        private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

        static func < (one: Level, other: Level) -> Bool { one.rank < other.rank }
    }

    init(_ proofs: [Proof]) {
        let worths = proofs.map(\.method.worth)
        let level = worths.map { $0.level }.max() ?? .one
        self.level = level
        var amr: [String] = []
        for case let name? in worths.map({ $0.amr }) where !amr.contains(name) { amr.append(name) }
        self.amr = level > .one ? amr + ["mfa"] : amr
    }
}

/// One thing that a person showed at a sign-in; a session is a list of them with their times.
struct Proof: Sendable, Equatable {
    let method: Method

    enum Method: String, Sendable, CaseIterable {
        case password = "pwd"
        /// A code that went to a mailbox.
        case email
        /// A code that went to a phone.
        case sms
        /// A code of an authenticator app.
        case totp
        case recoveryCode = "recovery-code"
        /// A device that the patient had it remember, instead of a code.
        case device
        /// The mailbox of an invitation, with a proof of identity (AC-3).
        case enrolment

        /// How sure it makes a sign-in; what `amr` says of it (RFC 8176, and `email`, for which that has no
        /// word; a device says nothing of the person); and whether a sensitive act may rest on it (Z-3).
        var worth: (level: Assurance.Level, amr: String?, isFreshProof: Bool) {
            switch self {
            case .password: (.one, "pwd", false)
            case .email: (.one, "email", true)
            case .sms: (.twoRestricted, "sms", true)
            case .totp: (.two, "otp", true)
            case .recoveryCode: (.twoRestricted, "otp", false)
            case .device: (.one, nil, false)
            case .enrolment: (.one, "email", true)
            }
        }
    }

    static func list(_ row: Row) throws -> [Proof] {
        guard case .array(let proofs) = try JSONReader.value(of: Array(row.text("proofs").utf8))
        else {
            throw PostgresError.undecodable("proofs")
        }
        return try proofs.map { proof in
            guard case .string(let name)? = proof["method"], let method = Method(rawValue: name)
            else {
                throw PostgresError.undecodable("proofs")
            }
            return Proof(method: method)
        }
    }
}
