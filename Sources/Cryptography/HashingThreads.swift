import Foundation
import Synchronization

/// Threads of our own that work off a ``FairQueue``.
///
/// Not the cooperative pool: it has a thread a core, and one hash holds one for tens of
/// milliseconds.
final class HashingThreads: Sendable {
    /// Something to do, or to turn away with an error; exactly one of both is called, once.
    struct Job: Sendable {
        let run: @Sendable () -> Void
        let refuse: @Sendable (any Error) -> Void
    }

    private struct State {
        var queue: FairQueue<Job>
        var tickets: UInt64 = 0
        var busy = 0
        var alive: Int
        var isStopping = false
        var onExit: [CheckedContinuation<Void, Never>] = []
    }

    /// How much nicer than the rest of the service the threads are: where cores are short, the
    /// scheduler gives a thread five steps nicer a third of the share.
    static let niceness: Int32 = 5

    let count: Int
    private let state: Mutex<State>
    // Signalled once for each job that came and, at the end, for each thread.
    private let work = DispatchSemaphore(value: 0)

    /// Starts the threads, which hold on to this object until it is stopped.
    ///
    /// - Parameter queueLimit: the cost that may wait, over all threads.
    init(count: Int, queueLimit: UInt64) {
        precondition(count > 0)
        self.count = count
        state = Mutex(State(queue: FairQueue(limit: queueLimit), alive: count))
        for _ in 0..<count { Thread.detachNewThread { self.serve() } }
    }

    /// A number for a job, known before it is queued so that its cancellation can name it.
    func ticket() -> UInt64 {
        state.withLock { state in
            state.tickets += 1
            return state.tickets
        }
    }

    /// Queues a job; one that finds no place is refused at once.
    func add(
        _ job: Job, ticket: UInt64, turn: Turn, cost: UInt64, overloaded: HasherOverloaded
    ) {
        let (added, refused) = state.withLock { state -> (Bool, [Job]) in
            guard !state.isStopping else { return (false, [job]) }
            switch state.queue.admit(job, ticket: ticket, turn: turn, cost: cost) {
            case .admitted: return (true, [])
            case .admittedInsteadOf(let displaced): return (true, displaced)
            case .refused: return (false, [job])
            }
        }
        if added { work.signal() }
        for job in refused { job.refuse(overloaded) }
    }

    /// Takes a job out of the queue, if it still waits there, and refuses it.
    func withdraw(ticket: UInt64) {
        state.withLock { $0.queue.remove(ticket: ticket) }?.refuse(CancellationError())
    }

    /// Refuses all that wait; the threads end after the hash they are at.
    func stop(refusingWith error: any Error) {
        let waiting = state.withLock { state -> [Job] in
            guard !state.isStopping else { return [] }
            state.isStopping = true
            return state.queue.removeAll()
        }
        for job in waiting { job.refuse(error) }
        for _ in 0..<count { work.signal() }
    }

    /// Returns when the last thread has ended.
    func ended() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.alive > 0 { state.onExit.append(continuation) }
                return state.alive == 0
            }
            if isOver { continuation.resume() }
        }
    }

    /// What all that wait will cost.
    var waitingCost: UInt64 { state.withLock { $0.queue.cost } }

    var gauges: PasswordHasher.Gauges {
        state.withLock { state in
            PasswordHasher.Gauges(
                known: state.queue.count(of: .known), unknown: state.queue.count(of: .unknown),
                imports: state.queue.count(of: .import), busy: state.busy, threads: count)
        }
    }

    private func serve() {
        // On Linux this is about the calling thread alone.
        _ = nice(Self.niceness)
        while true {
            work.wait()
            let (job, isStopping) = state.withLock { state -> (Job?, Bool) in
                let job = state.queue.next()
                if job != nil { state.busy += 1 }
                return (job, state.isStopping)
            }
            // No job: it was withdrawn or displaced, and its signal came all the same.
            if let job {
                job.run()
                state.withLock { $0.busy -= 1 }
            } else if isStopping {
                break
            }
        }
        let waiters = state.withLock { state in
            state.alive -= 1
            return state.alive == 0 ? state.onExit : []
        }
        for waiter in waiters { waiter.resume() }
    }
}
