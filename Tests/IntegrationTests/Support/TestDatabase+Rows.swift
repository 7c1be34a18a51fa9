extension TestDatabase {
    /// The rows of a table for which the condition holds.
    func count(_ table: String, where condition: String) async throws -> Int {
        let rows = try await execute("select count(*) from \(table) where \(condition)")
        return Int(rows.first?.first?.flatMap(\.self) ?? "") ?? -1
    }

    func rows(_ sql: String) async throws -> [[String?]] {
        try await execute(sql)
    }
}
