import Foundation
import Synchronization

/// What is known of a kind of statement once and for all, whatever its parameters.
final class Plan: Sendable {
    /// The column in which a statement gives back the number it was sent with.
    static let nonceColumn = "nonce"
    /// How that number is written in the SQL of a `Statement`.
    static let noncePlaceholder = "$nonce"

    /// Counts plans from 0, so that connections keep what they prepared in an array.
    let id: Int
    let name: String
    let sql: String
    let parameterCount: Int
    let hasNonce: Bool
    let retryableConstraints: [String]

    init(
        id: Int, name: String, sql: String, parameterCount: Int, retryableConstraints: [String]
    ) {
        self.id = id
        self.name = name
        self.parameterCount = parameterCount
        self.retryableConstraints = retryableConstraints
        hasNonce = sql.contains(Self.noncePlaceholder)
        self.sql = sql.replacing(Self.noncePlaceholder, with: "$\(parameterCount + 1)::int8")
    }
}

/// All plans of this process, by the type of their statement.
final class PlanCatalogue: Sendable {
    static let shared = PlanCatalogue()

    private struct Entries {
        var byStatement: [ObjectIdentifier: Plan] = [:]
        var count = 0
    }
    private let entries = Mutex(Entries())

    /// The plan of a statement's type, made at its first use.
    func plan<S: Statement>(of statement: S.Type, parameterCount: Int) -> Plan {
        entries.withLock { entries in
            let key = ObjectIdentifier(statement)
            if let known = entries.byStatement[key] { return known }
            let plan = Plan(
                id: entries.count, name: S.name, sql: S.sql, parameterCount: parameterCount,
                retryableConstraints: S.retryableConstraints)
            entries.count += 1
            entries.byStatement[key] = plan
            return plan
        }
    }

    /// A further plan, of SQL without parameters.
    func plan(named name: String, sql: String) -> Plan {
        entries.withLock { entries in
            defer { entries.count += 1 }
            return Plan(
                id: entries.count, name: name, sql: sql, parameterCount: 0,
                retryableConstraints: [])
        }
    }
}
