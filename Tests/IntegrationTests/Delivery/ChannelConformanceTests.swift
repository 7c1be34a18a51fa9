import Foundation
import Testing

@testable import Auth

/// What every channel must keep to, each beside a real peer (the comment of `DeliveryChannel`).
@Suite(.timeLimit(.minutes(3)))
struct ChannelConformanceTests {
    @Test(arguments: ConformingChannel.allCases)
    func `a message arrives once, as it was written, with its id as the key`(
        channel: ConformingChannel
    ) async throws {
        let started = try await channel.start(.takes)
        let message = message(channel)
        _ = try await started.channel.deliver(message)
        #expect(
            await started.handedOver() == [
                HandedOver(
                    key: message.id.uuidString.lowercased(), to: message.to, text: message.text)
            ])
        #expect(started.channel.kinds.contains(channel.kind))
    }

    @Test(arguments: ConformingChannel.remote)
    func `a message that is tried again has the same key`(
        channel: ConformingChannel
    ) async throws {
        let started = try await channel.start(.takes)
        let message = message(channel)
        for _ in 0..<2 { _ = try await started.channel.deliver(message) }
        let keys = await started.handedOver().map(\.key)
        #expect(keys.count == 2)
        #expect(Set(keys) == [message.id.uuidString.lowercased()])
    }

    @Test(arguments: ConformingChannel.remote)
    func `what the far side refuses for good is a permanent failure`(
        channel: ConformingChannel
    ) async throws {
        let started = try await channel.start(.refusesForGood)
        let failure = await failure(started, message(channel))
        guard case .permanent? = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        expectNoSecret(in: failure, channel)
    }

    @Test(arguments: ConformingChannel.remote)
    func `what it refuses for now is a transient failure`(
        channel: ConformingChannel
    ) async throws {
        let started = try await channel.start(.refusesForNow)
        let failure = await failure(started, message(channel))
        #expect(failure == .transient(.serverBusy))
        expectNoSecret(in: failure, channel)
    }

    @Test func `a far side that never answers is given up within the time that a worker has`()
        async throws
    {
        // All at once, since all that they do is wait.
        _ = try await parallel(ConformingChannel.remote.count) { number in
            let channel = ConformingChannel.remote[number]
            let started = try await channel.start(.silent)
            let begun = ContinuousClock.now
            let failure = await failure(started, message(channel))
            #expect(failure == .transient(.serverTimeout), "\(channel)")
            #expect(ContinuousClock.now - begun < Dispatcher.handOverLimit, "\(channel)")
            expectNoSecret(in: failure, channel)
        }
    }

    @Test(arguments: ConformingChannel.remote)
    func `a far side whose certificate can't be trusted gets nothing`(
        channel: ConformingChannel
    ) async throws {
        let started = try await channel.start(.untrusted)
        #expect(await failure(started, message(channel))?.reason == .certificateUntrusted)
        #expect(await started.handedOver() == [])
    }

    @Test(arguments: ConformingChannel.known)
    func `a far side that knows us by another secret takes nothing`(
        channel: ConformingChannel
    ) async throws {
        let started = try await channel.start(.knowsAnother)
        let failure = await failure(started, message(channel))
        #expect(failure?.reason == .loginRefused)
        expectNoSecret(in: failure, channel)
        #expect(await started.handedOver() == [])
    }

    @Test(arguments: ConformingChannel.allCases)
    func `an address that could be taken for syntax is refused, and nothing is sent`(
        channel: ConformingChannel
    ) async throws {
        let started = try await channel.start(.takes)
        for end in ["\r\nX-Evil: 1", "\n", "\r", "\u{0}", "&To=+4799999999", "\", \"to\": \""] {
            let failure = await failure(started, message(channel, to: channel.address + end))
            #expect(failure == .permanent(.addressUnusable), "\(end.debugDescription)")
        }
        #expect(await started.handedOver() == [])
    }

    @Test(arguments: ConformingChannel.remote)
    func `many messages at once all arrive`(channel: ConformingChannel) async throws {
        let started = try await channel.start(.takes)
        let messages = (0..<12).map { _ in message(channel) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for message in messages {
                group.addTask { _ = try await started.channel.deliver(message) }
            }
            try await group.waitForAll()
        }
        let arrived = await started.handedOver().map(\.key)
        #expect(arrived.count == messages.count)
        #expect(Set(arrived) == Set(messages.map { $0.id.uuidString.lowercased() }))
    }

    // MARK: - What they share

    private func message(
        _ channel: ConformingChannel, to address: String? = nil
    ) -> RenderedMessage {
        let isMail = channel.kind == .email
        return RenderedMessage(
            id: UUID(), practiceID: UUID(), channel: channel.kind, to: address ?? channel.address,
            locale: "nb", senderName: "Legekontoret på Bryggen",
            subject: isMail ? "Engangskode" : nil,
            // What each encoding has to escape, and the line that an SMS ends with.
            text: "048213 er koden & \"mer\" 100% æøå + \\ slutt\n\n@portal.example #048213",
            html: isMail ? "<p>048213</p>" : nil, code: "048213", sentAt: Date(),
            expiresAt: Date() + 600)
    }

    private func failure(
        _ started: StartedChannel, _ message: RenderedMessage
    ) async -> DeliveryFailure? {
        do throws(DeliveryFailure) {
            _ = try await started.channel.deliver(message)
            return nil
        } catch {
            return error
        }
    }

    private func expectNoSecret(in failure: DeliveryFailure?, _ channel: ConformingChannel) {
        let text = String(reflecting: failure)
        for secret in [
            ConformingChannel.secret, ConformingChannel.webhookSecret, channel.address, "048213",
        ] {
            #expect(!text.contains(secret))
        }
    }
}
