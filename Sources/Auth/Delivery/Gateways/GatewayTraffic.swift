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

    enum Entrance: Equatable, Sendable {
        case admitted
        /// The breaker is open, or as many messages are out as may be.
        case refused(Refusal, for: Duration)

        enum Refusal: Equatable, Sendable {
            case broken, full
        }
    }

    /// Messages that wait for a way that is closed to them are left in the outbox.
    struct Held: Equatable, Sendable {
        /// `practice/kind/rung`
        var rungs: [String] = []
        /// Kinds whose operator's channel is closed.
        var kinds: [ChannelKind] = []
    }

    private struct Traffic {
        var breaker = CircuitBreaker()
        var inHand = 0
        /// The rung where it was last met, and whether there is a further one to climb to.
        var rung = ""
        var hasNextRung = false
    }

    /// How long a message waits for a gateway that has as many in hand as it may.
    private static let fullWait = Duration.milliseconds(200)

    private let limit: Int
    private let ways = Mutex<[Way: Traffic]>([:])

    /// - Parameter limit: messages in hand of one gateway of a practice, so that a slow one can't
    ///   keep every worker to itself. The operator's channels may have all workers.
    init(limit: Int) {
        self.limit = max(limit, 1)
    }

    /// Asks to hand one message over; whoever is admitted calls `leave`.
    func enter(
        _ way: Way, rung: String, hasNextRung: Bool,
        at now: ContinuousClock.Instant = .now
    ) -> Entrance {
        ways.withLock { ways in
            var traffic = ways[way] ?? Traffic()
            defer { ways[way] = traffic }
            (traffic.rung, traffic.hasNextRung) = (rung, hasNextRung)
            if isFull(way, traffic) { return .refused(.full, for: Self.fullWait) }
            if case .refused(let wait) = traffic.breaker.admit(at: now) {
                return .refused(.broken, for: wait)
            }
            traffic.inHand += 1
            return .admitted
        }
    }

    /// Says how a hand-over ended; whether the way is closed to further messages now.
    func leave(
        _ way: Way, begun: ContinuousClock.Instant, failed: Bool,
        at now: ContinuousClock.Instant = .now
    ) -> Bool {
        ways.withLock { ways in
            guard var traffic = ways[way] else { return false }
            traffic.inHand -= 1
            if failed {
                traffic.breaker.failed(begun: begun, at: now)
            } else {
                traffic.breaker.succeeded()
            }
            // What is sound and idle is forgotten, or the list would grow with every practice.
            ways[way] = traffic.breaker.isSound && traffic.inHand == 0 ? nil : traffic
            return traffic.breaker.isOpen(at: now)
        }
    }

    /// What had better not be claimed now: what is full, or broken with nowhere to climb to.
    func held(at now: ContinuousClock.Instant = .now) -> Held {
        ways.withLock { ways in
            ways.reduce(into: Held()) { held, entry in
                let (way, traffic) = entry
                let isBroken = traffic.breaker.isOpen(at: now) && !traffic.hasNextRung
                guard isBroken || isFull(way, traffic) else { return }
                switch way {
                case .gateway: held.rungs.append(traffic.rung)
                case .operators(let kind): held.kinds.append(kind)
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

    private func isFull(_ way: Way, _ traffic: Traffic) -> Bool {
        if case .gateway = way { traffic.inHand >= limit } else { false }
    }
}
