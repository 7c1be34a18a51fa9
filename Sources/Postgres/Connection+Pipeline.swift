import CLibPQ
import Foundation

/// One answer that the pipeline still owes.
enum Step {
    case prepare(planID: Int)
    case execute(PreparedStatement)
    /// A statement that only sets something for the others of its batch.
    case configure
    case sync
}

/// How one statement of a batch fared, known before it is known whether the batch was committed.
enum Reply {
    case result(ResultSet)
    case failed(ServerFailure)
    /// Not executed, since one before it failed.
    case skipped

    var result: ResultSet? {
        if case .result(let result) = self { result } else { nil }
    }

    var failure: ServerFailure? {
        if case .failed(let failure) = self { failure } else { nil }
    }
}

/// How far a batch is.
enum Progress {
    case waiting
    /// The server said ready: the batch is committed, or with a failure in it rolled back.
    case finished
    case lost
}

/// A statement as one connection has prepared it.
final class PreparedStatement {
    let name: String
    /// The parameter types it was prepared with; unspecified where only nulls were seen.
    let types: [ObjectID]
    /// Filled by its first result; they cannot change afterwards (SQLSTATE 0A000).
    var columns: Columns?

    init(name: String, types: [ObjectID]) {
        self.name = name
        self.types = types
    }

    /// Whether parameters of these types can be sent to it.
    func accepts(_ types: [ObjectID]) -> Bool {
        zip(types, self.types).allSatisfy { $0 == .unspecified || $0 == $1 }
    }

    /// The types known so far; where both know one, the newer counts.
    func types(mergedWith newer: [ObjectID]) -> [ObjectID] {
        zip(newer, types).map { $0 == .unspecified ? $1 : $0 }
    }
}

/// The arrays libpq wants for the parameters of one execution, kept from one to the next.
struct ParameterBuffers {
    var pointers: [UnsafePointer<CChar>?] = []
    var lengths: [Int32] = []
    var formats: [Int32] = []
    var nonce = [UInt8](repeating: 0, count: MemoryLayout<Int64>.size)
}

extension Connection {
    private static let binary: Int32 = 1
    /// Of a statement's name in its prepared name, in characters; the server looks at 63 bytes.
    private static let nameLimit = 40

    /// Queues a batch and its Sync, and sends what the socket takes.
    ///
    /// False if it was not taken: without its Sync the server commits nothing of it.
    func begin(_ jobs: [Job], lockTimeout: Duration? = nil) -> Bool {
        steps.removeAll(keepingCapacity: true)
        replies.removeAll(keepingCapacity: true)
        stepsDone = 0
        failure = nil
        isRolledBack = false
        isSyncQueued = false
        notices.hasUnreplicatedCommit = false
        if let lockTimeout, !configure(lockTimeout: lockTimeout) { return false }
        for job in jobs {
            guard let statement = prepare(job), execute(statement, job) else { return false }
        }
        steps.append(.sync)
        isSyncQueued = true
        guard PQpipelineSync(pointer) == 1 else { return false }
        return flush()
    }

    /// Reads what has come of the batch's replies.
    func proceed() -> Progress {
        guard exchange() else { return .lost }
        var isBetweenSteps = false
        while PQisBusy(pointer) == 0 {
            guard let result = PQgetResult(pointer) else {
                // The end of one statement's results. A second end would mean that libpq expects
                // nothing more, although the Sync was not answered.
                guard !isBetweenSteps, stepsDone < steps.count else { return .lost }
                isBetweenSteps = true
                if case .sync = steps[stepsDone] { continue }
                stepsDone += 1
                continue
            }
            isBetweenSteps = false
            defer { PQclear(result) }
            switch take(result) {
            case .waiting: continue
            case let end: return end
            }
        }
        return .waiting
    }

    private func take(_ result: OpaquePointer) -> Progress {
        guard stepsDone < steps.count else { return .lost }
        switch (steps[stepsDone], PQresultStatus(result)) {
        case (.sync, PGRES_PIPELINE_SYNC):
            return .finished
        case (let step, PGRES_FATAL_ERROR):
            fail(step, ServerFailure(result))
        case (.execute(let statement), PGRES_TUPLES_OK):
            replies.append(.result(copy(result, of: statement)))
        case (.execute, PGRES_COMMAND_OK):
            let command = PQcmdStatus(result).map { String(cString: $0) }
            replies.append(
                .result(
                    ResultSet(columns: .none, rowCount: 0, bytes: [], cells: [], command: command)))
        case (.execute, PGRES_PIPELINE_ABORTED):
            replies.append(.skipped)
        case (.prepare(let planID), PGRES_PIPELINE_ABORTED):
            prepared[planID] = nil
        case (.prepare, PGRES_COMMAND_OK), (.configure, PGRES_TUPLES_OK),
            (.configure, PGRES_PIPELINE_ABORTED):
            break
        default:
            return .lost
        }
        return .waiting
    }

