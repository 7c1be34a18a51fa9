import CLibPQ
import Foundation

/// The simple way, for migrations and for making databases: the calling thread waits.
extension Connection {
    /// One row of text values.
    typealias TextRow = [String?]

    /// Executes SQL and gives the rows of its last statement.
    ///
    /// - Parameters:
    ///   - sql: several statements, if there are no parameters; all are one transaction.
    ///   - parameters: `$1`, `$2`, … as text.
    func execute(
        _ sql: String, _ parameters: [String] = [], before deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> [TextRow] {
        do {
            return try executeScript(sql, parameters, before: deadline)
        } catch {
            throw error.error
        }
    }

    /// Like `execute`, for SQL of our own files: where it fails is told as well.
    func executeScript(
        _ sql: String, _ parameters: [String] = [], before deadline: ContinuousClock.Instant
    ) throws(ScriptFailure) -> [TextRow] {
        guard send(sql, parameters) else { throw ScriptFailure(.unavailable(.noConnection)) }
        var rows: [TextRow] = []
        var failure: ScriptFailure?
        while true {
            guard waitForResult(before: deadline) else {
                throw ScriptFailure(
                    PQstatus(pointer) == CONNECTION_OK ? .deadline : .commitUnknown)
            }
            guard let result = PQgetResult(pointer) else { break }
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK: rows = Self.textRows(of: result)
            case PGRES_FATAL_ERROR: failure = failure ?? ScriptFailure(result, in: sql)
            default: break
            }
        }
        if let failure { throw failure }
        return rows
    }

    /// From here on only batches can be sent.
    func enterPipeline() -> Bool {
        PQenterPipelineMode(pointer) == 1
    }

    private func send(_ sql: String, _ parameters: [String]) -> Bool {
        if parameters.isEmpty { return PQsendQuery(pointer, sql) == 1 }
        return CStrings.with(parameters) { values in
            PQsendQueryParams(
                pointer, sql, Int32(parameters.count), nil, values, nil, nil, 0) == 1
        }
    }

    private func waitForResult(before deadline: ContinuousClock.Instant) -> Bool {
        while true {
            guard exchange() else { return false }
            if PQisBusy(pointer) == 0 { return true }
            let remaining = ContinuousClock.now.duration(to: deadline)
            if remaining <= .zero { return false }
            let events = needsFlush ? POLLIN | POLLOUT : POLLIN
            var descriptor = pollfd(fd: socket, events: Int16(events), revents: 0)
            poll(&descriptor, 1, remaining.pollMilliseconds)
        }
    }

    private static func textRows(of result: OpaquePointer) -> [TextRow] {
        (0..<PQntuples(result)).map { row in
            (0..<PQnfields(result)).map { column in
                if PQgetisnull(result, row, column) == 1 { return nil }
                return PQgetvalue(result, row, column).map { String(cString: $0) }
            }
        }
    }
}

/// Where a script failed.
struct ScriptFailure: Error {
    let error: PostgresError
    /// The line of the script; nil where the server did not say.
    let line: Int?
    /// The server's words, only where they are about the script itself and never about data:
    /// SQLSTATE class 42, a syntax error or an unknown name.
    let explanation: String?

    init(_ error: PostgresError) {
        self.error = error
        line = nil
        explanation = nil
    }

    init(_ result: OpaquePointer, in sql: String) {
        let failure = ServerFailure(result)
        error = .server(sqlState: failure.sqlState, constraint: failure.constraint)
        func field(_ code: UInt8) -> String? {
            PQresultErrorField(result, Int32(code)).map { String(cString: $0) }
        }
        line = field(UInt8(ascii: "P")).flatMap { Int($0) }.map { position in
            sql.unicodeScalars.prefix(position - 1).count { $0 == "\n" } + 1
        }
        explanation = failure.sqlState.hasPrefix("42") ? field(UInt8(ascii: "M")) : nil
    }
}

/// Swift strings as the array of C strings that libpq takes.
enum CStrings {
    /// The pointers, and a final nil, hold while the body runs.
    static func with<R>(
        _ strings: [String], _ body: ([UnsafePointer<CChar>?]) -> R
    ) -> R {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies.map { UnsafePointer($0) } + [nil])
    }
}
