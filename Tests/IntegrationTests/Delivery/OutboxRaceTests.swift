import Foundation
import Metrics
import Postgres
import ServiceLifecycle
import Synchronization
import Testing

@testable import Auth

/// Several workers on one outbox (C1, C3).
@Suite(.timeLimit(.minutes(2)))
struct OutboxRaceTests {
    @Test func `of many workers exactly one gets each message`() async throws {
        try await OutboxFixture.run { outbox in
            let channel = ScriptedChannel()
            var queued: Set<UUID> = []
            for number in 0..<60 {
                queued.insert(try await outbox.queue(to: "p\(number)@example.no"))
            }
            try await withThrowingTaskGroup(of: Void.self) { workers in
                for number in 0..<16 {
                    let dispatcher = try outbox.dispatcher(
                        channel, on: number % 2 == 0 ? outbox.database : outbox.otherDatabase)
                    workers.addTask {
                        while try await dispatcher.deliverNext() != nil {}
                    }
                }
                try await workers.waitForAll()
            }
            #expect(channel.messages.count == 60)
            #expect(Set(channel.messages.map(\.id)) == queued)
            let rows = try await outbox.owner.execute(
                "select state, fence, attempts, count(*) from message group by 1, 2, 3")
            #expect(rows == [["sent", "1", "1", "60"]])
        }
    }

    @Test func `a message in a worker's hands is nobody else's`() async throws {
        try await OutboxFixture.run { outbox in
            let channel = ScriptedChannel()
            let message = try await outbox.queue()
            guard case .claimed = try await outbox.dispatcher(channel).claimNext() else {
                Issue.record("nothing was claimed")
                return
            }
            let other = try outbox.dispatcher(channel, on: outbox.otherDatabase)
            #expect(try await other.deliverNext() == nil)
            let wait = try await outbox.row(message).wait
            #expect(wait <= ClaimMessage.lease.seconds && wait > 0)
        }
    }

    @Test(arguments: [
        SettleMessage.Result.sent(Receipt(providerMessageID: "late")),
        .failed(.unknownMailbox), .retry(.serverBusy, after: .seconds(1)), .withdrawn,
    ])
    func `a lease that ran out is taken over, and the late worker changes nothing`(
        late: SettleMessage.Result
    ) async throws {
        try await OutboxFixture.run { outbox in
            let channel = ScriptedChannel()
            let message = try await outbox.queue()
            let stale = try outbox.dispatcher(channel)
            guard case .claimed(let held, _) = try await stale.claimNext() else {
                Issue.record("nothing was claimed")
                return
            }
            try await outbox.outliveLease(of: message)
            let other = try outbox.dispatcher(channel, on: outbox.otherDatabase)
            guard case .claimed(let taken, _) = try await other.claimNext() else {
                Issue.record("the lease was not taken over")
                return
            }
            #expect(taken.fence == held.fence + 1)

            // While the new holder has it, and when the new holder is done.
            let settle = SettleMessage(message: held, result: late, gateway: "scripted")
            let before = try await outbox.row(message)
            #expect(try await outbox.database.run(settle) == nil)
            #expect(try await outbox.row(message).state == before.state)
            #expect(try await outbox.row(message).body == before.body)

            #expect(await other.deliver(taken, by: channel).state == .sent)
            let done = try await outbox.row(message)
            #expect(try await outbox.database.run(settle) == nil)
            #expect(try await outbox.row(message).providerMessageID == done.providerMessageID)
            #expect(try await outbox.row(message).state == "sent")
            #expect(channel.messages.count == 1)
        }
    }

    @Test func `a worker whose lease ran out before it could send does not send`() async throws {
        try await OutboxFixture.run { outbox in
            let channel = ScriptedChannel()
            let message = try await outbox.queue()
            let stale = try outbox.dispatcher(channel)
            guard case .claimed(let held, _) = try await stale.claimNext() else {
                Issue.record("nothing was claimed")
                return
            }
            try await outbox.outliveLease(of: message)
            _ = try await outbox.dispatcher(channel, on: outbox.otherDatabase).deliverNext()

            #expect(await stale.deliver(held, by: channel).state == nil)
            #expect(channel.messages.count == 1)
        }
    }

