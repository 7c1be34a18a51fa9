import Cryptography
import Foundation
import Postgres

/// Brings accounts of an earlier system, a line each; the same for the API and the command line.
package struct AccountImport: Sendable {
    let database: Database
    let hasher: PasswordHasher
    let keys: KeyRing

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

        static func notProcessed(_ line: Int) -> Result {
            Result(line: line, status: .notProcessed, accountID: nil, reason: nil, field: nil)
        }

        static func refused(_ line: Int, _ reason: String, field: String? = nil) -> Result {
            Result(line: line, status: .refused, accountID: nil, reason: reason, field: field)
        }
    }

    /// Imports one line; whatever is wrong with it is an answer, and only a fault of the service or
    /// the database is thrown.
    func run(
        _ number: Int, _ bytes: [UInt8], in practice: Practice, act: Act
    ) async throws -> Result {
        let line: ImportLine
        do {
            line = try ImportLine(json: bytes, in: practice)
        } catch let problem as Problem {
            return .refused(number, problem.firstFault, field: problem.firstField)
        }
        let accountID = SecureRandom.uuid()
        let stored: String
        switch line.proof {
        case .hash(let hash):
            if let refusal = Self.refusal(of: hash.expose()) {
                return .refused(number, refusal, field: "password_hash")
            }
            stored = hash.expose()
        case .password(let password):
            stored = try await hashed(password, practice: act.practiceID)
        }
        let account = ImportAccount(
            act: act, accountID: accountID, line: line,
            password: .seal(stored, account: accountID, keys: keys), keys: keys)
        let outcome = try await database.transaction { transaction in
            try await transaction.run(LockImports(practice: act.practiceID))
            return try await transaction.run(account)
        }
        switch outcome {
        case .imported:
            return Result(
                line: number, status: .imported, accountID: accountID, reason: nil, field: nil)
        case .taken(let field): return .refused(number, "taken", field: field)
        }
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
