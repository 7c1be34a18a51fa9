import CLibPQ
import Foundation

/// Why a connection could not be made; neither a message nor an address (Z-29).
package enum ConnectFailure: Error, Equatable, CustomStringConvertible {
    /// The server answered with an error.
    case server(sqlState: String)
    /// Nobody answered in time.
    case timedOut
    /// The server is a standby, or takes no writes now.
    case readOnly
    /// Nothing listens there, or the name is unknown.
    case unreachable

    package var description: String {
        switch self {
        case .server(let sqlState): "SQLSTATE \(sqlState)"
        case .timedOut: "timed out"
        case .readOnly: "read-only"
        case .unreachable: "unreachable"
        }
    }
}

/// Makes connections; blocks its thread, so it runs on one of its own.
enum Connecting {
    /// How soon a server that has failed is asked again while another has not answered: the one that
    /// hangs may be the old primary, and the one that refused its successor a moment later.
    private static let retryInterval: Duration = .milliseconds(200)

    /// Tries all servers at the same time and takes the first that is ready.
    ///
    /// - Parameter abandonedLabel: a session of ours that was given up while it seemed stuck. It
    ///   may still wait there for a standby, for ever, and each keeps one of the server's places.
    static func connect(
        to servers: [[String: String]], label: String, ending abandonedLabel: String? = nil,
        within limit: Duration
    ) -> Swift.Result<Connection, ConnectFailure> {
        let deadline = ContinuousClock.now + limit
        let outcome = connect(to: servers, label: label, before: deadline)
        if let abandonedLabel, case .success(let connection) = outcome {
            let end =
                "select pg_terminate_backend(pid) from pg_stat_activity "
                + "where application_name = $1"
            do throws(PostgresError) {
                _ = try connection.execute(end, [abandonedLabel], before: deadline)
            } catch {
                // A server that refuses it can still be worked with.
                guard case .server = error else { return .failure(.timedOut) }
            }
        }
        return outcome
    }

    private static func connect(
        to servers: [[String: String]], label: String, before deadline: ContinuousClock.Instant
    ) -> Swift.Result<Connection, ConnectFailure> {
        var attempts = servers.map { Attempt($0, label: label) }
        defer { for attempt in attempts { attempt.abandon() } }
        var retryAt = ContinuousClock.now + retryInterval
        while true {
            let now = ContinuousClock.now
            if attempts.allSatisfy({ !$0.isRunning }) {
                return .failure(attempts.compactMap(\.failure).first ?? .unreachable)
            }
            if now >= deadline { return .failure(.timedOut) }
            if now >= retryAt {
                for index in attempts.indices where !attempts[index].isRunning {
                    attempts[index].abandon()
                    attempts[index] = Attempt(servers[index], label: label)
                }
                retryAt = now + retryInterval
            }
            let running = attempts.indices.filter { attempts[$0].isRunning }
            var descriptors = running.map { attempts[$0].descriptor }
            let wait = now.duration(to: min(retryAt, deadline))
            poll(&descriptors, nfds_t(descriptors.count), wait.pollMilliseconds)
            for (index, descriptor) in zip(running, descriptors) where descriptor.revents != 0 {
                attempts[index].proceed()
                if let connection = attempts[index].takeConnection(label: label) {
                    return .success(connection)
                }
            }
        }
    }

    /// One server being connected to.
    private struct Attempt {
        private var pointer: OpaquePointer?
        private var status = PGRES_POLLING_WRITING
        private(set) var failure: ConnectFailure?

        init(_ settings: [String: String], label: String) {
            var settings = settings
            settings["application_name"] = label
            let keywords = Array(settings.keys)
            pointer = CStrings.with(keywords) { names in
                CStrings.with(keywords.map { settings[$0] ?? "" }) { values in
                    PQconnectStartParams(names, values, 0)
                }
            }
            guard let pointer else {
                failure = .unreachable
                return
            }
            // Leaves severity and SQLSTATE of the server's message, and no text.
            PQsetErrorVerbosity(pointer, PQERRORS_SQLSTATE)
            // Without a receiver libpq writes notices to the standard error.
            PQsetNoticeReceiver(pointer, { _, _ in }, nil)
            if PQstatus(pointer) == CONNECTION_BAD { fail() }
        }

        var isRunning: Bool { failure == nil && pointer != nil }

        /// The socket changes between steps, as when TLS is refused or an address does not answer.
        var descriptor: pollfd {
            let events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT
            return pollfd(fd: PQsocket(pointer), events: Int16(events), revents: 0)
        }

        mutating func proceed() {
            status = PQconnectPoll(pointer)
            if status == PGRES_POLLING_FAILED { fail() }
        }

        mutating func takeConnection(label: String) -> Connection? {
            guard status == PGRES_POLLING_OK, let established = pointer else { return nil }
            pointer = nil
            return Connection(established: established, label: label)
        }

        private mutating func fail() {
            let message = PQerrorMessage(pointer).map { String(cString: $0) } ?? ""
            let sqlState = message.firstMatch(of: /FATAL: +([0-9A-Z]{5})\s*$/)?.1
            // What libpq itself says of a server that `target_session_attrs` does not take.
            let isReadOnly =
                message.contains("session is read-only") || message.contains("hot standby")
            failure =
                sqlState.map { .server(sqlState: String($0)) }
                ?? (isReadOnly ? .readOnly : .unreachable)
        }

        func abandon() {
            if let pointer { PQfinish(pointer) }
        }
    }
}

extension Duration {
    /// For poll(), rounded up, so that it does not return just before the time.
    var pollMilliseconds: Int32 {
        let milliseconds = (self / .milliseconds(1)).rounded(.up)
        return Int32(min(max(milliseconds, 0), 60_000))
    }
}
