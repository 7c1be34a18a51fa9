import Postgres

/// The answer that a request for a code had before, where the same one can't be worked out any more: its
/// address is gone, or is allowed no more (Z-24).
struct FindIssuedCode: Statement {
    let act: Act

    static let sql = """
        with \(Act.storedArm)
        select \(Act.storedColumns), $nonce as nonce
        from (values (1)) as always_one_row
        left join stored on true
        """

    var parameters: [Parameter] { Array(act.parameters.dropLast()) }

    /// Nil where there was none.
    static func decode(_ rows: [Row]) throws -> Answered<IssueCode.Outcome>? {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        return try Act.answered(row, decode: IssueCode.outcome)
    }
}
