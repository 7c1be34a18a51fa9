import Foundation
import Postgres
import Testing

/// A primary with a synchronous standby, and a connection string that names both (B1, B2, D3, D4).
@Suite(.serialized, .timeLimit(.minutes(5))) struct SwitchOverTests {
    /// How the primary goes.
    enum Way: String, CaseIterable, Sendable {
        /// As an operator stops it: what was acknowledged is on the standby before.
        case planned
        case crashed
        /// Its processes hang, and its connections stay open.
        case frozen
        /// It works, and nobody reaches it.
        case cutOff

        func take(_ primary: ReplicatedCluster.Server) async throws {
            switch self {
            case .planned: try await primary.local.stop()
            case .crashed: try await primary.local.kill()
            case .frozen: primary.local.freeze()
            case .cutOff: try await primary.proxy.turn(.blackhole)
            }
        }

        /// Fences it: before it can be reached again it must have ended.
        func fence(_ former: ReplicatedCluster.Server) async throws {
            try await former.local.kill()
            try await former.proxy.turn(.ok)
        }
    }

    @Test func `whichever way the primary goes, its standby takes over and nothing is lost`()
        async throws
    {
        try await underTraffic { cluster, ordeal in
            for way in Way.allCases {
                let former = cluster.primary
                try await way.take(former)
                try await ordeal.isReady(false)
                try await ordeal.refusals(6)
                try await cluster.promote()
                try await ordeal.writesReturn()
                try await ordeal.isReady(true)
                try await way.fence(former)
                try await cluster.rejoin()
                try await ordeal.goesOn()
            }
        }
    }

    @Test func `while the standby hangs nothing is acknowledged, and then all of it goes on`()
        async throws
    {
        try await underTraffic { cluster, ordeal in
            cluster.standby.local.freeze()
            try await ordeal.isReady(false)
            let hung = ContinuousClock.now
            // Longer than a connection may stand still: each is given up and made anew.
            try await last(.seconds(7))
            let done = ordeal.traffic.history.entries.filter {
                $0.isAcknowledged && $0.begun > hung
            }
            #expect(done.isEmpty, "\(done.prefix(3))")
            cluster.standby.local.thaw()
            try await ordeal.writesReturn()
            try await ordeal.isReady(true)
        }
    }

    /// Two instances at work on a primary with a synchronous standby.
    private func underTraffic(
        _ body: @escaping @Sendable (ReplicatedCluster, Ordeal) async throws -> Void
    ) async throws {
        let cluster = try await ReplicatedCluster()
        let name = try await cluster.primary.cluster.cloneDatabase().name
        let post = try await PostOffice()
        try await Installation.run(
            on: cluster.database(name), url: cluster.url(database: name), post: post
        ) { installation in
            try await Ordeal.run(installation, keptIn: { cluster.database(name) }) { ordeal in
                try await body(cluster, ordeal)
            }
        }
    }
}
