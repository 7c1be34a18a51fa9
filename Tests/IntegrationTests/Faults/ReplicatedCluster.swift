import Foundation
import Postgres
import Synchronization
import Testing

/// A primary and a hot standby that every commit waits for, which can change their parts.
///
/// Each is reached through a proxy of its own, so that it can be cut off as a network cuts it off.
final class ReplicatedCluster: Sendable {
    /// One of the two servers.
    struct Server: Sendable {
        let cluster: TestCluster
        let proxy: FaultProxy

        var local: LocalCluster { cluster.local }

        fileprivate init(_ cluster: TestCluster) async throws {
            self.cluster = cluster
            proxy = try await FaultProxy(to: "\(cluster.local.host)/.s.PGSQL.5432")
        }
    }

    private let servers: Mutex<(primary: Server, standby: Server)>

    var primary: Server { servers.withLock { $0.primary } }
    var standby: Server { servers.withLock { $0.standby } }

    init() async throws {
        let primary = try await TestCluster.own()
        let standby = try await primary.standby(named: Self.standbyName)
        servers = Mutex((try await Server(primary), try await Server(standby)))
        try await waitForStandby()
    }

    deinit {
        for server in [primary, standby] { server.cluster.discard() }
    }

    /// What `AUTH_DATABASE_URL` is for these two: both hosts, whichever takes writes.
    ///
    /// The order says nothing; the standby comes first, so that a test notices where it does.
    func url(database: String) -> String {
        let ports = [standby, primary].map { "\($0.proxy.port)" }.joined(separator: ",")
        return "host=127.0.0.1,127.0.0.1 port=\(ports) user=\(TestCluster.serviceRole) "
            + "dbname=\(database) target_session_attrs=read-write"
    }

    /// The database as it is on the primary of the moment.
    func database(_ name: String) -> TestDatabase {
        let local = primary.local
        return TestDatabase(
            name: name, cluster: local,
            ownerURL: local.url(database: name, role: TestCluster.ownerRole),
            serviceURL: local.url(database: name, role: TestCluster.serviceRole))
    }

    /// Makes the standby the primary, and returns when it takes writes. The other one must take none
    /// any more: that is for whoever switches to see to.
    func promote() async throws {
        let new = standby
        // No standby is there for it yet.
        try await new.local.execute("alter system reset synchronous_standby_names")
        try await new.local.execute("select pg_reload_conf()")
        try await new.local.execute("select pg_promote(true, 30)")
        servers.withLock { $0 = (primary: $0.standby, standby: $0.primary) }
    }

    /// Lets the former primary, which has ended, follow the new one; commits wait for it from then on.
    func rejoin() async throws {
        try await standby.local.follow(primary.local, as: Self.standbyName)
        try await standby.local.start()
        try await waitForStandby()
    }

    private static let standbyName = "standby"

    private func waitForStandby() async throws {
        let local = primary.local
        try await local.execute(
            "alter system set synchronous_standby_names = '\(Self.standbyName)'")
        try await local.execute("select pg_reload_conf()")
        try await standbyFollows()
    }

    /// Waits until commits are confirmed: to a primary that was away the standby comes back only by its
    /// `wal_retrieve_retry_interval`, five seconds unless set otherwise.
    func standbyFollows() async throws {
        let local = primary.local
        try await eventually(orElse: "the standby never became synchronous") {
            try await local.execute("select sync_state from pg_stat_replication")
                .first?.first == "sync"
        }
    }
}
