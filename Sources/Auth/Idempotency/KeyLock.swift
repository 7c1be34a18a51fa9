import Postgres

/// The lock of a caller's key: who has it works on the key's request, and keeps it until the commit is
/// over, also one that waits for the standbys. Nobody waits for it.
enum KeyLock {
    /// Whether this transaction has it now; `hashes` are the key's, the current one first.
    static func taken(client: String, hashes: String) -> String {
        """
        pg_try_advisory_xact_lock(hashtextextended(
            'act of ' || \(client)::uuid || ' ' || encode((\(hashes)::bytea[])[1], 'hex'), 0))
        """
    }
}

extension Database {
    /// Runs an act that takes several statements, in one transaction; see
    /// ``Database/transaction(within:rerunningOn:_:)``.
    ///
    /// The key's lock comes before all others, so that an equal request waits for none of them.
    /// - Throws: `PostgresError.underWay` too, where another request with the key is not over.
    func transaction<R: Sendable>(
        of act: Act, within limit: Duration = .seconds(10),
        rerunningOn constraints: [String] = [],
        _ body: @Sendable (Transaction) async throws -> R
    ) async throws -> R {
        try await transaction(within: limit, rerunningOn: constraints) { transaction in
            if act.key != nil { try await transaction.run(TakeKeyLock(act: act)) }
            return try await body(transaction)
        }
    }
}

/// Throws `PostgresError.underWay` where another transaction has the lock.
struct TakeKeyLock: Statement {
    let act: Act

    static let spansPractices: String? = "a client is of one practice, and no table is read"
    static let sql = """
        select \(KeyLock.taken(client: "$1", hashes: "$2")) as is_taken, $nonce as nonce
        """

    var parameters: [Parameter] {
        [act.client, act.key.map { .byteArrays($0.hashes) } ?? .null]
    }

    static func decode(_ rows: [Row]) throws {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        guard try row.bool("is_taken") else { throw PostgresError.underWay }
    }
}
