import Postgres
import Testing

@testable import Auth

/// What must hold of every statement there is (Z-23, architecture.md).
@Suite struct EveryStatementTests {
    @Test func `no statement of the service is missing from the list`() throws {
        var declared: [String] = []
        for file in try SourceTree.swiftFiles(under: ["Sources/Auth", "Sources/AuthServer"]) {
            let text = try SourceTree.text(of: file)
            for match in text.matches(
                of: /struct (\w+): (?:\w+, )*(?:Idempotent|Batch|Purge|Key)?Statement\b/)
            {
                declared.append(String(match.output.1))
            }
        }
        #expect(declared.sorted() == AllStatements.types.map { $0.name }.sorted())
        #expect(declared.count > 20)
    }

    @Test(arguments: AllStatements.types.map { $0.name })
    func `the server can prepare it, and it uses each of its parameters`(name: String) async throws
    {
        let statement = try Self.statement(name)
        let database = try await Self.grown.value
        let described = try await StatementDescription.of(statement, url: database.serviceURL)
        let used = StatementDescription.numbers(in: statement.sql)
        #expect(used == Set(0..<used.count).reduce(into: []) { $0.insert($1 + 1) })
        #expect(described.parameterTypes.count == used.count + 1)
        #expect(!described.parameterTypes.contains(0))
        let uncast = statement.sql.matches(of: /\$\d+(?!\d|::)/).map { String($0.0) }
        #expect(uncast.isEmpty, "each parameter is cast where it is used")
    }

    @Test(arguments: AllStatements.types.map { $0.name })
    func `it gives its nonce back, and no column twice`(name: String) async throws {
        let statement = try Self.statement(name)
        let database = try await Self.grown.value
        let described = try await StatementDescription.of(statement, url: database.serviceURL)
        #expect(statement.sql.matches(of: /\$nonce as nonce\b/).count == 1)
        let names = described.columns.map(\.name)
        let nonce = described.columns.first { $0.name == "nonce" }
        #expect(nonce?.type == StatementDescription.int8)
        #expect(Set(names).count == names.count, "\(names)")
        #expect(!names.contains("?column?"))
    }

    @Test(arguments: AllStatements.types.map { $0.name })
    func `it looks at one practice, or says why not`(name: String) async throws {
        let statement = try Self.statement(name)
        if let reason = statement.spansPractices {
            #expect(reason.contains(" "), "a reason is a sentence")
            return
        }
        let database = try await Self.grown.value
        let tenants = try await Self.tenantTables(database)
        let plan = try await StatementPlan.of(statement, in: database)
        for scan in plan.scans {
            guard let table = scan.table, tenants.contains(table) else { continue }
            // A bitmap's condition stands with the index, which carries the practice too.
            #expect(scan.conditions.contains("practice_id"), "\(table): \(scan)")
        }
        for insert in statement.sql.matches(of: Self.insertion) {
            guard tenants.contains(String(insert.table)) else { continue }
            #expect(insert.columns.hasPrefix("practice_id"), "\(insert.table)")
            #expect(insert.first.contains(/\$1::uuid|^practice_id$/), "\(insert.table)")
        }
    }

    @Test(arguments: AllStatements.types.map { $0.name })
    func `it never reads all of a table that grows`(name: String) async throws {
        let database = try await Self.grown.value
        let plan = try await StatementPlan.of(try Self.statement(name), in: database)
        for scan in plan.scans {
            if let table = scan.table, GrowingTables.names.contains(table) {
                #expect(scan.kind != "Seq Scan", "\(table)")
            }
            // An index without a condition is read from end to end, unless it is kept short.
            if let index = scan.index, index != "message_due_idx" {
                #expect(scan.indexCondition != nil, "\(index)")
            }
        }
    }

    @Test func `every table with the practice's id is one of those that grow, or a small one`()
        async throws
    {
        let tenants = try await Self.tenantTables(try await Self.grown.value)
        let small: Set<String> = [
            "practice", "client", "api_key", "gateway", "text_override", "login_failure",
            "document",
        ]
        #expect(tenants.subtracting(small).isSubset(of: GrowingTables.names))
    }

    @Test func `the practice comes first in the key of every table that has one`() async throws {
        let database = try await Self.grown.value
        let keys = try await database.execute(
            """
            select constrained.relname, attribute.attname
            from pg_constraint
            join pg_class as constrained on constrained.oid = pg_constraint.conrelid
            join pg_attribute as attribute
                on attribute.attrelid = constrained.oid
                and attribute.attnum = pg_constraint.conkey[1]
            where pg_constraint.contype = 'p'
              and constrained.relnamespace = 'public'::regnamespace
            """)
        let tenants = try await Self.tenantTables(database)
        for key in keys where tenants.contains(key[0] ?? "") {
            #expect(key[1] == "practice_id", "\(key)")
        }
        #expect(keys.count >= tenants.count)
    }

    // MARK: - What they share

    private static var insertion:
        Regex<(Substring, table: Substring, columns: Substring, first: Substring)>
    {
        // swift-format-ignore
        /insert into (?<table>\w+)(?: as \w+)?\s+\((?<columns>[^)]+)\)\s+(?:select|values \()\s*(?<first>[^,\s]+)/
    }

    /// One database for all, since nothing here changes it.
    private static let grown = Task {
        let database = try await TestCluster.shared().cloneDatabase(named: "statement")
        try await database.execute(GrowingTables.fill)
        try await database.execute("analyze")
        return database
    }

    private static func statement(_ name: String) throws -> any Statement.Type {
        try #require(AllStatements.types.first { $0.name == name })
    }

    /// Tables whose rows belong to one practice.
    private static func tenantTables(_ database: TestDatabase) async throws -> Set<String> {
        let rows = try await database.execute(
            """
            select table_name
            from information_schema.columns
            join information_schema.tables using (table_schema, table_name)
            where table_schema = 'public'
              and table_type = 'BASE TABLE'
              and column_name = 'practice_id'
              -- The account's in every practice; it says where it was enrolled.
              and table_name <> 'factor'
            """)
        return Set(rows.compactMap { $0.first ?? nil })
    }
}
