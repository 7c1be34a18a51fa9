import Foundation
import Synchronization
import Testing

@testable import Postgres

@Suite struct LostConnectionTests {
    @Test func `a terminated backend is replaced`() async throws {
        try await Scratch.use { scratch async throws in
            let before = try await scratch.database.patiently(Backend())
            // It waits for the end: a statement on its way meanwhile would rightly be unknown.
            try await scratch.test.execute("select pg_terminate_backend(\(before), 10000)")
            let after = try await scratch.database.patiently(Backend())
            #expect(after != before)
        }
    }

    @Test func `one that ends in the middle of a batch leaves nothing half done`() async throws {
        try await Scratch.use { scratch async throws in
            let database = scratch.database
            let ids = (0..<200).map { _ in UUID() }
            let pid = try await database.patiently(Backend())
            let unknown = Atomic<Int>(0)
            let killer = Task {
                try await eventually { database.gauges.statements > 20 }
                try await scratch.test.execute("select pg_terminate_backend(\(pid))")
            }
            let answers = await together(ids.count) { index in
                do {
                    return try await database.patiently(Increment(id: ids[index]))
                } catch PostgresError.commitUnknown {
                    unknown.wrappingAdd(1, ordering: .relaxed)
                    return 0
                }
            }
            try await killer.value
            let certain = try answers.map { try $0.get() }.filter { $0 == 1 }.count
            #expect(certain + unknown.load(ordering: .relaxed) == ids.count)
            let written = try #require(
                Int(try await scratch.value("select count(*) from counter where n = 1") ?? ""))
            // Whatever was answered is there, nothing twice, and the rest was called unknown.
            #expect(written >= certain)
            #expect(try await scratch.value("select count(*) from counter where n > 1") == "0")
        }
    }

    @Test func `a server that reports itself read-only empties the pool`() async throws {
        try await Scratch.use { scratch async throws in
            let database = scratch.database
            let lane = try await database.patiently(Backend())
            let ordinary = Set(
                try await together(16) { _ in try await database.patiently(OrdinaryBackend()) }
                    .map { try $0.get() })
            let statement = FailThenWrite(entry: UUID(), times: 1, state: "25006")
            #expect(try await database.patiently(statement) == "written")
            #expect(try await database.patiently(Backend()) != lane)
            try await eventually { database.gauges.connectionsOpen == 5 }
            let replaced = Set(
                try await together(16) { _ in try await database.patiently(OrdinaryBackend()) }
                    .map { try $0.get() })
            #expect(replaced.isDisjoint(with: ordinary))
        }
    }

    @Test func `a restarted server is used again within two seconds`() async throws {
        let cluster = try await TestCluster.own()
        defer { cluster.discard() }
        try await Scratch.use(on: cluster) { scratch async throws in
            let database = scratch.database
            let id = UUID()
            #expect(try await database.patiently(Increment(id: id)) == 1)
            try await cluster.local.stop()
            let down = await timed {
                try await database.run(Increment(id: id), within: .seconds(1))
            }
            #expect(throws: PostgresError.unavailable(.noConnection)) { try down.result.get() }
            #expect(down.time < .milliseconds(2_500))
            try await cluster.local.start()
            let up = await timed { try await database.patiently(Increment(id: id)) }
            #expect(try up.result.get() == 2)
            #expect(up.time < .seconds(2))
        }
    }

    @Test func `nothing that was answered is lost in a crash`() async throws {
        let cluster = try await TestCluster.own()
        defer { cluster.discard() }
        try await Scratch.use(on: cluster) { scratch async throws in
            let database = scratch.database
            let answered = Mutex<[UUID]>([])
            let isOver = Atomic<Bool>(false)
            let writers = Task {
                await together(32) { _ in
                    while !isOver.load(ordering: .relaxed) {
                        let id = UUID()
                        do {
                            _ = try await database.patiently(Increment(id: id))
                            answered.withLock { $0.append(id) }
                        } catch let error as PostgresError {
                            guard
                                error == .commitUnknown || error == .deadline
                                    || error == .unavailable(.noConnection)
                            else { throw error }
                        }
                    }
                }
            }
            try await eventually { answered.withLock { $0.count } > 500 }
            try await cluster.local.kill()
            let before = answered.withLock { $0.count }
            try await cluster.local.start()
            try await eventually { answered.withLock { $0.count } > before + 500 }
            isOver.store(true, ordering: .relaxed)
            for writer in await writers.value { try writer.get() }

            let kept = Set(
                try await scratch.test.execute("select counter_id::text from counter where n = 1")
                    .compactMap { $0.first.flatMap { $0 }.flatMap { UUID(uuidString: $0) } })
            #expect(answered.withLock { $0.allSatisfy(kept.contains) })
        }
    }

    @Test func `a frozen server is answered for in time, and used again once it goes on`()
        async throws
    {
        let cluster = try await TestCluster.own()
        defer { cluster.discard() }
        try await Scratch.use(on: cluster) { scratch async throws in
            let database = scratch.database
            let id = UUID()
            _ = try await database.patiently(Increment(id: id))
            cluster.local.freeze()
            let outcomes = await together(40) { index in
                await timed {
                    switch index % 3 {
                    case 0:
                        _ = try await database.run(Increment(id: UUID()), within: .seconds(1))
                    case 1: _ = try await database.run(OrdinaryBackend(), within: .seconds(1))
                    default: try await database.transaction(within: .seconds(1)) { _ in }
                    }
                }
            }
            cluster.local.thaw()
            for outcome in try outcomes.map({ try $0.get() }) {
                #expect(outcome.time < .milliseconds(2_500))
                #expect(throws: PostgresError.self) { try outcome.result.get() }
            }
            let after = await timed { try await database.patiently(Increment(id: id)) }
            #expect(try after.result.get() == 2)
            #expect(after.time < .seconds(2))
        }
    }

    @Test func `a server that stays frozen is given up and reached anew`() async throws {
        let cluster = try await TestCluster.own()
        defer { cluster.discard() }
        try await Scratch.use(on: cluster) { scratch async throws in
            let database = scratch.database
            _ = try await database.patiently(Backend())
            cluster.local.freeze()
            await #expect(throws: PostgresError.deadline) {
                try await database.run(Backend(), within: .seconds(1))
            }
            // Longer than a connection may stand still with a batch under way; the idle ones go too.
            try await eventually { database.gauges.connectionsLost == 5 }
            cluster.local.thaw()
            let after = await timed { try await database.patiently(Backend()) }
            _ = try after.result.get()
            #expect(after.time < .seconds(2))
        }
    }

    /// A server on which every commit waits for a standby that does not exist, and which sends no
    /// warnings unless a session asks for them.
    private func withoutStandby(
        _ body: @escaping @Sendable (Scratch, _ pid: Int) async throws -> Void
    ) async throws {
        let cluster = try await TestCluster.own()
        defer { cluster.discard() }
        try await Scratch.use(on: cluster) { scratch async throws in
            let first = try await scratch.database.patiently(Backend())
            try await scratch.test.execute(
                "alter database \(scratch.test.name) set client_min_messages = error")
            try await scratch.test.execute("select pg_terminate_backend(\(first), 10000)")
            let pid = try await scratch.database.patiently(Backend())
            try await cluster.local.execute(
                "alter system set synchronous_standby_names = 'nobody'")
            try await cluster.local.execute("select pg_reload_conf()")
            try await eventually {
                try await cluster.local.execute("show synchronous_standby_names")
                    .first?.first == "nobody"
            }
            try await body(scratch, pid)
        }
    }

    @Test(arguments: ["pg_cancel_backend", "pg_terminate_backend"])
    func `a commit that no standby confirmed is unknown, and not done again`(
        end: String
    ) async throws {
        try await withoutStandby { scratch, pid in
            let id = UUID()
            let waiting = Task { try await scratch.database.patiently(Increment(id: id)) }
            try await eventually {
                try await scratch.value(
                    "select pid from pg_stat_activity where pid = \(pid) and wait_event = 'SyncRep'"
                ) != nil
            }
            try await scratch.test.cluster.execute("select \(end)(\(pid))")
            await #expect(throws: PostgresError.commitUnknown) { try await waiting.value }
            _ = try await scratch.database.patiently(Backend())
            #expect(try await scratch.value("select n from counter") == "1")
        }
    }

    @Test func `a stalled commit keeps no place on the server for ever`() async throws {
        try await withoutStandby { scratch, pid in
            let outcome = await timed {
                try await scratch.database.run(Increment(id: UUID()), within: .seconds(1))
            }
            #expect(throws: PostgresError.deadline) { try outcome.result.get() }
            #expect(outcome.time < .milliseconds(2_500))
            try await eventually {
                try await scratch.value("select pid from pg_stat_activity where pid = \(pid)")
                    == nil
            }
            _ = try await scratch.database.patiently(Backend())
        }
    }

    /// Runs the body with a database of two hosts, the first of which never says anything.
    private func besideSilence(
        _ body: @escaping @Sendable (Scratch, Database) async throws -> Void
    ) async throws {
        let silent = try SilentServer()
        try await Scratch.use { scratch async throws in
            let live = try #require(scratch.test.ownerURL.split(separator: "=").last)
            let url = scratch.test.ownerURL.replacing(
                "host=\(live)", with: "host=\(silent.directory.path),\(live)")
            try await Database.use(.init(url: url), logger: Scratch.quiet) {
                database async throws in
                try await body(scratch, database)
            }
        }
    }

    @Test func `a host that does not answer costs no time while another does`() async throws {
        try await besideSilence { _, database in
            let first = await timed { try await database.patiently(Backend()) }
            _ = try first.result.get()
            #expect(first.time < ConnectionLoop.connectLimit)
        }
    }

    @Test func `a standby that is promoted is found while the old primary hangs`() async throws {
        try await besideSilence { scratch, database in
            let setting = "alter database \(scratch.test.name) set default_transaction_read_only"
            try await scratch.test.cluster.execute("\(setting) = on")
            let first = Task { await timed { try await database.patiently(Backend()) } }
            // The first attempt has been refused; it would wait for the other host only.
            try await last(.milliseconds(400))
            try await scratch.test.cluster.execute("\(setting) = off")
            let found = await first.value
            _ = try found.result.get()
            #expect(found.time < ConnectionLoop.connectLimit)
        }
    }
}

/// Takes connections on a Unix socket and never says anything.
private final class SilentServer: Sendable {
    let directory: URL
    private let socket: Int32

    struct NoSocket: Error {}

    init() throws {
        directory = URL(filePath: "/tmp/silent-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { path in
            path.copyBytes(from: directory.appending(path: ".s.PGSQL.5432").path.utf8)
        }
        let isBound = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isBound, listen(socket, 8) == 0 else { throw NoSocket() }
    }

    deinit {
        close(socket)
        try? FileManager.default.removeItem(at: directory)
    }
}