    private func fail(_ step: Step, _ failure: ServerFailure) {
        self.failure = self.failure ?? failure
        switch step {
        case .execute: replies.append(.failed(failure))
        case .prepare(let planID): prepared[planID] = nil
        case .configure: break
        // The commit itself failed; if the session ended in it, it may have been done all the same.
        case .sync: return isRolledBack = isRolledBack || !failure.endsSession
        }
        // The server commits only at the Sync, which it has not come to. An error without an
        // SQLSTATE is libpq's own: the server is gone, who knows when.
        isRolledBack = isRolledBack || !failure.sqlState.isEmpty
    }

    /// Applies to the statements of the same Sync alone.
    private func configure(lockTimeout: Duration) -> Bool {
        let milliseconds = lockTimeout / .milliseconds(1)
        steps.append(.configure)
        return PQsendQueryParams(
            pointer, "select set_config('lock_timeout', '\(Int(milliseconds))ms', true)",
            0, nil, nil, nil, nil, Self.binary) == 1
    }

    private func prepare(_ job: Job) -> PreparedStatement? {
        let plan = job.plan
        while prepared.count <= plan.id { prepared.append(nil) }
        let known = prepared[plan.id]
        if let known, known.accepts(job.arguments.types) { return known }

        // A type that was unknown so far (only nulls came) makes it another statement.
        let types = known?.types(mergedWith: job.arguments.types) ?? job.arguments.types
        prepareCount += 1
        let statement = PreparedStatement(
            name: "\(plan.name.prefix(Self.nameLimit))_\(prepareCount)", types: types)
        let isTaken = types.map(\.rawValue).withUnsafeBufferPointer {
            PQsendPrepare(
                pointer, statement.name, plan.sql, Int32(types.count), $0.baseAddress) == 1
        }
        guard isTaken else { return nil }
        prepared[plan.id] = statement
        steps.append(.prepare(planID: plan.id))
        return statement
    }

    private func execute(_ statement: PreparedStatement, _ job: Job) -> Bool {
        steps.append(.execute(statement))
        let arguments = job.arguments
        buffers.pointers.removeAll(keepingCapacity: true)
        buffers.lengths.removeAll(keepingCapacity: true)
        withUnsafeBytes(of: job.nonce.bigEndian) { nonce in
            for index in nonce.indices { buffers.nonce[index] = nonce[index] }
        }
        return arguments.bytes.withUnsafeBytes { bytes in
            buffers.nonce.withUnsafeBytes { nonce in
                var next = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                for length in arguments.lengths {
                    buffers.pointers.append(length < 0 ? nil : next)
                    buffers.lengths.append(max(length, 0))
                    next = next?.advanced(by: Int(max(length, 0)))
                }
                if job.plan.hasNonce {
                    buffers.pointers.append(nonce.baseAddress?.assumingMemoryBound(to: CChar.self))
                    buffers.lengths.append(Int32(nonce.count))
                }
                while buffers.formats.count < buffers.pointers.count {
                    buffers.formats.append(Self.binary)
                }
                return PQsendQueryPrepared(
                    pointer, statement.name, Int32(buffers.pointers.count), buffers.pointers,
                    buffers.lengths, buffers.formats, Self.binary) == 1
            }
        }
    }

    /// libpq's memory goes with the result, so the cells are copied, all into one buffer.
    private func copy(_ result: OpaquePointer, of statement: PreparedStatement) -> ResultSet {
        let columns = statement.columns ?? Self.columns(of: result)
        statement.columns = columns
        return Self.copy(result, columns: columns)
    }

    static func columns(of result: OpaquePointer) -> Columns {
        let count = PQnfields(result)
        return Columns(
            names: (0..<count).map { PQfname(result, $0).map { String(cString: $0) } ?? "" },
            types: (0..<count).map { ObjectID(rawValue: PQftype(result, $0)) })
    }

    static func copy(_ result: OpaquePointer, columns: Columns) -> ResultSet {
        let rowCount = PQntuples(result)
        let columnCount = Int32(columns.names.count)
        if rowCount == 0 { return ResultSet(columns: columns, rowCount: 0, bytes: [], cells: []) }
        var bytes: [UInt8] = []
        var cells: [(start: Int32, length: Int32)] = []
        cells.reserveCapacity(Int(rowCount * columnCount))
        for row in 0..<rowCount {
            for column in 0..<columnCount {
                guard PQgetisnull(result, row, column) == 0,
                    let value = PQgetvalue(result, row, column)
                else {
                    cells.append((start: 0, length: -1))
                    continue
                }
                let length = PQgetlength(result, row, column)
                cells.append((start: Int32(bytes.count), length: length))
                bytes.append(
                    contentsOf: UnsafeRawBufferPointer(start: value, count: Int(length)))
            }
        }
        return ResultSet(
            columns: columns, rowCount: Int(rowCount), bytes: bytes, cells: cells)
    }
}
