import Cryptography
import Foundation
import Logging
import Postgres

/// The way of one claimed message: opened, put into words, checked once more, handed over, settled.
struct HandOver: Sendable {
    /// A longer wait for a gateway is better spent at the next one.
    static let longestWaitBeforeClimbing = Duration.seconds(5)

    /// Tries that don't end with a word on whether an SMS was taken: it may have been, and be paid for, each
    /// time.
    static let mostUnsureTries = 3

    let database: Database
    let texts: PracticeTexts
    let keys: KeyRing
    let traffic: GatewayTraffic
    let prices: SMSPrices
    let logger: Logger

    /// Hands the message over; never throws, since every ending has to be settled.
    func result(
        of message: ClaimedMessage, by channel: any DeliveryChannel
    ) async -> SettleMessage.Result {
        do throws(DeliveryFailure) {
            let rendered = try await render(message)
            guard try await isStillDue(message) else { return .withdrawn }
            return await deliver(rendered, message, by: channel)
        } catch {
            return result(of: error, message, mayClimb: false)
        }
    }

    /// Through the gateway's breaker; what it can't take climbs where there is a further rung.
    private func deliver(
        _ rendered: RenderedMessage, _ message: ClaimedMessage, by channel: any DeliveryChannel
    ) async -> SettleMessage.Result {
        let way = message.way
        if case .refused(let wait) = traffic.admit(way) {
            if message.hasNextRung { return .climb(.serverUnreachable) }
            // Anywhere in the second after, so that those that wait don't come as one wave.
            return .retry(.serverBusy, after: wait + .milliseconds(Int.random(in: 0...1000)))
        }
        let begun = ContinuousClock.now
        do throws(DeliveryFailure) {
            let receipt = try await channel.deliver(rendered)
            traffic.succeeded(way)
            return .sent(receipt, price: price(of: rendered, message))
        } catch {
            guard error.reason.blamesGateway else {
                traffic.succeeded(way)
                return result(of: error, message, mayClimb: message.hasNextRung)
            }
            let isClosed = traffic.failed(way, begun: begun)
            if isClosed {
                logger.warning(
                    "gateway rests", metadata: ["channel": "\(channel.name)", "way": "\(way)"])
            }
            return result(
                of: error, message, mayClimb: message.hasNextRung, isClosed: isClosed,
                paid: error.reason.mayHaveBeenTaken ? price(of: rendered, message) : nil)
        }
    }

    /// What it costs the practice, by the country of its number; nil where it is no SMS.
    private func price(of rendered: RenderedMessage, _ message: ClaimedMessage) -> Int? {
        guard message.channel == .sms else { return nil }
        let country = PhoneNumber.country(of: rendered.to)
        return prices.price(to: country, in: message.currency.rawValue)
    }

    /// - Parameter paid: what a try may have cost that may have been taken; nil where none can have been.
    private func result(
        of failure: DeliveryFailure, _ message: ClaimedMessage, mayClimb: Bool,
        isClosed: Bool = false, paid: Int? = nil
    ) -> SettleMessage.Result {
        switch failure {
        case .permanent(let reason):
            // What is wrong with the address or our own text is wrong at every gateway.
            let isHopeless = reason == .addressUnusable || reason == .messageUnreadable
            return mayClimb && !isHopeless ? .climb(reason) : .failed(reason)
        case .transient(let reason, _)
        where paid != nil && message.attempt >= Self.mostUnsureTries:
            return mayClimb ? .climb(reason, paid: paid) : .failed(reason)
        case .transient(let reason, let asked):
            let wait = RetrySchedule.wait(
                afterAttempt: message.attempt, asked: asked,
                longest: message.reference == nil
                    ? RetrySchedule.longestOfADay : RetrySchedule.longest,
                chance: .random(in: 0..<1))
            let isLong = isClosed || wait > Self.longestWaitBeforeClimbing
            return mayClimb && (isLong || reason.waitsForSomebody)
                ? .climb(reason, paid: paid) : .retry(reason, after: wait, paid: paid)
        }
    }

    private func render(
        _ message: ClaimedMessage
    ) async throws(DeliveryFailure) -> RenderedMessage {
        // During a rollout or a key rotation an older instance meets what a newer one wrote; the
        // newer one will get it at a later try.
        guard let template = message.template else { throw .transient(.messageUnreadable) }
        do {
            let outgoing = try OutgoingMessage.opened(
                message.body, with: keys.sealingKey(.message), boundTo: message.messageID,
                of: message.practiceID)
            let found = try await texts.find(
                TextPlace(
                    template: template, locale: message.locale, purpose: outgoing.purpose),
                practice: message.practiceID)
            return try RenderedMessage(message, outgoing, words: found)
        } catch SealingKey.Fault.keyUnknown {
            throw .transient(.messageUnreadable)
        } catch is PostgresError {
            throw .transient(.serverUnreachable)
        } catch {
            // Names of templates and variables, never their values.
            logger.error("message unreadable", metadata: ["error": "\(error)"])
            throw .permanent(.messageUnreadable)
        }
    }

    /// A database that does not answer is no reason to send: limits fail closed (A6).
    private func isStillDue(_ message: ClaimedMessage) async throws(DeliveryFailure) -> Bool {
        do {
            return try await database.run(
                MessageStillDue(message: message), within: Dispatcher.statementLimit)
        } catch {
            throw .transient(.serverUnreachable)
        }
    }

    /// Records the result while the lease holds; the state that it led to, nil where it led to none.
    ///
    /// A message that was sent and can't be settled would be sent again, so this tries as long as the
    /// lease lasts.
    func settle(
        _ message: ClaimedMessage, as result: SettleMessage.Result, gateway: String
    ) async -> DeliveryState? {
        let deadline = ContinuousClock.now + (ClaimMessage.lease - Dispatcher.handOverLimit)
        repeat {
            do {
                return try await database.run(
                    SettleMessage(message: message, result: result, gateway: gateway),
                    within: Dispatcher.statementLimit)
            } catch {
                try? await Task.sleep(for: .milliseconds(Int.random(in: 50...500)))
            }
        } while ContinuousClock.now < deadline && !Task.isCancelled
        logger.error("message not settled: it may be sent again")
        return nil
    }
}

extension SettleMessage.Result {
    /// Why the message was not taken.
    var reason: DeliveryFailure.Reason? {
        switch self {
        case .failed(let reason), .climb(let reason, _), .retry(let reason, _, _): reason
        case .sent, .withdrawn: nil
        }
    }
}

extension GatewayTraffic.Way: CustomStringConvertible {
    var description: String {
        switch self {
        case .gateway(let id): id.text
        case .operators(let kind): kind.rawValue
        }
    }
}
