import Postgres

extension Readiness {
    /// Why a check fails, in a word for `/healthz` and the log.
    enum Fault: String, Sendable, CaseIterable {
        /// No server answers, or it sends everybody away.
        case unreachable
        /// The server takes no writes: a standby, or a primary that was made read-only.
        case readOnly = "read-only"
        /// The schema is older than this binary.
        case schemaBehind = "schema-behind"
        /// The data was sealed with another ring than this instance has.
        case otherKeys = "other-keys"
        /// There was no answer in time.
        case timeout
        /// The role or its password is not let in, or lacks a grant.
        case permissionDenied = "permission-denied"
        /// All else; the log has the SQLSTATE or the error's type.
        case failed
    }
}

/// This binary knows migrations that the database has not.
struct SchemaBehind: Error, CustomStringConvertible {
    let pending: Int

    var description: String {
        "schema is behind: \(pending) \(pending == 1 ? "migration" : "migrations") pending; "
            + "run practice-auth migrate"
    }
}

extension Readiness.Fault {
    init(_ error: any Error) {
        switch error {
        case is SchemaBehind: self = .schemaBehind
        case is OtherKeys: self = .otherKeys
        case let failure as ConnectFailure: self.init(failure)
        case let error as PostgresError: self.init(error)
        default: self = .failed
        }
    }

    private init(_ failure: ConnectFailure) {
        switch failure {
        case .server(let sqlState): self.init(sqlState: sqlState)
        case .timedOut: self = .timeout
        case .readOnly: self = .readOnly
        case .unreachable: self = .unreachable
        }
    }

    private init(_ error: PostgresError) {
        switch error {
        case .unavailable(.waitedTooLong), .underWay, .deadline, .commitUnknown: self = .timeout
        case .unavailable(.noConnection), .unavailable(.transactionLost), .unavailable(.shutDown):
            self = .unreachable
        case .unavailable(.queueFull), .unavailable(.serverOverloaded), .undecodable:
            self = .failed
        case .server(let sqlState, _): self.init(sqlState: sqlState)
        }
    }

    private init(sqlState: String) {
        switch sqlState {
        case "25006": self = .readOnly
        case "42P01": self = .schemaBehind  // no such table
        case "42501": self = .permissionDenied
        case _ where sqlState.hasPrefix("28"): self = .permissionDenied  // who may sign in
        case _ where sqlState.hasPrefix("57P") || sqlState.hasPrefix("08"): self = .unreachable
        case "57014": self = .timeout
        default: self = .failed
        }
    }

    /// What the log says of an error: a type never holds a value, nor does an error of the database.
    static func reason(_ error: any Error) -> String {
        error is PostgresError || error is ConnectFailure
            ? "\(error)" : String(reflecting: type(of: error))
    }
}
