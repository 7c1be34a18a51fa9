import Cryptography
import Foundation
import Postgres

/// One file's way into a practice's register, line by line and in constant memory; the same for the
/// API and the command line.
///
/// Lines are judged as they come and written a few hundred at once, on the lane of rare work, so that
/// nobody's sign-in waits for them. Each stands alone: one that is refused changes nothing.
package struct PatientImport: Sendable {
    private let database: Database
    private let notices: Notices
    /// The ring as one statement's lines see it.
    private var keys: KeyRing
    private let practice: Practice
    private let act: Act
    private let isDryRun: Bool
    private var seen = SeenLines()
    /// Lines that were read and not answered yet, in their order.
    private var pending: [Pending] = []
    private var acceptedCount = 0

    private enum Pending: Sendable {
        case judged(Result)
        case accepted(Int, SealedPatient)
    }

    /// - Parameter isDryRun: says of each line what would become of it, and writes nothing.
    init(
        database: Database, notices: Notices, practice: Practice, act: Act, isDryRun: Bool
    ) {
        self.database = database
        self.notices = notices
        keys = notices.keys.snapshot
        self.practice = practice
        self.act = act
        self.isDryRun = isDryRun
    }

    /// Takes the next line; nil for one that is too long.
    ///
    /// - Returns: the results that are known by now, in the order of the lines.
    /// - Throws: faults of the database; what was not answered then is in ``unanswered()``.
    package mutating func add(_ number: Int, _ bytes: [UInt8]?) async throws -> [Result] {
        pending.append(judge(number, bytes))
        if case .accepted = pending.last { acceptedCount += 1 }
        let isFull =
            acceptedCount >= WritePatients.lineLimit || pending.count >= Self.pendingLimit
        return isFull ? try await finish() : []
    }

    /// Writes what is left, and answers it.
    package mutating func finish() async throws -> [Result] {
        let lines = pending.compactMap { line in
            if case .accepted(_, let patient) = line { patient } else { nil }
        }
        let written = try await write(lines)
        var next = written.makeIterator()
        let results = pending.compactMap { line -> Result? in
            switch line {
            case .judged(let result): result
            case .accepted(let number, let patient):
                next.next().map { result(number, patient, $0) }
            }
        }
        forget()
        keys = notices.keys.snapshot
        return results
    }

    /// Lines whose writing failed, to be sent again: whether they were written is unknown.
    mutating func unanswered() -> [Result] {
        defer { forget() }
        return pending.map { line in
            switch line {
            case .judged(let result): result
            case .accepted(let number, _): .notProcessed(number)
            }
        }
    }

    /// Lines in memory, refused ones included.
    private static let pendingLimit = 1_000
    /// Entries that somebody else makes at the same time are judged anew; nobody loses four in a row.
    private static let attempts = 4

    private mutating func forget() {
        pending.removeAll(keepingCapacity: true)
        acceptedCount = 0
    }

    private mutating func judge(_ number: Int, _ bytes: [UInt8]?) -> Pending {
        guard let bytes else { return .judged(.refused(number, "line-too-long")) }
        let line: PatientLine
        do {
            line = try PatientLine(json: bytes, in: practice)
        } catch {
            return .judged(.refused(number, error.firstFault, field: error.firstField))
        }
        if let field = seen.repeats(line.externalID, line.details.nationalNumber) {
            return .judged(.refused(number, "duplicate", field: field))
        }
        return .accepted(
            number,
            SealedPatient(line.externalID, line.details, practice: practice.id, keys: keys))
    }

    private func write(_ lines: [SealedPatient]) async throws -> [WritePatients.Written] {
        if lines.isEmpty { return [] }
        var written = try await run(lines)
        for _ in 1..<Self.attempts {
            let raced = written.indices.filter { written[$0].outcome == .raced }
            if raced.isEmpty { return written }
            for (index, again) in zip(raced, try await run(raced.map { lines[$0] })) {
                written[index] = again
            }
        }
        return written
    }

    private func run(_ lines: [SealedPatient]) async throws -> [WritePatients.Written] {
        try await PatientRegister(
            database: database, notices: notices, practice: practice
        ).write(
            WritePatients(act: act, lines: lines, isDryRun: isDryRun))
    }

    private func result(
        _ number: Int, _ patient: SealedPatient, _ written: WritePatients.Written
    ) -> Result {
        let status: Result.Status
        switch written.outcome {
        case .created: status = .created
        case .changed: status = .changed
        case .unchanged: status = .unchanged
        case .taken: return .refused(number, "taken", field: "national_number")
        case .stale, .raced: return .notProcessed(number)
        }
        var notes: [Result.Note] = patient.details.mobile == nil ? [.noMobile] : []
        if !written.isTold, !isDryRun { notes.append(.notTold) }
        return Result(
            line: number, status: status, id: written.entry?.id,
            missing: patient.details.missing(in: practice), notes: notes)
    }
}

extension PatientImport {
    /// What became of a line, or would.
    package struct Result: Encodable, Sendable {
        package let line: Int
        package let status: Status
        /// The entry, where there is one.
        package var id: UUID?
        /// Why it was refused: a word for programs; never a value of the line.
        package var reason: String?
        package var field: String?
        /// What keeps the patient from enrolling (NO-1).
        package var missing: [String]?
        package var notes: [Note]?

        package enum Status: String, Encodable, Sendable, CaseIterable {
            case created, changed, unchanged, refused
            /// The time was up or the database failed: send this line and those after it again.
            case notProcessed = "not_processed"
        }

        /// What a practice may want to look at.
        package enum Note: String, Encodable, Sendable {
            /// No text message reaches the patient.
            case noMobile = "no-mobile"
            /// The patient's own account lost the number that it was found by, or a new mobile was
            /// noted, and not all of its mailboxes could be told: there is none, or they had too many
            /// notices already.
            case notTold = "not-told"
        }

        static func refused(_ line: Int, _ reason: String, field: String? = nil) -> Result {
            Result(line: line, status: .refused, reason: reason, field: field)
        }

        static func notProcessed(_ line: Int) -> Result {
            Result(line: line, status: .notProcessed)
        }
    }
}

/// What the lines before held, to name the line that repeats one.
///
/// It remembers at least the last half million, whatever the length of the file; hashes suffice, since
/// a chance in a million million that a line is wrongly refused is less than that of a broken disk.
private struct SeenLines {
    private static let generationLimit = 500_000
    /// Drawn anew for each file, so that nobody can make two lines look alike.
    private let seed = UInt64.random(in: .min ... .max)
    private var recent: Set<Int> = []
    private var older: Set<Int> = []

    /// The field whose value an earlier line had; notes both values where there is none.
    mutating func repeats(_ externalID: ExternalID, _ number: NationalNumber?) -> String? {
        let id = hash("external_id", externalID.text)
        let digits = number.map { hash("national_number", $0.digits.expose()) }
        if isKnown(id) { return "external_id" }
        if let digits, isKnown(digits) { return "national_number" }
        if recent.count >= Self.generationLimit { (older, recent) = (recent, []) }
        recent.insert(id)
        if let digits { recent.insert(digits) }
        return nil
    }

    private func isKnown(_ hash: Int) -> Bool { recent.contains(hash) || older.contains(hash) }

    private func hash(_ field: String, _ value: String) -> Int {
        var hasher = Hasher()
        hasher.combine(seed)
        hasher.combine(field)
        hasher.combine(value)
        return hasher.finalize()
    }
}
