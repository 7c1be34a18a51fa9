import Foundation
import Synchronization

/// What is on its way to each gateway of this instance: its circuit breaker, and how many messages
/// it has in hand.
final class GatewayTraffic: Sendable {
    /// One way out: a gateway of a practice, or the operator's channel for a kind of message.
    enum Way: Hashable, Sendable {
        case gateway(UUID)
        case operators(ChannelKind)
    }

    /// Messages that wait for a way that is closed to them are left in the outbox.
    struct Held: Equatable, Sendable {
        /// `practice/kind/rung`
        var rungs: [String] = []
        /// Kinds whose operator's channel is closed.
        var kinds: [ChannelKind] = []
        /// Whether all gateways of practices are left alone, since together they have their share in hand.
        var gateways = false
    }

    private struct Traffic {
        var breaker = CircuitBreaker()
        var inHand = 0
        /// The rungs where it was met, the same gateway may stand on several, and whether there is a
        /// further one to climb to.
        var hasNext: [String: Bool] = [:]
    }

    private let gatewayLimit: Int
    private let channelLimit: Int
    private let ways = Mutex<[Way: Traffic]>([:])

    /// None can keep every worker to itself by being slow: a gateway of a practice has half of them in
    /// hand at most, a channel of the operator's three quarters, and all gateways of practices together
    /// three quarters. Of what they have beyond half of the workers each takes one at a time, so that two slow
    /// ones leave room for a third practice's.
    init(workers: Int) {
        gatewayLimit = max(workers / 2, 1)
        channelLimit = max(workers - workers / 4, 1)
    }

    /// Counts a message that was claimed for that way; whoever has it says `putDown` in the end.
    func takeInHand(_ way: Way, rung: String, hasNextRung: Bool) {
        ways.withLock { ways in
            var traffic = ways[way] ?? Traffic()
            traffic.hasNext[rung] = hasNextRung
            traffic.inHand += 1
            ways[way] = traffic
        }
    }

    /// Says that a message is no longer in hand; whether others may have waited for its place.
    func putDown(_ way: Way) -> Bool {
        ways.withLock { ways in
            guard var traffic = ways[way] else { return false }
            let inHand = gatewaysInHand(ways)
            let wasFull =
                isFull(way, traffic, gatewaysInHand: inHand)
                || isGateway(way) && inHand >= gatewayLimit
            traffic.inHand -= 1
            // What is sound and idle is forgotten, or the list would grow with every practice.
            ways[way] = traffic.breaker.isSound && traffic.inHand == 0 ? nil : traffic
            return wasFull
        }
    }

    /// Asks the breaker to hand over a message that is in hand; whoever is admitted says how it went.
    func admit(_ way: Way, at now: ContinuousClock.Instant = .now) -> CircuitBreaker.Admission {
        ways.withLock { $0[way]?.breaker.admit(at: now) ?? .admitted }
    }

    /// Says that the gateway took the message, or refused it for the message's own sake.
    func succeeded(_ way: Way) {
        ways.withLock { $0[way]?.breaker.succeeded() }
    }

    /// Says that the gateway failed; whether it is closed to further messages now.
    func failed(
        _ way: Way, begun: ContinuousClock.Instant, at now: ContinuousClock.Instant = .now
    ) -> Bool {
        ways.withLock { ways in
            ways[way]?.breaker.failed(begun: begun, at: now)
            return ways[way]?.breaker.isOpen(at: now) ?? false
        }
    }

    /// What had better not be claimed now: what is full, or broken with nowhere to climb to.
    func held(at now: ContinuousClock.Instant = .now) -> Held {
        ways.withLock { ways in
            let inHand = gatewaysInHand(ways)
            return ways.reduce(into: Held(gateways: inHand >= channelLimit)) { held, entry in
                let (way, traffic) = entry
                let isBroken = traffic.breaker.isOpen(at: now)
                let hasShare = isFull(way, traffic, gatewaysInHand: inHand)
                let closed = traffic.hasNext.filter { hasShare || isBroken && !$0.value }.map(\.key)
                switch way {
                case .gateway: held.rungs += closed
                case .operators(let kind): if !closed.isEmpty { held.kinds.append(kind) }
                }
            }
        }
    }

    /// How many ways are broken now: practices' gateways, and the operator's channels. Which ones stands
    /// in the log; a series for each would grow with the practices.
    var broken: (gateways: Int, channels: Int) {
        ways.withLock { ways in
            ways.reduce(into: (0, 0)) { broken, entry in
                guard entry.value.breaker.isBroken else { return }
                switch entry.key {
                case .gateway: broken.0 += 1
                case .operators: broken.1 += 1
                }
            }
        }
    }

    private func isFull(_ way: Way, _ traffic: Traffic, gatewaysInHand: Int) -> Bool {
        switch way {
        case .gateway:
            traffic.inHand >= gatewayLimit
                || traffic.inHand > 0 && gatewaysInHand >= gatewayLimit
        case .operators: traffic.inHand >= channelLimit
        }
    }

    /// What the gateways of all practices have together.
    private func gatewaysInHand(_ ways: [Way: Traffic]) -> Int {
        ways.reduce(0) { sum, entry in isGateway(entry.key) ? sum + entry.value.inHand : sum }
    }

    private func isGateway(_ way: Way) -> Bool {
        switch way {
        case .gateway: true
        case .operators: false
        }
    }
}
