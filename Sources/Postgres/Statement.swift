import Foundation

/// Which connections a statement runs on.
package enum Lane: Sendable, Equatable {
    /// Short statements of requests: they share one commit with others that wait at the same time.
    case coalesced
    /// Rare or slow work (lists, administration): it has a connection to itself while it runs.
    case ordinary
}

/// What a feature asks of the database: one SQL statement, its parameters, how its rows are read.
///
/// It is prepared once per connection, and each `Database.run` of it is one transaction of its own
/// to its caller, although coalesced statements share their commits.
package protocol Statement: Sendable {
    associatedtype Output: Sendable

    /// The name in logs and metrics; the type's own name unless told otherwise.
    static var name: String { get }

    /// The SQL, each parameter cast where it is used (`$1::uuid`).
    ///
    /// The last SELECT has the column `$nonce as nonce`: a fresh random number that comes back with
    /// the rows and shows that they are this caller's (Z-23).
    static var sql: String { get }

    /// Where it runs; `.coalesced` unless told otherwise.
    static var lane: Lane { get }

    /// Why the statement rightly has no `practice_id` predicate (Z-23); nil where it has one.
    static var spansPractices: String? { get }

    /// Unique constraints whose violation means that somebody else was first: it is run again.
    static var retryableConstraints: [String] { get }

    /// The values of `$1`, `$2`, …; as many each time.
    var parameters: [Parameter] { get }

    /// The row it contends on, so that commits are shared in one lock order; nil if none.
    var subject: UUID? { get }

    /// Makes the outcome of all rows of the last SELECT; throws `PostgresError.undecodable`.
    static func decode(_ rows: [Row]) throws -> Output
}

extension Statement {
    package static var name: String { String(describing: Self.self) }
    package static var lane: Lane { .coalesced }
    package static var spansPractices: String? { nil }
    package static var retryableConstraints: [String] { [] }
    package var subject: UUID? { nil }
}
