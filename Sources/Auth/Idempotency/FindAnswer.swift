import Postgres

/// The answer that a request had before, where the same one can't be worked out any more: what it was about
/// has changed since (Z-24).
struct FindAnswer<Asked: IdempotentStatement>: Statement {
    let act: Act

    static var sql: String {
        """
        with \(Act.storedArm)
        select \(Act.storedColumns), $nonce as nonce
        from (values (1)) as always_one_row
        left join stored on true
        """
    }

    var parameters: [Parameter] { Array(act.parameters.dropLast()) }

    /// Nil where there was none.
    static func decode(_ rows: [Row]) throws -> Answered<Asked.Outcome>? {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        return try Act.answered(row, decode: Asked.outcome)
    }
}
