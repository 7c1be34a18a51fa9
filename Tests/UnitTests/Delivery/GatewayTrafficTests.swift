import Foundation
import Testing

@testable import Auth

/// What ops see of gateways in trouble.
@Suite struct GatewayTrafficTests {
    private let start = ContinuousClock.now

    private func fail(_ way: GatewayTraffic.Way, _ traffic: GatewayTraffic, times: Int) {
        for _ in 0..<times {
            traffic.takeInHand(way, rung: "p/sms/1", hasNextRung: true)
            _ = traffic.failed(way, begun: start, at: start)
            _ = traffic.putDown(way)
        }
    }

    /// Gateways, then channels.
    private func broken(_ traffic: GatewayTraffic) -> [Int] {
        let broken = traffic.broken
        return [broken.gateways, broken.channels]
    }

    @Test func `gateways and channels that failed are counted until one message gets through`() {
        let traffic = GatewayTraffic(workers: 8)
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
        traffic.takeInHand(first, rung: "p/sms/1", hasNextRung: true)
        #expect(traffic.admit(first, at: later) == .admitted)
        #expect(broken(traffic) == [2, 1])
        traffic.succeeded(first)
        #expect(broken(traffic) == [1, 1])
    }

    @Test func `a gateway that has its share in hand is left alone until one is put down`() {
        let traffic = GatewayTraffic(workers: 4)
        let way = GatewayTraffic.Way.gateway(UUID())
        traffic.takeInHand(way, rung: "p/sms/1", hasNextRung: true)
        #expect(traffic.held() == .init())
        traffic.takeInHand(way, rung: "p/sms/1", hasNextRung: true)
        #expect(traffic.held() == .init(rungs: ["p/sms/1"]))
        let hadOthersWait = traffic.putDown(way)
        #expect(hadOthersWait)
        #expect(traffic.held() == .init())
        let hadMoreWait = traffic.putDown(way)
        #expect(!hadMoreWait)
    }

    @Test func `a slow channel of the operator's leaves workers to the others`() {
        let traffic = GatewayTraffic(workers: 8)
        for _ in 0..<5 {
            traffic.takeInHand(.operators(.email), rung: "p/email/1", hasNextRung: false)
        }
        #expect(traffic.held() == .init())
        traffic.takeInHand(.operators(.email), rung: "p/email/1", hasNextRung: false)
        #expect(traffic.held() == .init(kinds: [.email]))
        let hadOthersWait = traffic.putDown(.operators(.email))
        #expect(hadOthersWait && traffic.held() == .init())
    }

    @Test func `slow gateways together leave a quarter of the workers`() {
        let traffic = GatewayTraffic(workers: 8)
        let names = ["a", "b", "c", "d"]
        let ways = names.map { _ in GatewayTraffic.Way.gateway(UUID()) }
        func take(_ number: Int) {
            traffic.takeInHand(ways[number], rung: "\(names[number])/sms/1", hasNextRung: false)
        }
        for _ in 0..<4 { take(0) }
        #expect(traffic.held() == .init(rungs: ["a/sms/1"]))
        // Beyond half each has one at a time.
        take(1)
        #expect(Set(traffic.held().rungs) == ["a/sms/1", "b/sms/1"])
        #expect(!traffic.held().gateways)
        take(2)
        // Of a fourth nothing is known yet, and it waits all the same.
        #expect(traffic.held().gateways)
        #expect(traffic.held().kinds.isEmpty)
        let hadOthersWait = traffic.putDown(ways[1])
        #expect(hadOthersWait)
        #expect(!traffic.held().gateways)
        #expect(Set(traffic.held().rungs) == ["a/sms/1", "c/sms/1"])
    }

    /// A ladder may be changed while messages are out, and one gateway may stand on several rungs.
    @Test func `a gateway is left alone on every rung where it was met`() {
        let traffic = GatewayTraffic(workers: 4)
        let way = GatewayTraffic.Way.gateway(UUID())
        traffic.takeInHand(way, rung: "p/sms/1", hasNextRung: true)
        traffic.takeInHand(way, rung: "p/sms/2", hasNextRung: false)
        #expect(Set(traffic.held().rungs) == ["p/sms/1", "p/sms/2"])
        _ = traffic.putDown(way)
        for _ in 0..<5 { _ = traffic.failed(way, begun: start, at: start) }
        // Broken: who can climb is claimed, and climbs.
        #expect(traffic.held(at: start).rungs == ["p/sms/2"])
    }
}
