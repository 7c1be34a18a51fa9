import Foundation
import Logging
import Synchronization

extension ConnectionLoop {
    // MARK: - A batch is over

    /// The server is ready again: only now is it known whether the batch was committed.
    mutating func settle(_ connection: Connection) {
        let batch = flight
        flight = []
        if let failure = connection.failure {
            return batch.count == 1
                ? rerunOrRefuse(batch[0], failure)
                : rerunAlone(batch, failure, connection.replies)
        }
        if connection.notices.hasUnreplicatedCommit {
            return answerAll(batch, .failure(.commitUnknown))
        }
        let results = connection.replies.compactMap(\.result)
        let isOurs =
            results.count == batch.count
            && zip(batch, results).allSatisfy { job, result in
                !job.plan.hasNonce || result.carries(nonce: job.nonce)
            }
        guard isOurs else {
            logger.critical("a result belongs to another statement; the connection is closed")
            answerAll(batch, .failure(.commitUnknown))
            return lose(reason: "mismatched results")
        }
        backoff.succeeded()
        for (job, result) in zip(batch, results) {
            answer(job, .success(Execution(result: result, session: session)))
        }
        // What runs on this connection next would be in it, and be answered without a commit.
        if batch.contains(where: { $0.isAnswered && $0.kind == .begin }) {
            lose(reason: "a transaction began that nobody waits for")
        }
    }

    /// One of several failed: all were rolled back, and each runs again by itself, once.
    private mutating func rerunAlone(
        _ batch: [Job], _ failure: ServerFailure, _ replies: [Reply]
    ) {
        if failure.isOfServer { return replacePool(puttingBack: batch) }
        let now = ContinuousClock.now
        for (index, job) in batch.enumerated() where !job.isAnswered {
            let isContended = index < replies.count && replies[index].failure?.sqlState == "55P03"
            coalescer.rerun(job, at: now, isContended: isContended)
            counts.reruns += 1
        }
    }

    private mutating func rerunOrRefuse(_ job: Job, _ failure: ServerFailure) {
        if job.isAnswered { return }
        let remedy = Remedy(
            for: failure, reruns: job.reruns,
            retryableConstraints: job.plan.retryableConstraints,
            jitter: Double.random(in: 0..<1, using: &randomness))
        if job.kind.session != nil { return endTransaction(job, failure, remedy) }
        var job = job
        job.reruns += 1
        switch remedy {
        case .answer(let error): answer(job, .failure(error))
        case .rerun(let delay, let isContended):
            counts.reruns += 1
            coalescer.rerun(job, at: .now + delay, isContended: isContended)
        case .reconnect:
            coalescer.putBack([job])
            lose(reason: "prepared statements out of date")
        case .replacePool: replacePool(puttingBack: [job])
        }
    }

    /// A part of a transaction is not run again by itself; its caller may repeat the whole.
    private mutating func endTransaction(
        _ job: Job, _ failure: ServerFailure, _ remedy: Remedy
    ) {
        switch remedy {
        case .answer(let error): answer(job, .failure(error))
        case .rerun(_, isContended: true):
            answer(job, .failure(.unavailable(.waitedTooLong)))
        case .rerun, .reconnect:
            let error = PostgresError.server(
                sqlState: failure.sqlState, constraint: failure.constraint)
            answer(job, .failure(error))
            // Else it would fail in every transaction on this connection.
            if remedy == .reconnect { lose(reason: "prepared statements out of date") }
        case .replacePool:
            answer(job, .failure(.unavailable(.transactionLost)))
            replacePool(puttingBack: [])
        }
    }

    private mutating func replacePool(puttingBack jobs: [Job]) {
        coalescer.putBack(jobs.filter { !$0.isAnswered })
        lose(reason: "server no longer writable")
    }

    private mutating func answerAll(_ jobs: [Job], _ result: Job.Answer) {
        for job in jobs { answer(job, result) }
    }

    // MARK: - The connection

    /// Closes the connection; what was under way is unknown unless it certainly was rolled back.
    mutating func lose(reason: String) {
        guard let connection else { return }
        let isRolledBack = connection.isRolledBack
        if connection.failure?.isOfServer ?? false { generation.end(connectionGeneration) }
        self.connection = nil
        counts.connectionsLost += 1
        connectAt = .now + backoff.delay(jitter: .random(in: 0..<1, using: &randomness))
        backoff.failed()
        logger.warning(
            "database connection lost",
            metadata: ["connection": "\(connection.label)", "reason": "\(reason)"])

        let interrupted = flight
        flight = []
        for job in interrupted where !job.isAnswered {
            switch job.kind {
            case .inTransaction: answer(job, .failure(.unavailable(.transactionLost)))
            case .begin: coalescer.putBack([job])
            case .single where isRolledBack: coalescer.putBack([job])
            case .single, .commit: answer(job, .failure(.commitUnknown))
            }
        }
    }

    /// The same for what is more than this connection's: the others would find out one by one, each
    /// at the cost of whoever asks it something.
    mutating func loseServer(reason: String) {
        generation.end(connectionGeneration)
        lose(reason: reason)
    }

    /// Starts an attempt to connect when one is due; it has a thread of its own, since looking up
    /// a host's name can block for longer than any deadline.
    mutating func keepConnected(at now: ContinuousClock.Instant) {
        let isOver = isDraining && coalescer.count == 0
        guard connection == nil, !isConnecting, connectAt <= now, !isOver else { return }
        isConnecting = true
        session += 1
        connectionGeneration = generation.current
        let label = "\(thread.settings.label)/\(session)"
        let abandonedLabel = abandonedLabel
        let attempt = Thread { [thread, servers] in
            let outcome = Connecting.connect(
                to: servers, label: label, ending: abandonedLabel, within: Self.connectLimit)
            thread.mailbox.withLock { mailbox in
                if !mailbox.hasEnded { mailbox.connecting = outcome }
            }
            thread.wakeup.signal()
        }
        attempt.name = "connecting"
        attempt.start()
    }

    mutating func connected(_ outcome: Swift.Result<Connection, ConnectFailure>) {
        isConnecting = false
        switch outcome {
        case .success(let connection):
            guard connection.enterPipeline() else { return connected(.failure(.unreachable)) }
            self.connection = connection
            abandonedLabel = nil
            thread.mailbox.withLock { $0.connectFailure = nil }
            logger.info(
                "database connection open", metadata: ["connection": "\(connection.label)"])
        case .failure(let failure):
            backoff.failed()
            connectAt = .now + backoff.delay(jitter: .random(in: 0..<1, using: &randomness))
            thread.mailbox.withLock { $0.connectFailure = failure }
            if backoff.failures <= 1 || backoff.failures.isMultiple(of: Self.failuresPerLogLine) {
                logger.warning(
                    "database connection failed",
                    metadata: [
                        "connection": "\(thread.settings.label)", "reason": "\(failure)",
                        "attempts": "\(backoff.failures)",
                    ])
            }
        }
    }

    /// About one line in half a minute while a server stays away.
    private static let failuresPerLogLine = 30
}
