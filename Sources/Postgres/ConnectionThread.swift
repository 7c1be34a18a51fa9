import Foundation
import Logging
import Synchronization

/// A thread with one connection, and the mailbox by which others reach it.
///
/// All that touches the connection happens on the thread, in `ConnectionLoop`. The mailbox is
/// behind a lock that is held for a few instructions; the thread is woken only if it sleeps.
final class ConnectionThread: Sendable {
    struct Settings: Sendable {
        let label: String
        let batchLimit: Int
        /// Statements that wait here before the next is refused.
        let queueLimit: Int
        /// The wait for a lock of a statement that runs alone after it met one, so that the others
        /// go on meanwhile; nil where there are no others.
        let contendedLockTimeout: Duration?
    }

    enum Phase {
        case open
        /// Takes nothing new but parts of open transactions, and ends when all is done.
        case draining
    }

    struct Mailbox {
        var arrivals: [Job] = []
        var connecting: Swift.Result<Connection, ConnectFailure>?
        var phase = Phase.open
        var isCloseRequested = false
        /// Whether a new arrival has to wake the thread; otherwise it will look by itself.
        var isAsleep = false
        /// What the thread had taken out and not answered when it last looked.
        var queued = 0
        var inFlight = 0
        var isConnected = false
        /// Why the last attempt to connect failed; nil after one that succeeded.
        var connectFailure: ConnectFailure?
        var counts = Counts()
        var ended: [UnsafeContinuation<Void, Never>] = []
        var hasStarted = false
        var hasEnded = false
    }

    /// What has happened since the start.
    struct Counts: Sendable {
        var statements = 0
        var batches = 0
        var reruns = 0
        var connectionsLost = 0
    }

    let settings: Settings
    let wakeup = Wakeup()
    let mailbox = Mutex(Mailbox())

    init(settings: Settings) {
        self.settings = settings
    }

    /// Starts the thread; later calls do nothing.
    func start(servers: [[String: String]], generation: PoolGeneration, logger: Logger) {
        let isFirst = mailbox.withLock { mailbox in
            defer { mailbox.hasStarted = true }
            return !mailbox.hasStarted
        }
        guard isFirst else { return }
        let thread = Thread { [self] in
            var loop = ConnectionLoop(
                thread: self, servers: servers, generation: generation, logger: logger)
            loop.run()
        }
        thread.name = settings.label
        thread.start()
    }

    /// Hands a job over; what it returns is the reason why it was not taken.
    func submit(_ job: Job) -> Unavailability? {
        let (refusal, isAsleep) = mailbox.withLock { mailbox -> (Unavailability?, Bool) in
            if mailbox.hasEnded || (mailbox.phase == .draining && job.kind.session == nil) {
                return (.shutDown, false)
            }
            if mailbox.queued + mailbox.arrivals.count >= settings.queueLimit {
                return (.queueFull, false)
            }
            mailbox.arrivals.append(job)
            defer { mailbox.isAsleep = false }
            return (nil, mailbox.isAsleep)
        }
        if isAsleep { wakeup.signal() }
        return refusal
    }

    /// Executes one statement; waits for its answer or its deadline, whichever comes first.
    func execute(
        _ plan: Plan, _ arguments: Arguments, subject: UUID? = nil, kind: Job.Kind,
        deadline: ContinuousClock.Instant
    ) async throws(PostgresError) -> Execution {
        let answer = await withUnsafeContinuation { continuation in
            let job = Job(
                plan: plan, arguments: arguments, subject: subject, kind: kind,
                deadline: deadline, continuation: continuation)
            if let refusal = submit(job) {
                continuation.resume(returning: .failure(.unavailable(refusal)))
            }
        }
        return try answer.get()
    }

    /// Closes the connection, as when a transaction was left in the middle.
    func closeConnection() {
        mailbox.withLock { $0.isCloseRequested = true }
        wakeup.signal()
    }

    /// Refuses new work and returns when what was taken is answered and the thread has ended.
    func drain() async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            let isOver = mailbox.withLock { mailbox in
                mailbox.phase = .draining
                if !mailbox.hasStarted || mailbox.hasEnded { return true }
                mailbox.ended.append(continuation)
                return false
            }
            wakeup.signal()
            if isOver { continuation.resume() }
        }
    }
}

/// Which connections are of use: those made since the last sign that the server is no longer the
/// writable one.
final class PoolGeneration: Sendable {
    private let state = Mutex((current: 0, wakeups: [Wakeup]()))

    var current: Int { state.withLock { $0.current } }

    func register(_ wakeup: Wakeup) {
        state.withLock { $0.wakeups.append(wakeup) }
    }

    /// Makes all connections of a generation useless; once, whoever says it first.
    func end(_ generation: Int) {
        let wakeups = state.withLock { state -> [Wakeup] in
            guard state.current == generation else { return [] }
            state.current += 1
            return state.wakeups
        }
        for wakeup in wakeups { wakeup.signal() }
    }
}
