import Cryptography
import Foundation
import Logging
import Metrics
import Postgres
import ServiceLifecycle

/// Takes messages from the outbox and hands them to their channels, as one of many workers.
///
/// Every instance runs one. A message is claimed with a lease in one commit, handed over outside of
/// any transaction, and settled in another: it goes out at least once while its code lives, and
/// never once the code is dead (SC-9, C1 to C4).
final class Dispatcher: Service, Sendable {
    /// How long a channel may take for one message, so that it can be settled within the lease.
    static let handOverLimit = Duration.seconds(12)
    /// How long a message of another instance, or one due again, may wait for this one to look.
    static let pollInterval = Duration.seconds(1)
    /// How often dead messages are swept and the gauges read.
    static let sweepInterval = Duration.seconds(5)
    /// The most a statement of the dispatcher may take.
    static let statementLimit = Duration.seconds(2)

    /// What became of one claimed message.
    struct Delivered: Equatable, Sendable {
        let messageID: UUID
        let channel: ChannelKind
        /// Nil where the lease ran out and another worker has it now.
        let state: DeliveryState?
        /// Why it was not taken, at this attempt.
        let reason: DeliveryFailure.Reason?
    }

    private let database: Database
    private let channels: GatewayChannels
    /// What is on its way, for the gauges too.
    let traffic: GatewayTraffic
    private let handOver: HandOver
    private let workers: Int
    private let logger: Logger
    private let metrics: DeliveryMetrics
    private let wakeUps = WakeUps()

    /// - Parameters:
    ///   - channels: of the operator, one for each kind of message, and of the practices' gateways.
    ///   - prices: of an SMS, which a message that climbs may cost once more.
    ///   - workers: messages handed over at the same time.
    init(
        database: Database, channels: GatewayChannels, templates: Templates, keys: KeyRing,
        prices: SMSPrices, workers: Int, logger: Logger,
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.database = database
        self.channels = channels
        traffic = GatewayTraffic(workers: workers)
        self.workers = max(workers, 1)
        self.logger = logger
        self.metrics = DeliveryMetrics(
            channels: channels.operators.values.map(\.name) + GatewayChannels.madeNames,
            factory: metrics)
        self.handOver = HandOver(
            database: database,
            texts: PracticeTexts(
                templates: templates, database: database, logger: logger, metrics: metrics),
            keys: keys, traffic: traffic, prices: prices, logger: logger)
    }

    /// Says that a message was just committed, so that it need not wait for the next look.
    func nudge() {
        wakeUps.ring()
    }

    /// Claims and hands over the message that has been due for longest; nil where none is due.
    func deliverNext() async throws -> Delivered? {
        switch try await claimNext() {
        case .noneDue: return nil
        case .withdrawn(let delivered): return delivered
        case .claimed(let message, let channel): return await deliver(message, by: channel)
        }
    }

    /// Hands messages over until the service is asked to stop, and finishes those in hand.
    func run() async throws {
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.wakeUps.ring(every: Self.pollInterval) }
                group.addTask { await self.sweep() }
                await deliverAll()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.wakeUps.end()
        }
    }
}

// MARK: - Delivering

extension Dispatcher {
    enum Next: Sendable {
        case noneDue
        case withdrawn(Delivered)
        case claimed(ClaimedMessage, any DeliveryChannel)
    }

    /// At most `workers` messages are in hand; only then is the next one claimed, so that no lease
    /// runs while its message waits.
    private func deliverAll() async {
        await withTaskGroup(of: Void.self) { inHand in
            var count = 0
            var isTroubled = false
            for await _ in wakeUps.rings {
                while true {
                    if count == workers {
                        await inHand.next()
                        count -= 1
                    }
                    guard !Task.isCancelled, !Task.isShuttingDownGracefully,
                        let next = await claimOrReport(&isTroubled)
                    else { break }
                    guard case .claimed(let message, let channel) = next else { continue }
                    count += 1
                    inHand.addTask { _ = await self.deliver(message, by: channel) }
                }
            }
        }
    }

