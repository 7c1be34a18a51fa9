/// Why a statement has no result; it never holds a value, a message or a detail (Z-29).
package enum PostgresError: Error, Equatable, Sendable {
    /// The statement was certainly not executed, or was rolled back: it can be sent again.
    case unavailable(Unavailability)
    /// The caller's time was up while the statement ran; whether it was executed is unknown.
    case deadline
    /// The commit was under way when the connection was lost, or is not on the standby yet.
    case commitUnknown
    /// Another transaction that is not over yet is about the same; nothing was done.
    case underWay
    /// The server refused it, and nothing of it was kept.
    case server(sqlState: String, constraint: String?)
    /// A column, by its name, is missing or of another type than the statement reads.
    case undecodable(String)
}

/// Why nothing was executed.
package enum Unavailability: String, Error, Sendable, CaseIterable {
    /// No server could be reached in time.
    case noConnection = "no-connection"
    /// More statements wait than the queue may hold.
    case queueFull = "queue-full"
    /// The time was up before the statement was sent, or while its row was locked by others.
    case waitedTooLong = "waited-too-long"
    /// The server cancelled it: its time, memory, disk or connections were used up.
    case serverOverloaded = "server-overloaded"
    /// The connection of an open transaction was lost before its commit.
    case transactionLost = "transaction-lost"
    /// The pool is shut.
    case shutDown = "shut-down"
}
