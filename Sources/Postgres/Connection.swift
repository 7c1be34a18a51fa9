import CLibPQ
import Foundation

/// One session on the server, in libpq's non-blocking mode; nothing here waits.
///
/// The only place with libpq's pointers. It is unchecked `Sendable` since libpq wants one thread
/// at a time, and that holds by hand-over: the connecting thread makes it, puts it into its
/// owner's mailbox and forgets it; from then on the owner's thread alone calls it (see
/// `ConnectionThread`). Nothing else in this module is unchecked.
final class Connection: @unchecked Sendable {
    let pointer: OpaquePointer
    /// The session's `application_name`, which no other session of any instance has.
    let label: String
    let notices = Notices()

    /// What the connection has prepared, by `Plan.id`.
    var prepared: [PreparedStatement?] = []
    var prepareCount = 0
    /// What the pipeline still has to answer, and how far it is; see `Connection+Pipeline`.
    var steps: [Step] = []
    var stepsDone = 0
    var replies: [Reply] = []
    /// The batch's first failure, with which all of it failed.
    var failure: ServerFailure?
    /// The server certainly kept nothing of the batch.
    var isRolledBack = false
    /// From here on the server may commit the batch.
    var isSyncQueued = false
    /// Whether libpq holds bytes that the socket did not take yet.
    private(set) var needsFlush = false
    var buffers = ParameterBuffers()

    /// Takes over an established libpq connection.
    init(established pointer: OpaquePointer, label: String) {
        self.pointer = pointer
        self.label = label
        PQsetnonblocking(pointer, 1)
        PQsetNoticeReceiver(
            pointer,
            { context, notice in
                guard let context, let notice else { return }
                Unmanaged<Notices>.fromOpaque(context).takeUnretainedValue().receive(notice)
            },
            // Lives as long as the connection, which owns it and closes libpq's side in deinit.
            Unmanaged.passUnretained(notices).toOpaque())
    }

    deinit {
        PQfinish(pointer)
    }

    /// The socket to poll; libpq may change it only while connecting.
    var socket: Int32 { PQsocket(pointer) }

    var processID: Int32 { PQbackendPID(pointer) }

    /// Whether an explicit transaction is open on it.
    var isInTransaction: Bool {
        switch PQtransactionStatus(pointer) {
        case PQTRANS_INTRANS, PQTRANS_INERROR: true
        default: false
        }
    }

    /// Sends what waits to be sent and reads what has come, both without waiting; false once the
    /// server is gone.
    func exchange() -> Bool {
        flush() && PQconsumeInput(pointer) == 1 && PQstatus(pointer) == CONNECTION_OK
    }

    /// Sends what waits to be sent; false once the server is gone.
    func flush() -> Bool {
        let outcome = PQflush(pointer)
        needsFlush = outcome == 1
        return outcome >= 0
    }
}

/// What the server said without being asked.
final class Notices {
    /// A commit was reported as done although no standby has it: a wait for one was cancelled.
    var hasUnreplicatedCommit = false

    /// The function of the server that sends the warning: unlike its text it is not translated,
    /// and its SQLSTATE is only "warning" (01000).
    private static let waitingFunction = "SyncRepWaitForLSN"

    func receive(_ notice: OpaquePointer) {
        let function = Character("R").asciiValue.map { Int32($0) } ?? 0  // PG_DIAG_SOURCE_FUNCTION
        guard let name = PQresultErrorField(notice, function) else { return }
        if String(cString: name) == Self.waitingFunction { hasUnreplicatedCommit = true }
    }
}

/// An error report of the server, without anything that could hold a value (Z-29).
struct ServerFailure: Error, Equatable {
    /// Five characters; empty where libpq itself noticed that the server is gone.
    let sqlState: String
    let constraint: String?
    /// The server ends the session with it.
    let endsSession: Bool

    init(sqlState: String, constraint: String? = nil, endsSession: Bool = false) {
        self.sqlState = sqlState
        self.constraint = constraint
        self.endsSession = endsSession
    }

    /// The server is going away, or takes no writes any more: so it is for all connections.
    var isOfServer: Bool {
        switch sqlState {
        case "25006", "57P01", "57P02", "57P03", "57P05": true
        default: sqlState.hasPrefix("08")
        }
    }

    init(_ result: OpaquePointer) {
        func field(_ code: UInt8) -> String? {
            PQresultErrorField(result, Int32(code)).map { String(cString: $0) }
        }
        let severity = field(UInt8(ascii: "V"))  // PG_DIAG_SEVERITY_NONLOCALIZED
        sqlState = field(UInt8(ascii: "C")) ?? ""  // PG_DIAG_SQLSTATE
        constraint = field(UInt8(ascii: "n"))  // PG_DIAG_CONSTRAINT_NAME
        endsSession = severity == "FATAL" || severity == "PANIC" || sqlState.isEmpty
    }
}
