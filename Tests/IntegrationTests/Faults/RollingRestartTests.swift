import Foundation
import Testing

/// Two instances behind HAProxy, of which one goes (E1, E2).
@Suite(.serialized, .timeLimit(.minutes(10))) struct RollingRestartTests {
    /// Restarts of one instance each; 20 take two minutes.
    private static let restarts =
        ProcessInfo.processInfo.environment["AUTH_TEST_RESTARTS"].flatMap { Int($0) } ?? 2
    /// Two check intervals of the load balancer.
    private static let checkTime = Duration.milliseconds(500)

    private static let callers = 4

    private func run(_ body: @escaping @Sendable (Ordeal) async throws -> Void) async throws {
        let database = try await TestCluster.shared().cloneDatabase()
        let post = try await PostOffice()
        try await Installation.run(on: database, post: post) { installation in
            let balancer = try LoadBalancer(installation.instances)
            try await eventually { await balancer.isReady }
            try await Ordeal.run(
                installation, callers: Self.callers, clients: [balancer.client],
                instancesStay: false,
                keptIn: { database }, body)
        }
    }

    @Test func `an instance is restarted under load, time and again, and no request fails`()
        async throws
    {
        try await run { ordeal in
            let instances = ordeal.installation.instances
            for number in 0..<Self.restarts {
                let instance = instances[number % instances.count]
                #expect(try await instance.end(SIGTERM) == 0)
                try instance.start()
                try await eventually { await instance.isReady }
                try await last(Self.checkTime)
                try await ordeal.goesOn()
            }
            #expect(ordeal.traffic.unknown == 0)
        }
    }

    @Test func `an instance that is killed costs what it had in hand, and repeating heals that`()
        async throws
    {
        try await run { ordeal in
            let instances = ordeal.installation.instances
            for instance in instances {
                let before = ordeal.traffic.unknown
                try await instance.end(SIGKILL)
                try await ordeal.writesReturn()
                try await ordeal.goesOn()
                // Some of those that were under way, and none of those that came later.
                #expect(ordeal.traffic.unknown - before <= Self.callers * Traffic.guessesAtOnce)
                try instance.start()
                try await eventually { await instance.isReady }
                try await last(Self.checkTime)
            }
        }
    }
}
