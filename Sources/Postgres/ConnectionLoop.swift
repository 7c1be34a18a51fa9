import CLibPQ
import Foundation
import Logging
import Synchronization

/// What a connection's thread does: it waits in poll() for the server, its mailbox or a time, and
/// then does all that can be done.
struct ConnectionLoop {
    /// An attempt to connect is given up after this time.
    static let connectLimit: Duration = .seconds(2)
    /// A connection that brings nothing for this long while a batch is under way is closed: the
    /// server ends any statement before, so it or the network must be stuck.
    static let stallLimit: Duration = .seconds(3)
    /// How often deadlines are looked at, and so how late one can be seen.
    static let deadlineInterval: Duration = .milliseconds(20)
    /// How long the thread sleeps with nothing to do; arrivals and the socket wake it at once.
    static let idleInterval: Duration = .seconds(60)

    let thread: ConnectionThread
    let servers: [[String: String]]
    let generation: PoolGeneration
    let logger: Logger

    var connection: Connection?
    var connectionGeneration = 0
    /// Counts connections, so that a transaction's parts can't run outside of it.
    var session = 0
    var isConnecting = false
    var connectAt = ContinuousClock.now
    var backoff = Backoff()
    /// The label of a session that was given up while it was still at work.
    var abandonedLabel: String?

    var coalescer: CommitCoalescer<Job>
    var flight: [Job] = []
    var lastProgress = ContinuousClock.now
    var deadlinesSeenAt = ContinuousClock.now
    var isDraining = false
    var counts = ConnectionThread.Counts()
    /// Answers that are given when nothing more urgent is left to do.
    var answers: [(continuation: UnsafeContinuation<Job.Answer, Never>, answer: Job.Answer)] = []
    var randomness = SystemRandomNumberGenerator()

    init(
        thread: ConnectionThread, servers: [[String: String]], generation: PoolGeneration,
        logger: Logger
    ) {
        self.thread = thread
        self.servers = servers
        self.generation = generation
        self.logger = logger
        coalescer = CommitCoalescer(batchLimit: thread.settings.batchLimit)
        generation.register(thread.wakeup)
    }

    mutating func run() {
        while true {
            readMailbox()
            let now = ContinuousClock.now
            expire(at: now)
            keepConnected(at: now)
            sendNext(at: now)
            giveAnswers()
            if isDraining, flight.isEmpty, coalescer.count == 0, endIfIdle() { return }
            sleep()
        }
    }

    /// Takes what others have left; the lock is held only for the exchange.
    private mutating func readMailbox() {
        let mail = thread.mailbox.withLock { mailbox in
            var mail = (
                arrivals: [Job](), connecting: mailbox.connecting, phase: mailbox.phase,
                isCloseRequested: mailbox.isCloseRequested
            )
            swap(&mail.arrivals, &mailbox.arrivals)
            mailbox.connecting = nil
            mailbox.isCloseRequested = false
            mailbox.isAsleep = false
            mailbox.queued += mail.arrivals.count
            return mail
        }
        coalescer.append(mail.arrivals)
        isDraining = mail.phase == .draining
        if mail.isCloseRequested, let connection {
            if !flight.isEmpty { abandonedLabel = connection.label }
            lose(reason: "given up")
        }
        if let outcome = mail.connecting { connected(outcome) }
    }

    // MARK: - Sending

    private mutating func sendNext(at now: ContinuousClock.Instant) {
        while flight.isEmpty, let connection {
            if connectionGeneration != generation.current, !connection.isInTransaction {
                return lose(reason: "server no longer writable")
            }
            guard let choice = coalescer.next(at: now) else { return }
            // A close that is in the socket already shows before the batch's outcome depends on it.
            guard connection.exchange() else {
                putBack(choice)
                return lose(reason: "closed by the server")
            }
            var lockTimeout: Duration?
            switch choice {
            case .batch(let members): flight = members
            case .alone(let member, let isContended):
                flight = [member]
                if isContended { lockTimeout = thread.settings.contendedLockTimeout }
            }
            dropLostTransactions()
            if !flight.isEmpty { begin(on: connection, lockTimeout: lockTimeout, at: now) }
        }
    }

    private mutating func begin(
        on connection: Connection, lockTimeout: Duration?, at now: ContinuousClock.Instant
    ) {
        for index in flight.indices {
            flight[index].nonce = Int64.random(in: .min ... .max, using: &randomness)
        }
        lastProgress = now
        counts.batches += 1
        counts.statements += flight.count
        if connection.begin(flight, lockTimeout: lockTimeout) { return }
        // Without its Sync, or with it in a socket that is dead, nothing of it was committed ...
        if !connection.isSyncQueued {
            coalescer.putBack(flight)
            flight = []
        }
        lose(reason: "closed while sending")  // ... otherwise that is not known.
    }