    /// Nil where there is nothing to do until the next ring; trouble is logged once, not each second.
    private func claimOrReport(_ isTroubled: inout Bool) async -> Next? {
        do {
            let next = try await claimNext()
            if isTroubled { logger.info("outbox reached again") }
            isTroubled = false
            if case .noneDue = next { return nil }
            return next
        } catch {
            if !isTroubled { logger.error("outbox not reached", metadata: ["error": "\(error)"]) }
            isTroubled = true
            return nil
        }
    }

    func claimNext() async throws -> Next {
        let claim = ClaimMessage(channels: ChannelKind.allCases, held: traffic.held())
        switch try await database.run(claim, within: Self.statementLimit) {
        case .noneDue:
            return .noneDue
        case .withdrawn(let messageID, let kind):
            metrics.count(.withdrawn, by: channels.channel(nil, for: kind).name)
            logger.info("message withdrawn", metadata: ["message_id": "\(messageID.spelled)"])
            return .withdrawn(
                Delivered(messageID: messageID, channel: kind, state: .withdrawn, reason: nil))
        case .claimed(let message):
            // At once: the next claim must know of it.
            traffic.takeInHand(
                message.way, rung: message.place, hasNextRung: message.hasNextRung)
            return .claimed(message, channels.channel(message.gateway, for: message.channel))
        }
    }

    func deliver(_ message: ClaimedMessage, by channel: any DeliveryChannel) async -> Delivered {
        let result = await handOver.result(of: message, by: channel)
        let state = await handOver.settle(
            message, as: result, gateway: message.gateway?.name ?? channel.name)
        let hadOthersWait = traffic.putDown(message.way)
        // The next rung's turn, or that of the next message, is now and not at the next look.
        if case .climb = result { nudge() } else if hadOthersWait { nudge() }
        var facts: Logger.Metadata = [
            "message_id": "\(message.messageID.spelled)", "channel": "\(channel.name)",
            "attempt": "\(message.attempt)", "rung": "\(message.rung)",
            "state": "\(state?.rawValue ?? "lost")",
        ]
        metrics.count(DeliveryMetrics.Outcome(state), by: channel.name)
        if let reason = result.reason {
            facts["reason"] = "\(reason.rawValue)"
            metrics.count(reason, by: channel.name)
            logger.warning("message not sent", metadata: facts)
        } else {
            logger.info("message settled", metadata: facts)
        }
        return Delivered(
            messageID: message.messageID, channel: message.channel, state: state,
            reason: result.reason)
    }
}

// MARK: - Sweeping

extension Dispatcher {
    private func sweep() async {
        while !Task.isCancelled {
            do {
                try await sweepOnce()
                try await Task.sleep(for: Self.sweepInterval)
            } catch is CancellationError {
                return
            } catch {
                // The claims meet the same trouble and report it.
                try? await Task.sleep(for: Self.sweepInterval)
            }
        }
    }

    /// Withdraws messages whose code has died while they waited, sends on those that were not
    /// reported in time, and reads the gauges.
    func sweepOnce() async throws {
        for (kind, count) in try await database.run(
            WithdrawDeadMessages(), within: Self.statementLimit)
        {
            metrics.count(
                .withdrawn, by: channels.channel(nil, for: kind).name, times: count)
        }
        let overdue = try await database.run(
            ClimbUnreported(prices: handOver.prices), within: Self.statementLimit)
        if overdue.climbed > 0 { nudge() }
        if overdue.stopped > 0 {
            logger.warning(
                "messages not sent on: their practice's SMS of the day are spent",
                metadata: ["messages": "\(overdue.stopped)"])
        }
        metrics.record(try await database.run(MeasureOutbox(), within: Self.statementLimit))
    }
}

extension UUID {
    /// In lower case, as answers, logs and PostgreSQL spell it.
    fileprivate var spelled: String { uuidString.lowercased() }
}
