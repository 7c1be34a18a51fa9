import Foundation
import Postgres

/// What may be done in a recovery, how often and for how long.
enum RecoveryLimits {
    /// How long one stays open.
    static let openMinutes = 60
    /// Between two recoveries, and before a sensitive change by what one rested on (Z-2).
    static let usualWaitHours = 72
    /// What an operator may choose instead: no longer, or rows that a wait needs could be purged before it
    /// is over.
    static let waitHourChoices = 24...120
    /// Where statements find the choice: it is one for all that wait, and none is given it as a parameter.
    static let waitVariable = "practice_auth.recovery_wait_hours"
    /// The wait in SQL, an interval; the usual one in a session that was not told.
    static let wait = """
        make_interval(hours => coalesce(
                               nullif(current_setting('\(waitVariable)', true), '')::int4,
                               \(usualWaitHours)))
        """
    /// For how long a change by two desk codes can be made, from then on.
    static let lateHours = 24
    /// Recoveries that one network begins in ten minutes, over all identifiers (Z-20).
    static let startsPerNetwork = 30
    /// Super-PINs and desk codes that one network tries in an hour before a code was right (Z-4).
    static let triesPerNetwork = 10
    /// Codes of one recovery to numbers that are new to the account, and to such mailboxes (Z-22).
    static let newcomerSends = 3
}

/// A recovery under way, as its caller may see it. Where nobody can recover by what was typed it has no
/// account, no ways and no proofs, and goes on all the same (Z-20).
struct Recovery: Sendable {
    let id: UUID
    let subjectID: UUID
    let accountID: UUID?
    let status: Status
    let proofs: [RecoveryProof]
    /// Without those that are suspect since the account was frozen.
    let countedProofs: [RecoveryProof]
    let changeFrom: Date?
    let expiresAt: Date
    /// Of the account; nil where there is none.
    let locale: Language?
    /// Confirmed mailboxes, and phones and apps that were activated, the oldest first.
    let ways: [Way]
    /// The code that is the subject's newest, of whatever recovery.
    let newestCodeID: UUID?
    let fromKnownNetwork: Bool
    /// The mailbox that was proven to take a lost one's place.
    let newMailbox: String?

    enum Status: String, Sendable {
        case open, done, ended
    }

    /// A mailbox or factor.
    struct Way: Sendable, Decodable {
        let id: UUID
        let type: Factor.Kind
        let address: String?
        let aged: Bool
        /// By wrong codes: what can be lost, and proves nothing.
        let stopped: Bool
        /// Whether it is a mailbox that was the account's before what its owner stopped.
        let former: Bool

        var factor: Factor { Factor(id: id, type: type, address: address) }
    }

    /// Whether something was shown that counts: what a freeze was against, or a mailbox that was given up,
    /// opens no more than a name does.
    var isProven: Bool { !countedProofs.isEmpty }

    func verdict(for loss: RecoveryProof.Loss) -> RecoveryProof.Verdict {
        RecoveryProof.verdict(on: countedProofs, for: loss)
    }

    /// Mailboxes and factors that may be the lost one: neither proof is one of them.
    var losable: [Factor] {
        ways.filter { way in !way.former && !proofs.contains { $0.id == way.id } }.map(\.factor)
    }

    init(_ row: Row) throws {
        guard let status = Status(rawValue: try row.text("status")) else {
            throw PostgresError.undecodable("status")
        }
        id = try row.uuid("recovery_id")
        subjectID = try row.uuid("subject_id")
        accountID = try row.uuidIfPresent("account_id")
        self.status = status
        proofs = try Self.list(row, "proofs")
        countedProofs = try Self.list(row, "counted_proofs")
        changeFrom = try row.instantIfPresent("change_from")
        expiresAt = try row.instant("recovery_expires_at")
        locale = try row.textIfPresent("locale").flatMap { Language(rawValue: $0) }
        ways = try Self.list(row, "ways")
        newestCodeID = try row.uuidIfPresent("newest_code_id")
        fromKnownNetwork = try row.bool("from_known_network")
        newMailbox = try row.textIfPresent("new_mailbox")
    }

    private static func list<Element: Decodable>(
        _ row: Row, _ column: String
    ) throws -> [Element] {
        try JSONDecoder().decode([Element].self, from: Data(try row.text(column).utf8))
    }

    var body: Body {
        Body(
            id: id, status: status, proofs: proofs, counted: countedProofs, factors: losable,
            changeFrom: changeFrom, expiresAt: expiresAt)
    }

    /// A recovery in an answer. Before the first proof it is the same for everybody.
    struct Body: Encodable, Sendable {
        let id: UUID
        let status: String
        let next: String?
        let proofs: [String]
        let ways: [String]
        let factors: [Factor.Body]
        let changeFrom: Date?
        let expiresAt: Date

        init(
            id: UUID, status: Status, proofs: [RecoveryProof] = [],
            counted: [RecoveryProof] = [], factors: [Factor] = [], changeFrom: Date? = nil,
            expiresAt: Date
        ) {
            let verdict = RecoveryProof.verdict(on: counted, for: .factor)
            self.id = id
            self.status = status.rawValue
            let losable = factors.filter {
                RecoveryProof.verdict(on: counted, for: $0.loss) != .insufficient
            }
            let isProven = verdict != .insufficient || !losable.isEmpty
            next = status == .open ? (isProven ? "change" : "proof") : nil
            self.proofs = proofs.map(\.method.rawValue)
            ways = RecoveryProof.Method.allCases
                .filter { $0.isOpen(beside: proofs, counting: counted) }.map(\.rawValue)
            self.factors = losable.map(\.body)
            self.changeFrom = verdict == .sufficientLater ? changeFrom : nil
            self.expiresAt = expiresAt
        }

        private enum CodingKeys: String, CodingKey {
            case id, status, next, proofs, ways, factors, changeFrom, expiresAt
        }

        func encode(to encoder: any Encoder) throws {
            var members = encoder.container(keyedBy: CodingKeys.self)
            try members.encode(id, forKey: .id)
            try members.encode(status, forKey: .status)
            // Written as null where nothing is left, so that a caller need not guess.
            try members.encode(next, forKey: .next)
            try members.encode(proofs, forKey: .proofs)
            try members.encode(ways, forKey: .ways)
            try members.encode(factors, forKey: .factors)
            try members.encodeIfPresent(changeFrom, forKey: .changeFrom)
            try members.encode(expiresAt, forKey: .expiresAt)
        }
    }
}

extension Factor {
    /// What is lost with it.
    var loss: RecoveryProof.Loss { type == .email ? .mailbox : .factor }
}
