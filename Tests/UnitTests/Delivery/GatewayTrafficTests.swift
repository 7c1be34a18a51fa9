import Foundation
import Testing

@testable import Auth

/// What ops see of gateways in trouble.
@Suite struct GatewayTrafficTests {
    private let start = ContinuousClock.now

    private func fail(_ way: GatewayTraffic.Way, _ traffic: GatewayTraffic, times: Int) {
        for _ in 0..<times {
            _ = traffic.enter(way, rung: "p/sms/1", hasNextRung: true, at: start)
            _ = traffic.leave(way, begun: start, failed: true, at: start)
        }
    }

    /// Gateways, then channels.
    private func broken(_ traffic: GatewayTraffic) -> [Int] {
        let broken = traffic.broken
        return [broken.gateways, broken.channels]
    }

    @Test func `gateways and channels that failed are counted until one message gets through`() {
        let traffic = GatewayTraffic(limit: 4)
        let first = GatewayTraffic.Way.gateway(UUID())
        let second = GatewayTraffic.Way.gateway(UUID())
        fail(first, traffic, times: 5)
        fail(second, traffic, times: 4)
        fail(.operators(.email), traffic, times: 5)
        #expect(broken(traffic) == [1, 1])
        fail(second, traffic, times: 1)
        #expect(broken(traffic) == [2, 1])

        // Rested, and a message on its way, is not yet sound.
        let later = start + CircuitBreaker.rest
        #expect(broken(traffic) == [2, 1])
        #expect(traffic.enter(first, rung: "p/sms/1", hasNextRung: true, at: later) == .admitted)
        #expect(broken(traffic) == [2, 1])
        _ = traffic.leave(first, begun: later, failed: false, at: later)
        #expect(broken(traffic) == [1, 1])
    }
}
