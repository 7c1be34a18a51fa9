import Auth
import Cryptography
import Foundation

/// Reads lines of accounts and has them imported, in constant memory however long the file is.
struct AccountsImport: Sendable {
    let practice: UUID
    let administration: Administration

    /// Lines at work at once: all hashing threads busy, and the database besides.
    private static let width = PasswordHasher.threadCount * 2

    /// Hands each result to `report`, in the order of the lines.
    func run(
        _ input: FileHandle, report: @Sendable (AccountImport.Result) async -> Void
    ) async throws {
        let accounts = try await administration.importAccounts(practice: practice)
        var lines = InputLines()
        var waiting: [(number: Int, bytes: [UInt8])] = []
        while let data = try input.read(upToCount: InputLines.chunk), !data.isEmpty {
            waiting += lines.add(data)
            while waiting.count >= Self.width {
                try await importAll(Array(waiting.prefix(Self.width)), by: accounts, report)
                waiting.removeFirst(Self.width)
            }
        }
        waiting += lines.finish()
        try await importAll(waiting, by: accounts, report)
    }

    private func importAll(
        _ lines: [(number: Int, bytes: [UInt8])],
        by accounts: @escaping @Sendable (Int, [UInt8]) async throws -> AccountImport.Result,
        _ report: @Sendable (AccountImport.Result) async -> Void
    ) async throws {
        let results = try await withThrowingTaskGroup(of: AccountImport.Result.self) { group in
            for line in lines {
                group.addTask { try await accounts(line.number, line.bytes) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for result in results.sorted(by: { $0.line < $1.line }) { await report(result) }
    }
}
