/// What one request may cost, whoever sends it (reliability.md section 7).
package struct RequestLimits: Sendable {
    /// Bytes of the body.
    var bodyBytes: Int
    /// How long the whole body may take to arrive, however it is dripped.
    var bodyDeadline: Duration
    /// How long the answer may take once the request is here.
    var answerDeadline: Duration

    /// For everything but imports and long polls.
    static let ordinary = RequestLimits(
        bodyBytes: 16 * 1024, bodyDeadline: .seconds(5), answerDeadline: .milliseconds(2300))
}

/// What one connection and one process may hold; each can be set, so that a test need not wait.
package struct ServerLimits: Sendable {
    /// What a request may cost where its route says nothing else.
    package var request = RequestLimits.ordinary
    /// How long a statement may take, below the answer's deadline so that its caller is still told.
    package var statementDeadline = Duration.seconds(2)
    /// How long a request waits for an equal one that is still being worked on, before it is told so.
    package var equalRequestWait = Duration.milliseconds(500)
    /// Bytes of the request target.
    package var targetBytes = 4 * 1024
    /// Bytes of all header names and values.
    package var headerBytes = 16 * 1024
    /// Bytes of one header field.
    package var headerFieldBytes = 8 * 1024
    /// Header fields of one request.
    package var headerFields = 64
    /// From a request's first byte to the end of its head.
    package var headDeadline = Duration.seconds(5)
    /// A kept-alive connection without a request; longer than a proxy keeps its own (60 s).
    package var idleTimeout = Duration.seconds(75)
    /// From the last byte of an answer handed to the system to the caller having taken it.
    package var writeDeadline = Duration.seconds(10)
    /// How long a connection that we have given up may go on sending before it is cut off.
    package var lingerTimeout = Duration.seconds(1)
    /// Requests on one connection, then `Connection: close`, so that load spreads over new
    /// instances.
    package var requestsPerConnection = 1_000
    /// Open connections of one server, where the process may have so many; further ones wait to be
    /// accepted.
    package var connections = 8_000
    /// Requests being worked on in one process; further ones are answered `overloaded`.
    package var requestsInFlight = 1_024

    package init() {}
}