    @Test func `what went out while it was being withdrawn is called sent`() async throws {
        try await OutboxFixture.run { outbox in
            let channel = ScriptedChannel()
            let message = try await outbox.queue()
            let dispatcher = try outbox.dispatcher(channel)
            guard case .claimed(let held, _) = try await dispatcher.claimNext() else {
                Issue.record("nothing was claimed")
                return
            }
            try await outbox.change(message, "state = 'withdrawn', body = null")
            let failed = SettleMessage(
                message: held, result: .failed(.serverTimeout), gateway: "scripted")
            #expect(try await outbox.database.run(failed) == nil)
            let sent = SettleMessage(
                message: held, result: .sent(Receipt()), gateway: "scripted")
            #expect(try await outbox.database.run(sent) == .sent)
        }
    }

    @Test func `messages that die while they wait are withdrawn in one sweep`() async throws {
        try await OutboxFixture.run { outbox in
            let dispatcher = try outbox.dispatcher(
                ScriptedChannel(Array(repeating: .transient(.serverBusy), count: 3)))
            let living = try await outbox.queue()
            let dead = try await outbox.queue()
            let held = try await outbox.queue()
            for _ in 0..<2 { #expect(try await dispatcher.deliverNext()?.state == .queued) }
            guard case .claimed = try await dispatcher.claimNext() else {
                Issue.record("nothing was claimed")
                return
            }
            for message in [dead, held] {
                try await outbox.changeCode(of: message, "voided_at = clock_timestamp()")
            }
            try await dispatcher.sweepOnce()

            #expect(try await outbox.row(living).state == "queued")
            #expect(try await outbox.row(dead).state == "withdrawn")
            #expect(try await outbox.row(dead).body == nil)
            // A worker has that one, and will find out by itself.
            #expect(try await outbox.row(held).state == "queued")
        }
    }

    @Test func `what waits and what became of messages can be read from the metrics`() async throws
    {
        try await OutboxFixture.run { outbox in
            let metrics = MetricsRegistry()
            let dispatcher = try outbox.dispatcher(
                ScriptedChannel([.permanent(.mailboxFull)]), metrics: metrics)
            for _ in 0..<3 { _ = try await outbox.queue() }
            try await outbox.owner.execute(
                "update message set created_at = created_at - interval '100 seconds'")
            for _ in 0..<2 { _ = try await dispatcher.deliverNext() }
            try await dispatcher.sweepOnce()

            let text = metrics.text()
            #expect(text.contains(#"auth_messages_total{channel="scripted",outcome="failed"} 1"#))
            #expect(text.contains(#"auth_messages_total{channel="scripted",outcome="sent"} 1"#))
            #expect(
                text.contains(
                    #"auth_message_failures_total{channel="scripted",reason="mailbox_full"} 1"#))
            #expect(text.contains("auth_outbox_messages 1"))
            let age = text.firstMatch(of: /auth_outbox_oldest_message_age_seconds ([0-9.]+)/)
            let seconds = try #require(age.flatMap { Double($0.1) })
            #expect(seconds >= 100)
        }
    }

    @Test func `it runs on a nudge, and at the end finishes what it has in hand`() async throws {
        try await OutboxFixture.run { outbox in
            let channel = GatedChannel()
            let dispatcher = try outbox.dispatcher(channel, workers: 1)
            let group = ServiceGroup(
                configuration: .init(
                    services: [.init(service: dispatcher)], logger: OutboxFixture.quiet))
            let (first, second) = (try await outbox.queue(), try await outbox.queue())
            async let running: Void = group.run()
            dispatcher.nudge()
            await channel.someoneIsIn()

            await group.triggerGracefulShutdown()
            #expect(try await outbox.row(first).state == "queued")
            channel.open()
            try await running

            #expect(try await outbox.row(first).state == "sent")
            #expect(try await outbox.row(second).state == "queued")
            #expect(try await outbox.row(second).attempts == 0)
        }
    }
}

/// Holds each message until the gate is opened.
private final class GatedChannel: DeliveryChannel {
    let name = "gated"
    let kinds = Set(ChannelKind.allCases)

    private let entered = AsyncStream<Void>.makeStream()
    private let opened = AsyncStream<Void>.makeStream()

    func someoneIsIn() async {
        for await _ in entered.stream { return }
    }

    func open() {
        opened.continuation.finish()
    }

    func deliver(_ message: RenderedMessage) async throws(DeliveryFailure) -> Receipt {
        entered.continuation.yield()
        for await _ in opened.stream {}
        return Receipt()
    }
}
