import Foundation
import Logging
import ServiceLifecycle
import Testing

@testable import Auth

/// A running dispatcher beside a gateway in trouble (C5).
@Suite(.timeLimit(.minutes(3)))
struct GatewayFaultTests {
    enum Fault: String, CaseIterable, Sendable {
        case refusing, silent, broken, busy, slow, dripping, lying

        var answer: HTTPSPeer.Answer {
            switch self {
            case .refusing: .init()
            case .silent: .init(hang: true)
            case .broken: .init(status: 500)
            case .busy: .init(status: 429)
            // Both would take it in the end; nobody waits for that.
            case .slow: .init(status: 201, body: #"{"id": "G-1"}"#, delay: 30)
            case .dripping: .init(status: 201, body: #"{"id": "G-1"}"#, drip: 0.5)
            case .lying: .init(status: 200, body: "<html>everything is fine</html>")
            }
        }
    }

    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
    }

    private func peer(_ answer: HTTPSPeer.Answer) async throws -> HTTPSPeer {
        try await HTTPSPeer([answer], certificate: try authority.certificate(for: "localhost"))
    }

    private func run(
        _ dispatcher: Dispatcher, _ body: @Sendable () async throws -> Void
    ) async throws {
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: dispatcher)], logger: OutboxFixture.quiet))
        async let running: Void = group.run()
        dispatcher.nudge()
        do {
            try await body()
        } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running
    }

    /// All at once: it is mostly waiting.
    @Test func `within ten seconds messages go around a gateway in trouble`() async throws {
        _ = try await parallel(Fault.allCases.count) { try await goAround(Fault.allCases[$0]) }
    }

    private func goAround(_ fault: Fault) async throws {
        let (troubled, sound) = (try await peer(fault.answer), try await peer(HTTPSPeer.takes))
        let door = OutboundDoor.toPeers([troubled.authority, sound.authority], trusting: authority)
        let ladder = [troubled.rung("first"), sound.rung("second")]
        try await OutboxFixture.run { outbox in
            try await outbox.setLadder(ladder, hosts: [troubled, sound])
            if fault == .refusing { _ = await troubled.stop() }
            for _ in 0..<12 { _ = try await outbox.queue(to: "+4741234567", channel: .sms) }
            let dispatcher = try outbox.dispatcher(ScriptedChannel(), door: door)
            let begun = ContinuousClock.now
            try await run(dispatcher) {
                try await eventually(within: .seconds(20)) {
                    try await outbox.owner.count("message", where: "gateway = 'second'") > 0
                }
                #expect(ContinuousClock.now - begun < .seconds(10), "\(fault)")
                try await eventually(within: .seconds(60)) {
                    try await outbox.owner.count("message", where: "state = 'sent'") == 12
                }
            }
        }
        let keys = await sound.stop().map { $0.headers["idempotency-key"] }
        #expect(keys.count == 12, "\(fault)")
        #expect(Set(keys).count == 12, "\(fault)")
    }

    @Test func `a gateway that answers just in time is slow and not in trouble`() async throws {
        let (tardy, sound) = (
            try await peer(HTTPSPeer.takesInTime), try await peer(HTTPSPeer.takes)
        )
        let door = OutboundDoor.toPeers([tardy.authority, sound.authority], trusting: authority)
        try await OutboxFixture.run { outbox in
            try await outbox.setLadder(
                [tardy.rung("first"), sound.rung("second")], hosts: [tardy, sound])
            for _ in 0..<6 { _ = try await outbox.queue(to: "+4741234567", channel: .sms) }
            try await run(try outbox.dispatcher(ScriptedChannel(), door: door)) {
                // Two at a time, three and a half seconds each.
                try await eventually(within: .seconds(60)) {
                    try await outbox.owner.count(
                        "message", where: "state = 'sent' and gateway = 'first'") == 6
                }
            }
        }
        let keys = await tardy.stop().map { $0.headers["idempotency-key"] }
        #expect(keys.count == 6 && Set(keys).count == 6)
        #expect(await sound.stop().isEmpty)
    }

    @Test func `a slow gateway holds half of the workers at most, and mail goes on`() async throws {
        let slow = try await peer(.init(status: 201, body: #"{"id": "G-1"}"#, delay: 3))
        let door = OutboundDoor.toPeers([slow.authority], trusting: authority)
        try await OutboxFixture.run { outbox in
            try await outbox.setLadder([slow.rung("only")], hosts: [slow])
            for _ in 0..<12 { _ = try await outbox.queue(to: "+4741234567", channel: .sms) }
            for number in 0..<20 { _ = try await outbox.queue(to: "p\(number)@example.no") }
            let mails = ScriptedChannel()
            try await run(try outbox.dispatcher(mails, door: door)) {
                try await eventually(within: .seconds(2.5)) { mails.messages.count == 20 }
                #expect(slow.requests.count <= 2)
            }
        }
    }
}
