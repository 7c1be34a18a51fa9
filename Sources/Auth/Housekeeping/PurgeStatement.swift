import Foundation
import Postgres

/// Takes one batch out of a table: the rows that were over for longest, but those that are locked.
protocol PurgeStatement: BatchStatement {
    /// What an operator calls it by: its table, or which rows of a table that has two.
    static var label: String { get }
    /// SQL of the instant from which on a row's days count; indexed.
    static var over: String { get }
    /// What else a row must be; an index's own condition.
    static var condition: String? { get }
    /// Columns of the arm `due`, for what goes with it.
    static var columns: [String] { get }
    /// What goes with the rows of the arm `due`, in the same commit.
    static var arms: String { get }
    /// How long a row is kept where the operator does not say, and at least, since a rule needs it.
    static var usualDays: Int { get }
    static var leastDays: Int { get }

    init(days: Int)
    var days: Int { get }
}

extension PurgeStatement {
    static var lane: Lane { .ordinary }
    static var spansPractices: String? { "one housekeeper looks after every practice" }
    static var label: String { table }
    static var batchLimit: Int { 100 }
    static var condition: String? { nil }
    static var columns: [String] { [] }
    static var arms: String { "" }
    static var leastDays: Int { 1 }

    // The instant is a subquery because an index can't be searched by a volatile function. A row that is
    // locked stays where it is, so that it is deleted by its place.
    static var sql: String {
        let named = (["ctid"] + columns).map { "\(table).\($0)" }.joined(separator: ", ")
        return """
            with due as (
                select \(named)
                from \(table)
                where \(over) <= (select clock_timestamp() - $1::int8 * interval '1 day')
                  \(condition.map { "and \($0)" } ?? "")
                order by \(over)
                limit \(batchLimit)
                for update skip locked
            ),
            \(arms)
            purged as (
                delete from \(table)
                where \(table).ctid = any (array(select due.ctid from due))
                returning 1
            )
            select count(*) as purged, $nonce as nonce
            from purged
            """
    }

    var parameters: [Parameter] { [.int(days)] }

    static func decode(_ rows: [Row]) throws -> Int {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        return try row.int("purged")
    }
}
