import Cryptography
import Foundation
import Postgres
import Testing

@testable import Auth

/// What a message costs that climbs after its gateway took it: the practice's day once more, in
/// messages and in money (SU-6, NO-4).
@Suite(.timeLimit(.minutes(2)))
struct PaidClimbTests {
    private static let prices = SMSPrices(["EUR": ["NL": 100], "NOK": ["NO": 90]])

    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
    }

    func peer(_ answers: HTTPSPeer.Answer...) async throws -> HTTPSPeer {
        try await HTTPSPeer(answers, certificate: try authority.certificate(for: "localhost"))
    }

    func dispatcher(
        _ outbox: OutboxFixture, _ peers: [HTTPSPeer], on database: Database? = nil
    ) throws -> Dispatcher {
        try outbox.dispatcher(
            ScriptedChannel(), on: database,
            door: .toPeers(peers.map(\.authority), trusting: authority), prices: Self.prices)
    }

    /// Messages that the first of two gateways took and did not report in time, in this order.
    func unreported(
        _ count: Int, _ outbox: OutboxFixture, _ first: HTTPSPeer, _ second: HTTPSPeer,
        purpose: String = "sign-in"
    ) async throws -> [UUID] {
        try await outbox.setLadder(
            [first.rung("first", reportWithin: 60), second.rung("second")], hosts: [first, second])
        let dispatcher = try dispatcher(outbox, [first, second])
        var messages: [UUID] = []
        for _ in 0..<count {
            messages.append(
                try await outbox.queue(to: "+4741234567", channel: .sms, purpose: purpose))
            #expect(try await dispatcher.deliverNext()?.state == .sent)
        }
        for message in messages {
            try await outbox.change(message, "report_due_at = clock_timestamp()")
        }
        return messages
    }

    func setCeilings(_ assignments: String, _ outbox: OutboxFixture) async throws {
        try await outbox.owner.execute(
            "update practice set \(assignments) where practice_id = '\(outbox.practice)'")
    }

    func spent(_ counter: String, _ outbox: OutboxFixture) async throws -> Int {
        let rows = try await outbox.owner.execute(
            """
            select coalesce(sum(amount), 0) from send_count
            where practice_id = '\(outbox.practice)' and counter = '\(counter)'
            """)
        return Int(rows.first?.first.flatMap { $0 } ?? "") ?? -1
    }

    @Test(arguments: ["sms_cost_per_day = 269", "sms_per_day = 2"])
    func `those that climb spend the practice's day, and the one beyond it fails and says why`(
        ceiling: String
    ) async throws {
        let (first, second) = (try await peer(HTTPSPeer.takes), try await peer(HTTPSPeer.takes))
        try await OutboxFixture.run { outbox in
            try await setCeilings(ceiling, outbox)
            let messages = try await unreported(3, outbox, first, second)
            // That they went out was counted where their codes were made.
            #expect(try await spent("cost", outbox) == 0)
            let dispatcher = try dispatcher(outbox, [first, second])
            try await dispatcher.sweepOnce()
            for message in messages.prefix(2) {
                let row = try await outbox.row(message)
                #expect(row.state == "queued" && row.rung == 2)
            }
            let stopped = try await outbox.row(messages[2])
            #expect(stopped.state == "failed")
            #expect(stopped.reason == "daily_limit_reached")
            #expect(stopped.rung == 1)
            #expect(stopped.body == nil)
            #expect(stopped.reportWait == nil)
            #expect(try await spent("cost", outbox) == 180)
            #expect(try await spent("sms", outbox) == 2)

            while try await dispatcher.deliverNext() != nil {}
            try await dispatcher.sweepOnce()
            #expect(try await spent("cost", outbox) == 180)
            // The network may still have the last word.
            let gateways = try await outbox.database.run(FindGateways(practice: outbox.practice))
            let gateway = try #require(gateways.first { $0.name == "first" })
            let delivered = RecordReport(gateway: gateway, report: .delivered(.ours(messages[2])))
            #expect(try await outbox.database.run(delivered) == .recorded)
            #expect(try await outbox.row(messages[2]).state == "delivered")
        }
        #expect(await second.stop().count == 2)
    }

    @Test func `a message that was reported to have failed is paid for like one without a report`()
        async throws
    {
        let (first, second) = (try await peer(HTTPSPeer.takes), try await peer(HTTPSPeer.takes))
        try await OutboxFixture.run { outbox in
            try await setCeilings("sms_cost_per_day = 90", outbox)
            let messages = try await unreported(2, outbox, first, second)
            let gateways = try await outbox.database.run(FindGateways(practice: outbox.practice))
            let gateway = try #require(gateways.first { $0.name == "first" })
            for message in messages {
                let lost = RecordReport(
                    gateway: gateway, report: .failed(.ours(message), .phoneUnreachable))
                #expect(try await outbox.database.run(lost) == .recorded)
            }
            try await dispatcher(outbox, [first, second]).sweepOnce()
            #expect(try await outbox.row(messages[0]).reason == "phone_unreachable")
            #expect(try await outbox.row(messages[0]).rung == 2)
            #expect(try await outbox.row(messages[1]).reason == "daily_limit_reached")
            #expect(try await spent("cost", outbox) == 90)
        }
    }

    @Test func `a dead message goes without climbing, and costs nothing`() async throws {
        let (first, second) = (try await peer(HTTPSPeer.takes), try await peer(HTTPSPeer.takes))
        try await OutboxFixture.run { outbox in
            try await setCeilings("sms_per_day = 1", outbox)
            let messages = try await unreported(2, outbox, first, second)
            try await outbox.changeCode(of: messages[0], "used_at = clock_timestamp()")
            try await dispatcher(outbox, [first, second]).sweepOnce()
            #expect(try await outbox.row(messages[0]).state == "sent")
            #expect(try await outbox.row(messages[1]).rung == 2)
            #expect(try await spent("sms", outbox) == 1)
        }
    }

    @Test func `codes of other systems leave a fifth of the day by their climbs too`()
        async throws
    {
        let (first, second) = (try await peer(HTTPSPeer.takes), try await peer(HTTPSPeer.takes))
        try await OutboxFixture.run { outbox in
            try await setCeilings("sms_per_day = 5", outbox)
            for message in try await unreported(5, outbox, first, second, purpose: "pick-up") {
                try await outbox.change(message, "sms_lane = 'codes'")
            }
            let dispatcher = try dispatcher(outbox, [first, second])
            try await dispatcher.sweepOnce()
            #expect(try await outbox.owner.count("message", where: "rung = 2") == 4)
            while try await dispatcher.deliverNext() != nil {}
            #expect(try await spent("sms-codes", outbox) == 4)
            #expect(try await spent("cost-codes", outbox) == 4 * 90)
            // Which is left to who signs in.
            _ = try await unreported(1, outbox, first, second)
            try await dispatcher.sweepOnce()
            #expect(try await spent("sms", outbox) == 5)
            #expect(try await spent("sms-codes", outbox) == 4)
        }
    }

    @Test func `no climb goes to a block of numbers that proves nothing`() async throws {
        let (first, second) = (try await peer(HTTPSPeer.takes), try await peer(HTTPSPeer.takes))
        try await OutboxFixture.run { outbox in
            let messages = try await unreported(2, outbox, first, second)
            for message in messages {
                try await outbox.change(message, "number_block = '+474123'")
            }
            try await outbox.owner.execute(
                """
                insert into send_count (practice_id, counter, window_start, slice, amount)
                values ('\(outbox.practice)', 'sent:+474123',
                        date_trunc('day', clock_timestamp(), 'UTC'), 1,
                        \(SendLimit.unprovenPerBlock - 1))
                """)
            try await dispatcher(outbox, [first, second]).sweepOnce()
            #expect(try await outbox.row(messages[0]).rung == 2)
            #expect(try await outbox.row(messages[1]).reason == "daily_limit_reached")
            #expect(try await spent("sent:+474123", outbox) == SendLimit.unprovenPerBlock)
        }
    }

    @Test(arguments: [HTTPSPeer.refuses, .init(status: 429, headers: ["Retry-After": "60"])])
    func `what a gateway refused climbs free of charge, though the day be spent`(
        refusal: HTTPSPeer.Answer
    ) async throws {
        let (first, second) = (try await peer(refusal), try await peer(HTTPSPeer.takes))
        try await OutboxFixture.run { outbox in
            try await setCeilings("sms_per_day = 0, sms_cost_per_day = 0", outbox)
            try await outbox.setLadder(
                [first.rung("first", reportWithin: 60), second.rung("second")],
                hosts: [first, second])
            let dispatcher = try dispatcher(outbox, [first, second])
            let message = try await outbox.queue(to: "+4741234567", channel: .sms)
            #expect(try await dispatcher.deliverNext()?.state == .queued)
            #expect(try await dispatcher.deliverNext()?.state == .sent)
            #expect(try await outbox.row(message).gateway == "second")
            #expect(try await outbox.owner.count("send_count", where: "true") == 0)
        }
    }

    @Test func `two instances together climb as often as the day allows, and no more`()
        async throws
    {
        let (first, second) = (try await peer(HTTPSPeer.takes), try await peer(HTTPSPeer.takes))
        try await OutboxFixture.run { outbox in
            try await setCeilings("sms_per_day = 7", outbox)
            _ = try await unreported(20, outbox, first, second)
            let instances = [
                try dispatcher(outbox, [first, second]),
                try dispatcher(outbox, [first, second], on: outbox.otherDatabase),
            ]
            try await withThrowingTaskGroup(of: Void.self) { sweeps in
                for number in 0..<8 {
                    sweeps.addTask { try await instances[number % 2].sweepOnce() }
                }
                try await sweeps.waitForAll()
            }
            // One that had to leave the practice to another looks again.
            try await instances[0].sweepOnce()
            #expect(try await outbox.owner.count("message", where: "rung = 2") == 7)
            #expect(
                try await outbox.owner.count("message", where: "reason = 'daily_limit_reached'")
                    == 13)
            #expect(try await spent("sms", outbox) == 7)
            #expect(try await spent("cost", outbox) == 7 * 90)
        }
    }

    @Test func `while one instance spends a practice's day, another leaves the practice alone`()
        async throws
    {
        let (first, second) = (try await peer(HTTPSPeer.takes), try await peer(HTTPSPeer.takes))
        try await OutboxFixture.run { outbox in
            try await setCeilings("sms_per_day = 1", outbox)
            let messages = try await unreported(2, outbox, first, second)
            try await outbox.change(messages[1], "report_due_at = report_due_at + interval '1 h'")
            try await outbox.database.transaction { transaction in
                #expect(
                    try await transaction.run(ClimbUnreported()) == .init(climbed: 1, stopped: 0))
                try await outbox.change(messages[1], "report_due_at = clock_timestamp()")
                // What the first has spent is not to be seen yet.
                #expect(
                    try await outbox.otherDatabase.run(ClimbUnreported())
                        == .init(climbed: 0, stopped: 0))
            }
            #expect(
                try await outbox.otherDatabase.run(ClimbUnreported())
                    == .init(climbed: 0, stopped: 1))
        }
    }

    @Test func `climbs and codes share one day of money, and the code says that it is spent`()
        async throws
    {
        let peer = try await peer(HTTPSPeer.takes)
        var settings = TestService.Settings()
        let path = authority.certificate.path
        settings.configure = {
            $0.outbound = .init(hosts: [peer.authority])
            $0.outbound.loopbackAuthorities = path
            $0.sending = SendCeilings(prices: Self.prices)
        }
        try await TestService.run(settings) { service in
            try await service.setPolicy(["sms_cost_per_day": 440])
            let ladder = try NewLadder.parsed(
                "[\(peer.rung("first", reportWithin: 60)), \(peer.rung("second"))]", for: .sms,
                hosts: [peer.authority])
            try await service.service.database.run(
                ReplaceLadder(
                    practice: service.practice, ladder: ladder,
                    key: service.service.keys.sealingKey(.gateway)))

            // Each costs 100: a code, its climb, another code; its climb is beyond four fifths.
            let climbed = try await unreported(to: "+31611110001", service)
            try await eventually {
                try await code(climbed, service)["gateway"].string == "second"
            }
            let former = try await code(climbed, service)["former_reason"].string
            #expect(former == "not_reported")
            let stopped = try await unreported(to: "+31611110002", service)
            let shown = try await code(stopped, service)
            #expect(shown["delivery"].string == "failed")
            #expect(shown["reason"].string == "daily_limit_reached")
            #expect(
                shown["advice"].string
                    == DeliveryFailure.Reason.dailyLimitReached.advice(in: .dutch)
            )
            let kept = try await service.database.rows(
                "select distinct sms_lane, number_block from message where channel = 'sms'")
            #expect(kept == [["codes", "+3161111"]])
            let third = try await service.issueAnswer(to: "+31611110003")
            #expect(third.problem == "send-limit-reached")
            #expect(try third.json()["limit"].string == "cost")
        }
        #expect(await peer.stop().count == 3)
    }

    /// A code whose message the gateway took, and that was swept when its report was due.
    private func unreported(to number: String, _ service: TestService) async throws -> String {
        let answer = try await service.issueAnswer(to: number)
        try #require(answer.status == 201, "\(answer.text)")
        let id = try #require(try answer.json()["id"].string)
        try await eventually { try await code(id, service)["delivery"].string == "sent" }
        try await service.database.execute(
            """
            update message set report_due_at = clock_timestamp() where report_due_at is not null
            """)
        try await eventually {
            try await service.service.dispatcher.sweepOnce()
            let due = try await service.database.rows(
                "select count(*) from message where report_due_at is not null")
            return due == [["0"]]
        }
        return id
    }

    private func code(_ id: String, _ service: TestService) async throws -> JSON {
        try await service.send(
            "GET", "/v1/codes/\(id)", headers: [("Accept-Language", "nl")]
        ).json()
    }
}
