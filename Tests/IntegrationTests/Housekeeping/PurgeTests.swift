import Postgres
import Testing

@testable import Auth

/// Each table is purged after its time, and not before; all others are kept, and it is known why.
@Suite(.serialized) struct PurgeTests {
    /// What makes all rows of a table over since `$at`.
    private static let ageing = [
        "idempotency": "answered_at = $at",
        "throttle": "last_failed_at = $at, blocked_until = $at",
        "send_count": "window_start = $at",
        "destination": "sends = array[$at - interval '1 hour', $at]",
        "refusal": "minute = $at",
        "code": "sent_at = $at - interval '9 min', expires_at = $at",
        "message": "expires_at = $at, code_id = null, link_id = null",
        "login": "expires_at = $at",
        "login_pass": "expires_at = $at",
        "session": "created_at = $at",
        "recovery": "expires_at = $at",
        "desk_code": "expires_at = $at",
        "linking_code": "expires_at = $at",
        "recovery_pin": "ended_at = $at",
        "activation_pin": "expires_at = $at",
        "freeze_code": "expires_at = $at",
        "remembered_device": "expires_at = $at",
        "contact_change": "created_at = $at",
        "contact": "confirmed_at = null, stood_from = $at, stood_until = $at",
        "factor": "created_at = $at, activated_at = null",
        "recovery_pin_pending": "created_at = $at, activated_at = null, ended_at = null",
        "enrolment": "ended_at = $at, end_reason = 'expired'",
        "invitation": "expires_at = $at",
    ]

    /// Why a table is never purged: what it holds is bounded, or is what the service is for.
    private static let kept = [
        "practice": "a tenant", "client": "a principal that the audit names",
        "api_key": "a principal's, few", "gateway": "a setting", "text_override": "a setting",
        "send_stop": "a setting", "account": "a person's, until erased",
        "membership": "a person's, until erased", "identifier": "a person's, until erased",
        "recovery_codes": "a person's, until erased",
        "patient": "the practice's register", "patient_number": "the practice's register",
        "patient_link": "the practice's register", "customer_number": "never given out again",
        "document": "what was agreed to", "consent": "who agreed, until erased",
        "audit": "NEN 7513", "audit_seal": "the audit's chain",
        "mailed_link": "goes with its invitation", "code_subject": "goes with its newest code",
        "code_request": "goes with its code", "login_failure": "64 rows a client",
        "service_probe": "one row", "housekeeping_turn": "one row",
        "schema_migration": "one row a migration",
    ]

    @Test func `every table is purged, or it is known why not`() async throws {
        let database = try await TestCluster.shared().cloneDatabase(named: "purge")
        let tables = try await database.rows(
            """
            select table_name
            from information_schema.tables
            where table_schema = 'public'
              and table_type = 'BASE TABLE'
            """)
        let purged = Purges.all.map { $0.table }
        #expect(Set(tables.compactMap { $0[0] }) == Set(purged).union(Self.kept.keys))
        #expect(Set(purged).isDisjoint(with: Self.kept.keys))
        let labels = Purges.all.map { $0.label }
        #expect(Set(labels) == Set(Self.ageing.keys) && Set(labels).count == labels.count)
    }

    @Test func `what refers to a purged row is found by an index`() async throws {
        let database = try await TestCluster.shared().cloneDatabase(named: "purge")
        let keys = try await database.rows(
            """
            select key.conrelid::regclass, key.confrelid::regclass, exists (
                select from pg_index
                where pg_index.indrelid = key.conrelid
                  and pg_index.indpred is null
                  and (pg_index.indkey::int2[])[0:cardinality(key.conkey) - 1] = key.conkey)
            from pg_constraint as key
            where key.contype = 'f'
            """)
        let purged = Set(Purges.all.map { $0.table })
        let followed = keys.filter { purged.contains($0[1] ?? "") }
        #expect(Set(followed.compactMap { $0[0] }) == ["enrolment", "mailed_link"])
        for key in followed { #expect(key[2] == "t", "\(key)") }
    }

    @Test(arguments: Purges.all.map { $0.label })
    func `a row goes once its days are over, and no sooner`(label: String) async throws {
        let purge = try #require(Purges.all.first { $0.label == label })
        let ageing = try #require(Self.ageing[label])
        let table = purge.table
        let database = try await Self.grown.value
        @Sendable func age(_ seconds: Int, _ which: String) async throws {
            let at = "(clock_timestamp() - interval '\(purge.usualDays) days \(seconds) seconds')"
            try await database.execute(
                "update \(table) set \(ageing.replacing("$at", with: at)) where \(which)")
        }
        let rows = try await database.count(table, where: "true")
        try await age(-60, "true")
        try await Database.use(.init(url: database.serviceURL), logger: Scratch.quiet) { service in
            #expect(try await Self.run(purge, on: service) == 0)
            try await age(60, "ctid = (select min(ctid) from \(table))")
            #expect(try await Self.run(purge, on: service) == 1)
            #expect(try await database.count(table, where: "true") == rows - 1)
            #expect(try await Self.run(purge, on: service) == 0)
        }
    }

    /// One database for all, since each test has a table of its own.
    private static let grown = Task {
        let database = try await TestCluster.shared().cloneDatabase(named: "purge")
        try await database.execute(GrowingTables.fill)
        return database
    }

    private static func run<Purge: PurgeStatement>(
        _: Purge.Type, on database: Database
    ) async throws -> Int {
        try await database.run(Purge(days: Purge.usualDays))
    }
}
