import Postgres
import Testing

/// How the server would execute a statement whatever its parameters, once its tables have grown.
struct StatementPlan: Sendable {
    /// Where rows of a table are looked for.
    struct Scan: Sendable {
        let kind: String
        /// Nil for the index half of a bitmap scan.
        let table: String?
        let index: String?
        let indexCondition: String?
        /// Everything that a row has to fulfil here.
        let conditions: String
    }

    let scans: [Scan]

    static func of(_ statement: any Statement.Type, in database: TestDatabase) async throws -> Self
    {
        let sql = StatementDescription.text(of: statement)
        let count = StatementDescription.numbers(in: sql).max() ?? 0
        let values = Array(repeating: "null", count: count).joined(separator: ", ")
        let rows = try await database.execute(
            """
            set plan_cache_mode = force_generic_plan;
            prepare planned as
            \(sql);
            explain (format json, costs off) execute planned\(count == 0 ? "" : "(\(values))")
            """)
        let text = try #require(rows.first?.first ?? nil)
        let plan = try JSON(parsing: Array(text.utf8))[0]["Plan"]
        return StatementPlan(scans: scans(below: plan))
    }

    private static func scans(below node: JSON) -> [Scan] {
        let conditions = ["Index Cond", "Filter", "Recheck Cond", "Hash Cond", "Merge Cond"]
        let deeper = node["Plans"].array.flatMap(scans)
        guard let kind = node["Node Type"].string, kind.hasSuffix("Scan"),
            node["Relation Name"].string != nil || node["Index Name"].string != nil
        else { return deeper }
        let scan = Scan(
            kind: kind, table: node["Relation Name"].string, index: node["Index Name"].string,
            indexCondition: node["Index Cond"].string,
            conditions: conditions.compactMap { node[$0].string }.joined(separator: " and "))
        return [scan] + deeper
    }
}
