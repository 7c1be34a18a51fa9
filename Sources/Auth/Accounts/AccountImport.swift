import Cryptography
import Foundation
import Postgres

/// Brings accounts of an earlier system, a line each; the same for the API and the command line.
///
/// Lines are judged each by itself and written a few dozen in one transaction: a flush for each would
/// slow down everybody who signs in meanwhile.
package struct AccountImport: Sendable {
    let database: Database
    let hasher: PasswordHasher
    let keys: KeyRing
    /// Passwords that are hashed at the same time.
    var width = 1

    /// Lines of one transaction: some ten milliseconds, for which nobody else's import or change of
    /// address is judged.
    package static let lineLimit = 25

    /// What became of a line.
    package struct Result: Encodable, Sendable {
        package let line: Int
        package let status: Status
        package let accountID: UUID?
        /// A word for programs; never a value of the line.
        package let reason: String?
        package let field: String?

        package enum Status: String, Encodable, Sendable {
            case imported, refused
            /// The time was up: send this line and those after it again.
            case notProcessed = "not_processed"
        }

        static func imported(_ line: Int, _ account: UUID) -> Result {
            Result(line: line, status: .imported, accountID: account, reason: nil, field: nil)
        }

        static func notProcessed(_ line: Int) -> Result {
            Result(line: line, status: .notProcessed, accountID: nil, reason: nil, field: nil)
        }

        static func refused(_ line: Int, _ reason: String, field: String? = nil) -> Result {
            Result(line: line, status: .refused, accountID: nil, reason: reason, field: field)
        }
    }

    /// Imports lines, at most ``lineLimit``; whatever is wrong with one is its answer. Where there is no
    /// place for a password among those that are hashed, or no time, its line and those after it are not
    /// processed.
    ///
    /// - Parameters:
    ///   - lines: a line's bytes are nil where it is too long.
    ///   - deadline: no hash is begun after it; nil where nobody waits.
    /// - Throws: faults of the service or the database; then none was imported, or it is unknown.
    func run(
        _ lines: [(number: Int, bytes: [UInt8]?)], in practice: Practice, act: Act,
        until deadline: ContinuousClock.Instant? = nil
    ) async throws -> [Result] {
        if lines.isEmpty { return [] }
        var judged: [Judged] = []
        var goesOn = true
        while judged.count < lines.count, goesOn {
            let next = lines[judged.count...].prefix(width)
            do {
                judged += try await next.mapConcurrently { line in
                    try await judge(line.number, line.bytes, in: practice, act: act)
                }
                goesOn = deadline.map { ContinuousClock.now < $0 } ?? true
            } catch is HasherOverloaded {
                goesOn = false
            }
        }
        judged += lines[judged.count...].map { .answered(.notProcessed($0.number)) }
        var outcomes = try await write(judged.compactMap(\.statement), act).makeIterator()
        return judged.compactMap { line in
            switch line {
            case .answered(let result): result
            case .ready(let number, let statement):
                outcomes.next().map { outcome in
                    switch outcome {
                    case .imported: .imported(number, statement.accountID)
                    case .taken(let field): .refused(number, "taken", field: field)
                    }
                }
            }
        }
    }

    private func write(
        _ statements: [ImportAccount], _ act: Act
    ) async throws -> [ImportAccount.Outcome] {
        if statements.isEmpty { return [] }
        return try await database.transaction(
            rerunningOn: ImportAccount.retryableConstraints
        ) { transaction in
            try await transaction.run(LockImports(practice: act.practiceID))
            var outcomes: [ImportAccount.Outcome] = []
            for statement in statements { outcomes.append(try await transaction.run(statement)) }
            return outcomes
        }
    }

    /// A line that needs the database no more, or is about to be written.
    private enum Judged: Sendable {
        case answered(Result)
        case ready(Int, ImportAccount)

        var statement: ImportAccount? {
            if case .ready(_, let statement) = self { statement } else { nil }
        }
    }

    private func judge(
        _ number: Int, _ bytes: [UInt8]?, in practice: Practice, act: Act
    ) async throws -> Judged {
        guard let bytes else { return .answered(.refused(number, "line-too-long")) }
        let line: ImportLine
        do {
            line = try ImportLine(json: bytes, in: practice)
        } catch let problem as Problem {
            return .answered(.refused(number, problem.firstFault, field: problem.firstField))
        }
        let accountID = SecureRandom.uuid()
        let stored: String
        switch line.proof {
        case .hash(let hash):
            if let refusal = Self.refusal(of: hash.expose()) {
                return .answered(.refused(number, refusal, field: "password_hash"))
            }
            stored = hash.expose()
        case .password(let password):
            stored = try await hashed(password, practice: act.practiceID)
        }
        return .ready(
            number,
            ImportAccount(
                act: act, accountID: accountID, line: line,
                password: .seal(stored, account: accountID, keys: keys), keys: keys))
    }

    private func hashed(_ password: Secret<String>, practice: UUID) async throws -> String {
        try await hasher.hash(
            password.passwordBytes, turn: Turn(practice: practice, network: nil, kind: .import))
    }

    /// Why a hash is not taken, as a word; what it costs is bounded from both sides (Z-28).
    private static func refusal(of hash: String) -> String? {
        do {
            _ = try PasswordHash(parsing: hash)
            return nil
        } catch {
            switch error {
            case .malformed, .saltLength, .tagLength: return "hash-malformed"
            case .schemeUnsupported, .versionUnsupported, .lanesUnsupported:
                return "hash-unsupported"
            case .costTooLow: return "hash-too-cheap"
            case .costTooHigh: return "hash-too-dear"
            }
        }
    }
}

extension Problem {
    /// The first fault of a body, as a word.
    var firstFault: String {
        kind == .bodyMalformed ? "line-malformed" : faults.first?.code.rawValue ?? kind.rawValue
    }

    /// The field that it is about, where it is about one.
    var firstField: String? {
        guard kind == .fieldInvalid, case .pointer(let pointer)? = faults.first?.place else {
            return nil
        }
        return String(pointer.dropFirst())
    }
}

extension Collection where Self: Sendable, Element: Sendable {
    /// What each comes to, in their order.
    fileprivate func mapConcurrently<Value: Sendable>(
        _ body: @escaping @Sendable (Element) async throws -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: (Int, Value).self) { group in
            for (place, element) in enumerated() {
                group.addTask { (place, try await body(element)) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
                .sorted { $0.0 < $1.0 }.map(\.1)
        }
    }
}
