/// Decides who has which ordinary connection: one holder each, the rest in order of arrival.
struct PoolState {
    /// A request for a connection, numbered in order of arrival.
    struct Ticket: Hashable {
        let number: Int
    }

    enum Decision: Equatable {
        /// The connection with this index is the asker's until it is released.
        case lease(Int)
        case wait(Ticket)
        case refuse(Unavailability)
    }

    private let waiterLimit: Int
    private let size: Int
    private var idle: [Int]
    private var waiters: [Ticket] = []
    private var ticketCount = 0
    private var isShut = false

    init(size: Int, waiterLimit: Int) {
        self.size = size
        self.waiterLimit = waiterLimit
        idle = Array(0..<size)
    }

    var waiterCount: Int { waiters.count }
    var leaseCount: Int { size - idle.count }
    /// Shut, and nobody has a connection or waits for one.
    var isDrained: Bool { isShut && leaseCount == 0 && waiters.isEmpty }

    mutating func request() -> Decision {
        if isShut { return .refuse(.shutDown) }
        // The one that rests longest: the newest may still be busy with what was given up.
        if !idle.isEmpty { return .lease(idle.removeFirst()) }
        if waiters.count == waiterLimit { return .refuse(.queueFull) }
        ticketCount += 1
        let ticket = Ticket(number: ticketCount)
        waiters.append(ticket)
        return .wait(ticket)
    }

    /// Gives a connection back; the ticket that has it now, if somebody waited.
    mutating func release(_ connection: Int) -> Ticket? {
        if waiters.isEmpty {
            idle.append(connection)
            return nil
        }
        return waiters.removeFirst()
    }

    /// Gives up waiting; false if the ticket has a connection already.
    mutating func withdraw(_ ticket: Ticket) -> Bool {
        guard let index = waiters.firstIndex(of: ticket) else { return false }
        waiters.remove(at: index)
        return true
    }

    /// Refuses new requests; those that wait are still served.
    mutating func shut() {
        isShut = true
    }
}

/// Decides when a lost connection is tried again: at once, then less and less often.
struct Backoff {
    /// The longest wait before the second attempt; doubled with each further one.
    static let firstDelay: Duration = .milliseconds(25)
    /// The longest wait of all: recovery is to be seen within 2 s of the server's return.
    static let longestDelay: Duration = .seconds(1)

    private(set) var failures = 0

    /// - Parameter jitter: from 0 up to 1; spreads the connections of all instances.
    func delay(jitter: Double) -> Duration {
        if failures == 0 { return .zero }
        let longest = min(Self.firstDelay * (1 << min(failures - 1, 10)), Self.longestDelay)
        return longest * (0.5 + jitter / 2)
    }

    mutating func failed() {
        failures += 1
    }

    /// Called when a connection has done something: one that only opens proves nothing.
    mutating func succeeded() {
        failures = 0
    }
}
