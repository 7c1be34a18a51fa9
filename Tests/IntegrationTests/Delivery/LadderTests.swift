import Cryptography
import Foundation
import Postgres
import Testing

@testable import Auth

/// The ladder at work: a message that one gateway can't deliver goes on to the next, for the same
/// destination, with the same live code (Z-1).
@Suite(.timeLimit(.minutes(2)))
struct LadderTests {
    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
    }

    func peer(_ answers: HTTPSPeer.Answer...) async throws -> HTTPSPeer {
        try await HTTPSPeer(answers, certificate: try authority.certificate(for: "localhost"))
    }

    func door(_ peers: [HTTPSPeer]) -> OutboundDoor {
        .toPeers(peers.map(\.authority), trusting: authority)
    }

    func queue(
        _ outbox: OutboxFixture, _ kind: ChannelKind = .sms, code: String = "048213"
    ) async throws -> UUID {
        let address = kind == .sms ? "+4741234567" : "kari@example.no"
        return try await outbox.queue(to: address, code: code, channel: kind)
    }

    @Test
    func `what the first gateway refuses for good, the second gets, with the same id and code`()
        async throws
    {
        let (first, second) = (try await peer(HTTPSPeer.refuses), try await peer(HTTPSPeer.takes))
        let mails = ScriptedChannel()
        let message = try await OutboxFixture.run { outbox in
            try await outbox.setLadder(
                [first.rung("first"), second.rung("second")], hosts: [first, second])
            let dispatcher = try outbox.dispatcher(mails, door: door([first, second]))
            let message = try await queue(outbox)

            let climbed = try await dispatcher.deliverNext()
            #expect(climbed?.state == .queued)
            #expect(climbed?.reason == .unknownNumber)
            #expect(try await outbox.row(message).rung == 2)
            #expect(try await outbox.row(message).gateway == "first")

            #expect(try await dispatcher.deliverNext()?.state == .sent)
            let row = try await outbox.row(message)
            #expect(row.state == "sent")
            #expect(row.gateway == "second")
            #expect(row.providerMessageID == "G-1")
            #expect(row.reason == nil)
            #expect(row.formerReason == "unknown_number")
            #expect(row.body == nil)
            return message
        }
        let (refused, taken) = (await first.stop(), await second.stop())
        #expect(refused.count == 1)
        #expect(taken.count == 1)
        for request in refused + taken {
            #expect(request.headers["idempotency-key"] == message.uuidString.lowercased())
            #expect(request.json?["to"].string == "+4741234567")
            #expect(request.json?["text"].string?.contains("048213") == true)
        }
        #expect(taken.first?.headers["x-key"] == "second-key")
        // Never to another destination: no mail went out.
        #expect(mails.messages.isEmpty)
    }

    @Test func `the last gateway's refusal is the message's end, with its reason`() async throws {
        let peer = try await peer(HTTPSPeer.refuses)
        try await OutboxFixture.run { outbox in
            try await outbox.setLadder([peer.rung("only")], hosts: [peer])
            let dispatcher = try outbox.dispatcher(ScriptedChannel(), door: door([peer]))
            let message = try await queue(outbox)
            #expect(try await dispatcher.deliverNext()?.state == .failed)
            let row = try await outbox.row(message)
            #expect(row.reason == "unknown_number")
            #expect(row.gateway == "only")
            #expect(row.body == nil)
        }
    }

    @Test func `a code that dies between two rungs is withdrawn there`() async throws {
        let (first, second) = (try await peer(HTTPSPeer.refuses), try await peer(HTTPSPeer.takes))
        try await OutboxFixture.run { outbox in
            try await outbox.setLadder(
                [first.rung("first"), second.rung("second")], hosts: [first, second])
            let dispatcher = try outbox.dispatcher(
                ScriptedChannel(), door: door([first, second]))
            let message = try await queue(outbox)
            #expect(try await dispatcher.deliverNext()?.state == .queued)
            try await outbox.changeCode(of: message, "voided_at = clock_timestamp()")
            #expect(try await dispatcher.deliverNext()?.state == .withdrawn)
            #expect(try await outbox.row(message).body == nil)
        }
        #expect(await second.stop().isEmpty)
    }

    @Test func `a gateway that fails and fails is left alone, and the ladder goes around it`()
        async throws
    {
        let (first, second) = (
            try await peer(.init(status: 500)), try await peer(HTTPSPeer.takes)
        )
        try await OutboxFixture.run { outbox in
            try await outbox.setLadder(
                [first.rung("first"), second.rung("second")], hosts: [first, second])
            let dispatcher = try outbox.dispatcher(
                ScriptedChannel(), door: door([first, second]))
            for _ in 0..<8 { _ = try await queue(outbox) }
            while try await dispatcher.deliverNext() != nil {}
            // Four that failed wait for their next try; the fifth opened the breaker and climbed.
            let sent = try await outbox.owner.count(
                "message", where: "state = 'sent' and gateway = 'second'")
            #expect(sent >= 4)
            #expect(try await outbox.owner.count("message", where: "state = 'failed'") == 0)
        }
        #expect(await first.stop().count == 5)
    }

    @Test func `with no other rung, messages of a broken gateway stay in nobody's way`()
        async throws
    {
        let broken = try await peer(.init(status: 500))
        try await OutboxFixture.run { outbox in
            try await outbox.setLadder([broken.rung("only")], hosts: [broken])
            let mails = ScriptedChannel()
            let dispatcher = try outbox.dispatcher(mails, door: door([broken]))
            for _ in 0..<20 { _ = try await queue(outbox) }
            let mail = try await outbox.queue()
            while try await dispatcher.deliverNext() != nil {}
            #expect(mails.messages.map(\.id) == [mail])
            let untouched = try await outbox.owner.execute(
                "select count(*) from message where attempts = 0 and state = 'queued'")
            #expect(untouched == [["15"]])
        }
        #expect(await broken.stop().count == 5)
    }

    @Test func `a gateway that lies about what it took is asked again, with the same key`()
        async throws
    {
        let peer = try await peer(
            .init(status: 200, body: "<html>OK</html>"), .init(status: 200, body: #"{"id": ""}"#),
            HTTPSPeer.takes)
        try await OutboxFixture.run { outbox in
            try await outbox.setLadder([peer.rung("only")], hosts: [peer])
            let dispatcher = try outbox.dispatcher(ScriptedChannel(), door: door([peer]))
            let message = try await queue(outbox)
            for _ in 0..<2 {
                #expect(try await dispatcher.deliverNext()?.reason == .answerUnreadable)
                try await outbox.becomeDue(message)
            }
            #expect(try await dispatcher.deliverNext()?.state == .sent)
        }
        #expect(Set(await peer.stop().map { $0.headers["idempotency-key"] }).count == 1)
    }

    @Test func `answers that don't say whether an SMS was taken end it at the third`() async throws
    {
        let peer = try await peer(.init(status: 200, body: "<html>OK</html>"))
        try await OutboxFixture.run { outbox in
            try await outbox.setLadder([peer.rung("only")], hosts: [peer])
            let dispatcher = try outbox.dispatcher(ScriptedChannel(), door: door([peer]))
            let message = try await queue(outbox)
            for expected in [DeliveryState.queued, .queued, .failed] {
                let ending = try await dispatcher.deliverNext()
                #expect(ending?.state == expected && ending?.reason == .answerUnreadable)
                if expected == .queued { try await outbox.becomeDue(message) }
            }
        }
        #expect(await peer.stop().count == 3)
    }

    @Test func `an error inside a success that the settings don't know is a refusal`() async throws
    {
        let peer = try await peer(.init(status: 200, body: #"{"error": 99}"#))
        try await OutboxFixture.run { outbox in
            try await outbox.setLadder([peer.rung("only")], hosts: [peer])
            let dispatcher = try outbox.dispatcher(ScriptedChannel(), door: door([peer]))
            _ = try await queue(outbox)
            let ending = try await dispatcher.deliverNext()
            #expect(ending?.state == .failed && ending?.reason == .unknownCause)
        }
        #expect(await peer.stop().count == 1)
    }

    @Test(arguments: [
        (#"{"error": 99}"#, DeliveryState.failed), (#"{"error": "E7"}"#, DeliveryState.failed),
        (#"{"error": 0}"#, DeliveryState.sent), (#"{"error": ""}"#, DeliveryState.sent),
        (#"{"error": null}"#, DeliveryState.sent),
    ])
    func `where no message id is promised, any error inside a success refuses it, and zero is none`(
        body: String, state: DeliveryState
    ) async throws {
        let peer = try await peer(.init(status: 200, body: body))
        let rung = peer.rung("only").replacing(
            #""message_id": "/id", "error_code""#, with: #""error_code""#)
        let reason: DeliveryFailure.Reason? = state == .failed ? .unknownCause : nil
        try await OutboxFixture.run { outbox in
            try await outbox.setLadder([rung], hosts: [peer])
            let dispatcher = try outbox.dispatcher(ScriptedChannel(), door: door([peer]))
            _ = try await queue(outbox)
            let ending = try await dispatcher.deliverNext()
            #expect(ending?.state == state)
            #expect(ending?.reason == reason)
        }
        #expect(await peer.stop().count == 1)
    }

    @Test func `a gateway that asks for a longer wait than is good loses the message to the next`()
        async throws
    {
        let (first, second) = (
            try await peer(.init(status: 429, headers: ["Retry-After": "60"])),
            try await peer(HTTPSPeer.takes)
        )
        try await OutboxFixture.run { outbox in
            try await outbox.setLadder(
                [first.rung("first"), second.rung("second")], hosts: [first, second])
            let dispatcher = try outbox.dispatcher(
                ScriptedChannel(), door: door([first, second]))
            let message = try await queue(outbox)
            #expect(try await dispatcher.deliverNext()?.reason == .serverBusy)
            #expect(try await dispatcher.deliverNext()?.state == .sent)
            #expect(try await outbox.row(message).gateway == "second")
        }
    }

    @Test(arguments: [
        DeliveryFailure.Reason.loginRefused, .senderRefused, .serverRefused,
        .encryptionUnavailable, .certificateUntrusted, .certificateForOtherHost, .spamRefused,
        .messageRefused,
    ])
    func `what somebody has to mend loses the message to the next gateway at once`(
        reason: DeliveryFailure.Reason
    ) async throws {
        try await OutboxFixture.run { outbox in
            try await outbox.setLadder(
                ["first", "second"].map { #"{"name": "\#($0)", "type": "smtp", "settings": {}}"# },
                for: .email, hosts: [])
            let dispatcher = try outbox.dispatcher(ScriptedChannel([.transient(reason)]))
            let message = try await outbox.queue()
            let climbed = try await dispatcher.deliverNext()
            #expect(climbed?.state == .queued)
            #expect(climbed?.reason == reason)
            #expect(try await outbox.row(message).rung == 2)
            #expect(try await dispatcher.deliverNext()?.state == .sent)
            #expect(try await outbox.row(message).gateway == "second")
        }
    }

    @Test func `while gateways have their share of the workers, mail of the operator's goes out`()
        async throws
    {
        let peer = try await peer(HTTPSPeer.takes)
        try await OutboxFixture.run { outbox in
            try await outbox.setLadder([peer.rung("only")], hosts: [peer])
            let text = try await queue(outbox)
            let mail = try await outbox.queue()
            let sparing = ClaimMessage(
                channels: ChannelKind.allCases, held: GatewayTraffic.Held(gateways: true))
            #expect(try await claimed(sparing, outbox) == mail)
            #expect(try await claimed(sparing, outbox) == nil)
            let usual = ClaimMessage(channels: ChannelKind.allCases)
            #expect(try await claimed(usual, outbox) == text)
        }
    }

    private func claimed(_ claim: ClaimMessage, _ outbox: OutboxFixture) async throws -> UUID? {
        guard case .claimed(let message) = try await outbox.database.run(claim) else { return nil }
        return message.messageID
    }

    @Test func `a practice without a gateway for a kind is told so`() async throws {
        try await OutboxFixture.run { outbox in
            let message = try await queue(outbox)
            let dispatcher = try outbox.dispatcher(MailOnly())
            #expect(try await dispatcher.deliverNext()?.state == .failed)
            #expect(try await outbox.row(message).reason == "no_gateway")
        }
    }
}

/// The operator's mail server, and nothing for SMS.
private struct MailOnly: DeliveryChannel {
    let name = "mail-only"
    let kinds: Set<ChannelKind> = [.email]

    func deliver(_ message: RenderedMessage) async throws(DeliveryFailure) -> Receipt {
        throw .permanent(.messageRefused)
    }
}

extension DeliveryReport {
    static func delivered(_ name: Name) -> DeliveryReport {
        DeliveryReport(message: name, delivered: true, reason: nil)
    }

    static func failed(_ name: Name, _ reason: DeliveryFailure.Reason) -> DeliveryReport {
        DeliveryReport(message: name, delivered: false, reason: reason)
    }
}
