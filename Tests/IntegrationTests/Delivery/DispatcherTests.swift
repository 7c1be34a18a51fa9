import Cryptography
import Foundation
import Postgres
import Testing

@testable import Auth

/// What becomes of one message, seen in its row (C1 to C4, SC-9).
@Suite(.timeLimit(.minutes(2)))
struct DispatcherTests {
    @Test func `a message is handed over once, in its language, and its body is erased`()
        async throws
    {
        try await OutboxFixture.run { outbox in
            let channel = ScriptedChannel()
            let dispatcher = try outbox.dispatcher(channel)
            let message = try await outbox.queue(
                to: "kari@example.no", code: "048213", locale: "nb")

            let delivered = try await dispatcher.deliverNext()
            #expect(
                delivered
                    == .init(messageID: message, channel: .email, state: .sent, reason: nil))
            #expect(try await dispatcher.deliverNext() == nil)

            let handed = try #require(channel.messages.first)
            #expect(channel.messages.count == 1)
            #expect(handed.id == message)
            #expect(handed.to == "kari@example.no")
            #expect(handed.senderName == "Legekontoret på Bryggen")
            #expect(handed.text.hasPrefix("048213 er din engangskode for Legekontoret på Bryggen."))
            #expect(handed.text.contains("55 12 34 56"))
            #expect(handed.subject?.contains("referanse KD") == true)

            let row = try await outbox.row(message)
            #expect(row.state == "sent")
            #expect(row.body == nil)
            #expect(row.reason == nil)
            #expect(row.providerMessageID == "A-1")
            #expect(row.isHandedOver)
        }
    }

    @Test func `the time in the text is the practice's, not the server's`() async throws {
        try await OutboxFixture.runOnItsOwn { outbox in
            let channel = ScriptedChannel()
            let message = try await outbox.queue()
            try await outbox.changeCode(
                of: message,
                """
                sent_at = '2026-07-01T09:50:00Z', expires_at = '2026-07-01T10:00:00Z'
                """)
            // That code is long dead, so what the view calls dead is moved along with it.
            try await outbox.owner.execute(
                """
                create or replace view live_code as select practice_id, code_id from code
                """)
            try await outbox.change(message, "expires_at = '2026-07-01T10:00:00Z'")
            _ = try await outbox.dispatcher(channel).deliverNext()

            let text = try #require(channel.messages.first).text
            #expect(text.contains("Sendt kl. 11:50"))
            #expect(text.contains("Gyldig til kl. 12:00"))
        }
    }

    @Test func `in the table a queued message shows neither address nor code`() async throws {
        try await OutboxFixture.run { outbox in
            let message = try await outbox.queue(to: "kari@example.no", code: "048213")
            let body = try #require(try await outbox.row(message).body)
            for secret in ["kari@example.no", "048213"] {
                let hex = secret.utf8.map { String($0, radix: 16) }.joined()
                #expect(!body.contains(hex))
            }
        }
    }

    @Test(arguments: [
        "used_at = clock_timestamp()", "voided_at = clock_timestamp()", "attempts_left = 0",
        "sent_at = sent_at - interval '1 hour', expires_at = expires_at - interval '1 hour'",
    ])
    func `a message whose code is dead is withdrawn and never handed over`(death: String)
        async throws
    {
        try await OutboxFixture.run { outbox in
            let channel = ScriptedChannel()
            let dispatcher = try outbox.dispatcher(channel)
            let message = try await outbox.queue()
            try await outbox.changeCode(of: message, death)

            #expect(try await dispatcher.deliverNext()?.state == .withdrawn)
            #expect(try await dispatcher.deliverNext() == nil)
            #expect(channel.messages.isEmpty)
            let row = try await outbox.row(message)
            #expect(row.state == "withdrawn")
            #expect(row.body == nil)
            #expect(row.attempts == 0)
        }
    }

    @Test func `of two codes for one person only the newer is sent`() async throws {
        try await OutboxFixture.run { outbox in
            let channel = ScriptedChannel()
            let dispatcher = try outbox.dispatcher(channel)
            let person = UUID()
            let older = try await outbox.queue(code: "111111", subject: person)
            let newer = try await outbox.queue(code: "222222", subject: person)

            while try await dispatcher.deliverNext() != nil {}
            #expect(channel.messages.map(\.code) == ["222222"])
            #expect(try await outbox.row(older).state == "withdrawn")
            #expect(try await outbox.row(newer).state == "sent")
        }
    }

    @Test func `a code that dies after the claim is not sent either`() async throws {
        try await OutboxFixture.run { outbox in
            let channel = ScriptedChannel()
            let dispatcher = try outbox.dispatcher(channel)
            let message = try await outbox.queue()
            guard case .claimed(let claimed, _) = try await dispatcher.claimNext() else {
                Issue.record("nothing was claimed")
                return
            }
            try await outbox.changeCode(of: message, "used_at = clock_timestamp()")

            #expect(await dispatcher.deliver(claimed, by: channel).state == .withdrawn)
            #expect(channel.messages.isEmpty)
            #expect(try await outbox.row(message).body == nil)
        }
    }

    @Test func `a message whose code is gone stands in nobody's way`() async throws {
        try await OutboxFixture.run { outbox in
            let channel = ScriptedChannel()
            let dispatcher = try outbox.dispatcher(channel)
            let orphan = try await outbox.queue()
            try await outbox.owner.execute("delete from code")
            let message = try await outbox.queue()

            #expect(try await dispatcher.deliverNext()?.messageID == orphan)
            #expect(try await dispatcher.deliverNext()?.messageID == message)
            #expect(channel.messages.count == 1)
        }
    }

    @Test func `what may pass is tried again with growing waits, and its reason can be seen`()
        async throws
    {
        try await OutboxFixture.run { outbox in
            let channel = ScriptedChannel([
                .transient(.serverBusy), .transient(.serverTimeout),
                .transient(.serverUnreachable, retryAfter: .seconds(90)),
            ])
            let dispatcher = try outbox.dispatcher(channel)
            let message = try await outbox.queue()
            let waits: [(reason: DeliveryFailure.Reason, wait: ClosedRange<Double>)] = [
                (.serverBusy, 0...2), (.serverTimeout, 0...4), (.serverUnreachable, 60...90),
            ]
            for (number, expected) in waits.enumerated() {
                let delivered = try await dispatcher.deliverNext()
                #expect(delivered?.state == .queued)
                #expect(delivered?.reason == expected.reason)
                let row = try await outbox.row(message)
                #expect(row.reason == expected.reason.rawValue)
                #expect(row.attempts == number + 1)
                #expect(row.body != nil)
                #expect(expected.wait.contains(row.wait))
                try await outbox.becomeDue(message)
            }
            #expect(try await dispatcher.deliverNext()?.state == .sent)
            #expect(Set(channel.messages.map(\.id)) == [message])
            let row = try await outbox.row(message)
            #expect(row.attempts == 4)
            #expect(row.reason == nil)
        }
    }

    @Test func `a wait that outlives the code is a failure at once`() async throws {
        try await OutboxFixture.run { outbox in
            let channel = ScriptedChannel([.transient(.serverTimeout)])
            let message = try await outbox.queue()
            try await outbox.change(message, "expires_at = clock_timestamp()")

            #expect(try await outbox.dispatcher(channel).deliverNext()?.state == .failed)
            let row = try await outbox.row(message)
            #expect(row.reason == "server_timeout")
            #expect(row.body == nil)
        }
    }

    @Test func `what can't pass is a failure with its reason, and its body is erased`() async throws
    {
        try await OutboxFixture.run { outbox in
            let channel = ScriptedChannel([.permanent(.unknownMailbox)])
            let dispatcher = try outbox.dispatcher(channel)
            let message = try await outbox.queue()

            #expect(try await dispatcher.deliverNext()?.state == .failed)
            #expect(try await dispatcher.deliverNext() == nil)
            let row = try await outbox.row(message)
            #expect(row.state == "failed")
            #expect(row.reason == "unknown_mailbox")
            #expect(row.body == nil)
            #expect(!row.isHandedOver)
        }
    }

    @Test func `a body that was moved from another row is not sent`() async throws {
        try await OutboxFixture.run { outbox in
            let channel = ScriptedChannel()
            let dispatcher = try outbox.dispatcher(channel)
            let (mine, other) = (try await outbox.queue(), try await outbox.queue())
            let stolen = try #require(try await outbox.row(other).body)
            try await outbox.change(mine, "body = '\\x\(stolen)'")

            #expect(
                try await dispatcher.deliverNext()
                    == .init(
                        messageID: mine, channel: .email, state: .failed,
                        reason: .messageUnreadable))
            #expect(channel.messages.isEmpty)
        }
    }

    @Test func `a body under a key that this instance lacks is left to one that has it`()
        async throws
    {
        try await OutboxFixture.run { outbox in
            let channel = ScriptedChannel()
            let newer = try KeyRing(parsing: KeyRing.generate(id: "k2"))
            let message = try await outbox.queue(keys: newer)

            #expect(try await outbox.dispatcher(channel).deliverNext()?.state == .queued)
            #expect(try await outbox.row(message).reason == "message_unreadable")
            try await outbox.becomeDue(message)
            #expect(
                try await outbox.dispatcher(channel, keys: newer).deliverNext()?.state == .sent)
        }
    }
}
