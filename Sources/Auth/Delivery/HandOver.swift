import Cryptography
import Foundation
import Logging
import Postgres

/// The way of one claimed message: opened, put into words, checked once more, handed over, settled.
struct HandOver: Sendable {
    let database: Database
    let texts: PracticeTexts
    let key: SealingKey
    let logger: Logger

    /// Hands the message over; never throws, since every ending has to be settled.
    func result(
        of message: ClaimedMessage, by channel: any DeliveryChannel
    ) async -> SettleMessage.Result {
        do throws(DeliveryFailure) {
            let rendered = try await render(message)
            guard try await isStillDue(message) else { return .withdrawn }
            return .sent(try await channel.deliver(rendered))
        } catch {
            switch error {
            case .permanent(let reason):
                return .failed(reason)
            case .transient(let reason, let asked):
                let wait = RetrySchedule.wait(
                    afterAttempt: message.attempt, asked: asked, chance: .random(in: 0..<1))
                return .retry(reason, after: wait)
            }
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
                message.body, with: key, boundTo: message.messageID, of: message.practiceID)
            let found = try await texts.find(
                template, locale: message.locale, practice: message.practiceID)
            return try RenderedMessage(message, outgoing, text: found.text)
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
        _ message: ClaimedMessage, as result: SettleMessage.Result
    ) async -> DeliveryState? {
        let deadline = ContinuousClock.now + (ClaimMessage.lease - Dispatcher.handOverLimit)
        repeat {
            do {
                return try await database.run(
                    SettleMessage(message: message, result: result),
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
        case .failed(let reason), .retry(let reason, _): reason
        case .sent, .withdrawn: nil
        }
    }
}
