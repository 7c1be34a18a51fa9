import Foundation
import Postgres
import Testing

@testable import Auth

// What a gateway took and does not report.
extension LadderTests {
    @Test(arguments: ChannelKind.allCases)
    func `without a report in time a message climbs, and with one it does not`(
        kind: ChannelKind
    ) async throws {
        let (first, second) = (try await peer(HTTPSPeer.takes), try await peer(HTTPSPeer.takes))
        try await OutboxFixture.run { outbox in
            try await outbox.setLadder(
                [first.rung("first", reportWithin: 60), second.rung("second", reportWithin: 60)],
                for: kind, hosts: [first, second])
            let dispatcher = try outbox.dispatcher(
                ScriptedChannel(), door: door([first, second]))
            let (unreported, reported, dead) = (
                try await queue(outbox, kind), try await queue(outbox, kind),
                try await queue(outbox, kind)
            )
            for _ in 0..<3 { #expect(try await dispatcher.deliverNext()?.state == .sent) }
            let waiting = try await outbox.row(unreported)
            #expect(waiting.body != nil)
            #expect(waiting.reportWait.map { (50...60).contains($0) } == true)
            try await dispatcher.sweepOnce()
            #expect(try await outbox.row(unreported).state == "sent")

            let gateways = try await outbox.database.run(FindGateways(practice: outbox.practice))
            let gateway = try #require(gateways.first { $0.name == "first" })
            let report = RecordReport(gateway: gateway, report: .delivered(.ours(reported)))
            #expect(try await outbox.database.run(report) == .recorded)
            try await outbox.changeCode(of: dead, "used_at = clock_timestamp()")
            for message in [unreported, dead] {
                try await outbox.change(message, "report_due_at = clock_timestamp()")
            }
            try await dispatcher.sweepOnce()

            #expect(try await outbox.row(unreported).rung == 2)
            #expect(try await outbox.row(unreported).reason == "not_reported")
            #expect(try await dispatcher.deliverNext()?.messageID == unreported)
            #expect(try await dispatcher.deliverNext() == nil)
            let done = try await outbox.row(unreported)
            #expect(done.gateway == "second")
            #expect(done.formerReason == "not_reported")
            // On the last rung there is nothing to wait for.
            #expect(done.reportWait == nil)
            #expect(done.body == nil)
            for (message, state) in [(reported, "delivered"), (dead, "sent")] {
                let row = try await outbox.row(message)
                #expect(row.state == state)
                #expect(row.body == nil)
                #expect(row.reportWait == nil)
            }
            // Nobody charges for a mail.
            let paid = try await outbox.owner.count(
                "send_count", where: "counter in ('sms', 'cost')")
            #expect(paid == (kind == .sms ? 2 : 0))
        }
    }
}
