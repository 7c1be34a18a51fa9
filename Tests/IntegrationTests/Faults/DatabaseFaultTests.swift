import Foundation
@testable import Postgres
import Testing

/// What a database, and the network before it, can do to the service (D1, D2, D5).
@Suite(.serialized, .timeLimit(.minutes(5))) struct DatabaseFaultTests {
    /// One thing that goes wrong, and how it is put right.
    struct Fault: Sendable {
        let name: String
        /// Whether nothing at all works meanwhile.
        var stopsAll = true
        let begin: @Sendable (LocalCluster, FaultProxy) async throws -> Void
        let end: @Sendable (LocalCluster, FaultProxy) async throws -> Void
    }

    private static let faults = [
        Fault(name: "crashed") { cluster, _ in
            try await cluster.kill()
        } end: { cluster, _ in
            try await cluster.start()
        },
        Fault(name: "frozen") { cluster, _ in
            cluster.freeze()
        } end: { cluster, _ in
            cluster.thaw()
        },
        Fault(name: "cut off") { _, proxy in
            try await proxy.turn(.blackhole)
        } end: { _, proxy in
            try await proxy.turn(.ok)
        },
        Fault(name: "nobody listens") { _, proxy in
            try await proxy.turn(.refuse)
        } end: { _, proxy in
            try await proxy.turn(.ok)
        },
        Fault(name: "answers break off") { _, proxy in
            try await proxy.turn(.half)
        } end: { _, proxy in
            try await proxy.turn(.ok)
        },
        Fault(name: "a slow network", stopsAll: false) { _, proxy in
            try await proxy.turn(.delay(milliseconds: 80))
        } end: { _, proxy in
            try await proxy.turn(.ok)
        },
        Fault(name: "out of connections") { cluster, _ in
            try await cluster.execute(
                "alter role \(TestCluster.serviceRole) connection limit 0")
            try await cluster.execute(
                """
                select pg_terminate_backend(pid)
                from pg_stat_activity
                where usename = '\(TestCluster.serviceRole)'
                """)
        } end: { cluster, _ in
            try await cluster.execute(
                "alter role \(TestCluster.serviceRole) connection limit -1")
        },
    ]

    @Test func `each request is answered in time, and all is well two seconds after the fault`()
        async throws
    {
        let cluster = try await TestCluster.own()
        defer { cluster.discard() }
        let database = try await cluster.cloneDatabase()
        let proxy = try await FaultProxy(to: "\(cluster.local.host)/.s.PGSQL.5432")
        let url =
            "host=127.0.0.1 port=\(proxy.port) user=\(TestCluster.serviceRole) "
            + "dbname=\(database.name)"
        let post = try await PostOffice()
        try await Installation.run(on: database, url: url, post: post) { installation in
            try await Ordeal.run(installation, keptIn: { database }) { ordeal in
                for fault in Self.faults {
                    try await fault.begin(cluster.local, proxy)
                    if fault.stopsAll {
                        try await ordeal.isReady(false)
                        try await ordeal.refusals(6)
                    } else {
                        try await ordeal.goesOn()
                    }
                    try await fault.end(cluster.local, proxy)
                    try await ordeal.writesReturn()
                    try await ordeal.isReady(true)
                    try await ordeal.goesOn()
                }
            }
        }
    }

    @Test(.enabled(if: SmallDisk.canBeMounted, "needs a mount in a namespace of its own"))
    func `a full disk refuses what needs room, and breaks nothing`() async throws {
        let disk = try SmallDisk()
        defer { disk.discard() }
        let cluster = try await TestCluster.own(launcher: disk.launcher)
        defer { cluster.discard() }
        let database = try await cluster.cloneDatabase()
        try await cluster.local.execute(
            "create tablespace small location '\(disk.folder.path)'")
        try await cluster.local.execute("alter database \(database.name) set tablespace small")
        let post = try await PostOffice()
        try await Installation.run(on: database, post: post) { installation in
            try await Ordeal.run(installation, keptIn: { database }) { ordeal in
                try await disk.fill(database)
                try await ordeal.refusals(20)
                try await disk.free(database)
                try await ordeal.writesReturn()
                try await ordeal.isReady(true)
            }
        }
    }
}

/// A disk of a few megabytes that one database server alone sees.
private struct SmallDisk {
    let folder: URL

    private static let size = "48m"

    init() throws { folder = try Program.makeFolder() }

    func discard() { try? FileManager.default.removeItem(at: folder) }

    /// Where we are not root a user namespace lets us mount, if the system allows it.
    private static let namespace =
        ["/usr/bin/unshare", "--mount"]
        + (geteuid() == 0 ? [] : ["--user", "--map-current-user", "--keep-caps"])

    /// PostgreSQL wants the folder to be its own.
    private static func mounting(_ folder: String) -> [String] {
        let owner = geteuid() == 0 ? ",uid=\(LocalCluster.account)" : ""
        let mount = "mount -t tmpfs -o size=\(size),mode=700\(owner) tmpfs \"$0\" && exec \"$@\""
        return namespace + ["/bin/sh", "-c", mount, folder]
    }

    var launcher: [String] { Self.mounting(folder.path) }

    static let canBeMounted: Bool = {
        let command = mounting("/mnt") + ["true"]
        let process = Process()
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    /// Puts rows into a table of its own, smaller and smaller ones, until not one fits.
    func fill(_ database: TestDatabase) async throws {
        try await database.execute("create table filling (filling text)")
        try await database.execute("alter table filling alter filling set storage plain")
        for rows in [2_000, 100, 10, 1] {
            while try await database.takes(
                "insert into filling select repeat('x', 7000) from generate_series(1, \(rows))")
            {}
        }
    }

    func free(_ database: TestDatabase) async throws {
        try await database.execute("drop table filling")
    }
}

extension TestDatabase {
    /// False where the disk is full.
    fileprivate func takes(_ sql: String) async throws -> Bool {
        do {
            try await execute(sql)
            return true
        } catch PostgresError.server("53100", _) {
            return false
        }
    }
}
