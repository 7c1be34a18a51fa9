import CLibPQ

@testable import Postgres

/// What the server says of a statement before it ever runs.
struct StatementDescription: Sendable {
    struct Column: Sendable, Equatable {
        let name: String
        let type: UInt32
    }

    /// Types of `$1`, `$2`, … as the server inferred them.
    let parameterTypes: [UInt32]
    let columns: [Column]

    /// The server's number for `int8`.
    static let int8: UInt32 = 20

    struct Refused: Error {
        let sqlState: String
        let message: String
    }

    /// Prepares and describes on a connection of its own; nothing is executed.
    static func of(_ statement: any Statement.Type, url: String) async throws -> Self {
        let sql = text(of: statement)
        return try await Blocking.run("test") {
            let connection = try LocalCluster.connect(url).get()
            try demand(PQprepare(connection.pointer, "s", sql, 0, nil), connection.pointer)
            let result = PQdescribePrepared(connection.pointer, "s")
            defer { PQclear(result) }
            return StatementDescription(
                parameterTypes: (0..<PQnparams(result)).map { PQparamtype(result, $0) },
                columns: (0..<PQnfields(result)).map { index in
                    Column(
                        name: PQfname(result, index).map { String(cString: $0) } ?? "",
                        type: PQftype(result, index))
                })
        }
    }

    /// The SQL with the nonce as its last parameter, as `Database` sends it.
    static func text(of statement: any Statement.Type) -> String {
        let nonce = (numbers(in: statement.sql).max() ?? 0) + 1
        return statement.sql.replacing("$nonce", with: "$\(nonce)::int8")
    }

    /// The numbers of the parameters that the SQL uses.
    static func numbers(in sql: String) -> Set<Int> {
        Set(sql.matches(of: /\$(\d+)/).compactMap { Int($0.1) })
    }

    private static func demand(_ result: OpaquePointer?, _ connection: OpaquePointer) throws {
        defer { PQclear(result) }
        guard PQresultStatus(result) == PGRES_COMMAND_OK else {
            let state = PQresultErrorField(result, Int32(UInt8(ascii: "C")))
            throw Refused(
                sqlState: state.map { String(cString: $0) } ?? "",
                message: String(cString: PQerrorMessage(connection)))
        }
    }
}
