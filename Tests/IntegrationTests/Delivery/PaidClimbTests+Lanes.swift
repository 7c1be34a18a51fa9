import Foundation
import Testing

@testable import Auth

/// What a climb, or another try, is held to beside the practice's whole day: the part of the day that the
/// message was sent from, and its block of numbers (Z-19, SU-6).
extension PaidClimbTests {
    @Test(arguments: [("codes", 4), ("recovery", 1), ("register", 1), ("letters", 1)])
    func `climbs spend the part of the day that they were sent from, and leave the others theirs`(
        lane: String, part: Int
    ) async throws {
        let (first, second) = (try await peer(HTTPSPeer.takes), try await peer(HTTPSPeer.takes))
        try await OutboxFixture.run { outbox in
            try await setCeilings("sms_per_day = 5", outbox)
            let messages = try await unreported(7, outbox, first, second)
            for message in messages.dropLast() {
                try await outbox.change(message, "sms_lane = '\(lane)'")
            }
            try await dispatcher(outbox, [first, second]).sweepOnce()
            #expect(
                try await outbox.owner.count("message", where: "rung = 2 and sms_lane is not null")
                    == part)
            // That of a sign-in, behind all those that had to stop.
            #expect(try await outbox.row(messages[6]).rung == 2)
            #expect(try await spent("sms-\(lane)", outbox) == part)
            #expect(try await spent("sms", outbox) == part + 1)
            #expect(try await outbox.row(messages[5]).reason == "daily_limit_reached")
        }
    }

    @Test func `climbs of other systems' codes leave a fifth of the money`() async throws {
        let (first, second) = (try await peer(HTTPSPeer.takes), try await peer(HTTPSPeer.takes))
        try await OutboxFixture.run { outbox in
            try await setCeilings("sms_cost_per_day = 300", outbox)
            let messages = try await unreported(3, outbox, first, second)
            for message in messages {
                try await outbox.change(message, "sms_lane = 'codes'")
            }
            try await dispatcher(outbox, [first, second]).sweepOnce()
            #expect(try await outbox.owner.count("message", where: "rung = 2") == 2)
            #expect(try await spent("cost-codes", outbox) == 180)
            #expect(try await spent("cost", outbox) == 180)
        }
    }

    @Test(arguments: [("EUR", 20), ("NOK", 200)])
    func `what no hand-over said the price of costs what is assumed in the practice's currency`(
        currency: String, price: Int
    ) async throws {
        let (first, second) = (try await peer(HTTPSPeer.takes), try await peer(HTTPSPeer.takes))
        try await OutboxFixture.run { outbox in
            try await setCeilings("sms_cost_currency = '\(currency)'", outbox)
            let message = try await unreported(1, outbox, first, second)[0]
            try await outbox.change(message, "sms_price = default")
            try await dispatcher(outbox, [first, second]).sweepOnce()
            #expect(try await outbox.row(message).rung == 2)
            #expect(try await spent("cost", outbox) == price)
        }
    }

    private static let unsureAnswers: [HTTPSPeer.Answer] = [
        .init(status: 200, body: "<html>OK</html>"), .init(drop: true),
    ]

    @Test(arguments: unsureAnswers)
    func `a try that may have been taken is paid for at each further one, of which there are two`(
        answer: HTTPSPeer.Answer
    ) async throws {
        let peer = try await peer(answer)
        try await OutboxFixture.run { outbox in
            try await outbox.setLadder([peer.rung("only")], hosts: [peer])
            let dispatcher = try dispatcher(outbox, [peer])
            let message = try await outbox.queue(to: "+4741234567", channel: .sms)
            try await outbox.change(message, "sms_lane = 'codes', number_block = '+474123'")
            for expected in [DeliveryState.queued, .queued, .failed] {
                #expect(try await dispatcher.deliverNext()?.state == expected)
                if expected == .queued { try await outbox.becomeDue(message) }
            }
            for counter in ["sms", "sms-codes", "sent:+474123"] {
                #expect(try await spent(counter, outbox) == 2, "\(counter)")
            }
            for counter in ["cost", "cost-codes"] {
                #expect(try await spent(counter, outbox) == 180, "\(counter)")
            }
        }
        #expect(await peer.stop().count == 3)
    }

    @Test(arguments: unsureAnswers)
    func `where the day is spent, a try that may have been taken is the last`(
        answer: HTTPSPeer.Answer
    ) async throws {
        let (first, second) = (try await peer(answer), try await peer(HTTPSPeer.takes))
        try await OutboxFixture.run { outbox in
            try await setCeilings("sms_per_day = 1", outbox)
            try await outbox.setLadder(
                [first.rung("first"), second.rung("second")], hosts: [first, second])
            let dispatcher = try dispatcher(outbox, [first, second])
            let message = try await outbox.queue(to: "+4741234567", channel: .sms)
            #expect(try await dispatcher.deliverNext()?.state == .queued)
            try await outbox.becomeDue(message)
            #expect(try await dispatcher.deliverNext()?.state == .failed)
            let row = try await outbox.row(message)
            #expect(row.reason == "daily_limit_reached")
            #expect(row.body == nil)
            #expect(try await spent("sms", outbox) == 1)
        }
        #expect(await first.stop().count == 2)
        #expect(await second.stop().isEmpty)
    }
}
