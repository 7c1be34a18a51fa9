import Foundation
import Postgres
import Testing

@testable import Auth

/// What becomes of a message that carries no code: it lives until it expires, and no longer.
@Suite(.timeLimit(.minutes(2)))
struct CodelessMessageTests {
    @Test func `it is handed over with what it says, and its body is erased`() async throws {
        try await OutboxFixture.run { outbox in
            let channel = ScriptedChannel()
            let message = try await outbox.queueWithoutCode()
            try await outbox.change(message, "created_at = '2026-11-22T10:50:00Z'")

            #expect(try await outbox.dispatcher(channel).deliverNext()?.state == .sent)
            let handed = try #require(channel.messages.first)
            #expect(handed.id == message && handed.to == "kari@example.no")
            #expect(handed.code == nil && handed.staysTrue)
            #expect(handed.subject?.contains("22. november, 11:50") == true)
            #expect(handed.text.contains("Endret: portal_origin\nAv: portal\nNår: 22. november"))
            #expect(handed.html?.contains("portal_origin") == true)
            #expect(try await outbox.row(message).body == nil)
        }
    }

    @Test func `one that has expired is withdrawn, by a claim or by the sweep`() async throws {
        try await OutboxFixture.run { outbox in
            let channel = ScriptedChannel()
            let dispatcher = try outbox.dispatcher(channel)
            let claimed = try await outbox.queueWithoutCode()
            try await outbox.change(claimed, "expires_at = clock_timestamp()")
            #expect(try await dispatcher.deliverNext()?.state == .withdrawn)

            let (swept, living) = (
                try await outbox.queueWithoutCode(), try await outbox.queueWithoutCode()
            )
            try await outbox.change(swept, "expires_at = clock_timestamp()")
            try await dispatcher.sweepOnce()
            #expect(try await outbox.row(swept).state == "withdrawn")
            #expect(try await outbox.row(swept).body == nil)
            #expect(try await outbox.row(living).state == "queued")
            #expect(try await dispatcher.deliverNext()?.messageID == living)
            #expect(channel.messages.map(\.id) == [living])
        }
    }

    @Test func `one that expires in a worker's hands is not sent`() async throws {
        try await OutboxFixture.run { outbox in
            let channel = ScriptedChannel()
            let dispatcher = try outbox.dispatcher(channel)
            let message = try await outbox.queueWithoutCode()
            guard case .claimed(let claimed, _) = try await dispatcher.claimNext() else {
                Issue.record("nothing was claimed")
                return
            }
            try await outbox.change(message, "expires_at = clock_timestamp()")
            #expect(await dispatcher.deliver(claimed, by: channel).state == .withdrawn)
            #expect(channel.messages.isEmpty)
        }
    }

    @Test func `one that no gateway reported climbs while it lives`() async throws {
        try await OutboxFixture.run { outbox in
            let dispatcher = try outbox.dispatcher(ScriptedChannel())
            let (living, dead) = (
                try await outbox.queueWithoutCode(), try await outbox.queueWithoutCode()
            )
            for message in [living, dead] {
                try await outbox.change(
                    message, "state = 'sent', report_due_at = clock_timestamp()")
            }
            try await outbox.change(dead, "expires_at = clock_timestamp()")
            try await dispatcher.sweepOnce()
            let (climbed, left) = (try await outbox.row(living), try await outbox.row(dead))
            #expect(climbed.state == "queued" && climbed.rung == 2)
            #expect(left.state == "sent" && left.rung == 1 && left.body == nil)
        }
    }

    @Test func `while its channel is stopped nothing goes, and all of it when the stop is over`()
        async throws
    {
        try await OutboxFixture.run { outbox in
            let channel = ScriptedChannel()
            let dispatcher = try outbox.dispatcher(channel)
            let waiting = try await outbox.queueWithoutCode()
            let code = try await outbox.queue()
            try await outbox.database.run(StopSending(channel: .email, reason: "a drill"))
            #expect(try await dispatcher.deliverNext() == nil)
            _ = try await outbox.database.run(ResumeSending(channel: .email))
            #expect(try await dispatcher.deliverNext()?.messageID == waiting)
            #expect(try await dispatcher.deliverNext()?.messageID == code)
        }
    }

    @Test func `it has more patience with a server than a code has`() async throws {
        try await OutboxFixture.run { outbox in
            let message = try await outbox.queueWithoutCode()
            try await outbox.change(
                message, "attempts = 9, expires_at = expires_at + interval '1 day'")
            for _ in 1...20 {
                _ = try await outbox.dispatcher(
                    ScriptedChannel([.transient(.serverBusy)])
                ).deliverNext()
                if try await outbox.row(message).wait > 31 { return }
                try await outbox.change(message, "attempts = 9")
                try await outbox.becomeDue(message)
            }
            Issue.record("never more than half a minute")
        }
    }
}