    private mutating func putBack(_ choice: CommitCoalescer<Job>.Choice) {
        switch choice {
        case .batch(let members): coalescer.putBack(members)
        case .alone(let member, _): coalescer.putBack([member])
        }
    }

    /// A part of a transaction whose session is gone must not run outside of it.
    private mutating func dropLostTransactions() {
        let session = session
        let lost = flight.filter { $0.kind.session.map { $0 != session } ?? false }
        if lost.isEmpty { return }
        for job in lost { answer(job, .failure(.unavailable(.transactionLost))) }
        flight.removeAll { $0.kind.session.map { $0 != session } ?? false }
    }

    // MARK: - Answering

    mutating func answer(_ job: Job, _ answer: Job.Answer) {
        if !job.isAnswered { answers.append((job.continuation, answer)) }
    }

    private mutating func giveAnswers() {
        for (continuation, answer) in answers { continuation.resume(returning: answer) }
        answers.removeAll(keepingCapacity: true)
    }

    /// Answers those whose time is up; what is under way goes on without them.
    private mutating func expire(at now: ContinuousClock.Instant) {
        if deadlinesSeenAt.duration(to: now) < Self.deadlineInterval { return }
        deadlinesSeenAt = now
        for index in flight.indices where flight[index].deadline <= now {
            answer(flight[index], .failure(.deadline))
            flight[index].isAnswered = true
        }
        if coalescer.count == 0 { return }
        let reason: Unavailability = connection == nil ? .noConnection : .waitedTooLong
        for job in coalescer.remove(where: { $0.deadline <= now }) {
            answer(job, .failure(.unavailable(reason)))
        }
    }

    // MARK: - Waiting

    private mutating func sleep() {
        let isReady = flight.isEmpty && connection != nil
        let isIdle = flight.isEmpty && coalescer.count == 0
        let mayWait = thread.mailbox.withLock { mailbox in
            // While a batch is under way, arrivals wait for its end anyway.
            mailbox.isAsleep = (isReady || isIdle) && mailbox.arrivals.isEmpty
            mailbox.queued = coalescer.count
            mailbox.inFlight = flight.count
            mailbox.isConnected = connection != nil
            mailbox.counts = counts
            return !isReady || mailbox.arrivals.isEmpty
        }
        if !mayWait { return }
        var descriptors = [
            pollfd(fd: thread.wakeup.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: -1, events: Int16(POLLIN), revents: 0),
        ]
        if let connection {
            descriptors[1].fd = connection.socket
            if connection.needsFlush { descriptors[1].events |= Int16(POLLOUT) }
        }
        poll(&descriptors, 2, sleepLimit(isIdle: isIdle).pollMilliseconds)
        if descriptors[0].revents != 0 { thread.wakeup.clear() }
        if descriptors[1].revents != 0 { receive() }
        checkStall()
    }

    private func sleepLimit(isIdle: Bool) -> Duration {
        var limit = isIdle ? Self.idleInterval : Self.deadlineInterval
        let now = ContinuousClock.now
        if flight.isEmpty, let due = coalescer.nextDueAt {
            limit = min(limit, now.duration(to: due))
        }
        if connection == nil, !isConnecting { limit = min(limit, now.duration(to: connectAt)) }
        return limit
    }

    private mutating func receive() {
        guard let connection else { return }
        lastProgress = .now
        if flight.isEmpty {
            if !connection.exchange() { lose(reason: "closed by the server") }
            return
        }
        switch connection.proceed() {
        case .waiting: break
        case .finished: settle(connection)
        case .lost: loseServer(reason: "lost")
        }
    }

    private mutating func checkStall() {
        guard let connection, !flight.isEmpty,
            lastProgress.duration(to: .now) > Self.stallLimit
        else { return }
        abandonedLabel = connection.label
        loseServer(reason: "no progress")
    }

    private mutating func endIfIdle() -> Bool {
        guard
            let ended = thread.mailbox.withLock({ mailbox -> [UnsafeContinuation<Void, Never>]? in
                guard mailbox.arrivals.isEmpty else { return nil }
                mailbox.hasEnded = true
                mailbox.isConnected = false
                defer { mailbox.ended = [] }
                return mailbox.ended
            })
        else { return false }
        connection = nil
        for continuation in ended { continuation.resume() }
        return true
    }
}
