import Auth
import Foundation

/// Reads lines of accounts and has them imported, in constant memory however long the file is.
struct AccountsImport: Sendable {
    let practice: UUID
    let administration: Administration

    /// Hands each result to `report`, in the order of the lines.
    func run(
        _ input: FileHandle, report: @Sendable (AccountImport.Result) async -> Void
    ) async throws {
        let accounts = try await administration.importAccounts(practice: practice)
        var lines = InputLines()
        var waiting: [(number: Int, bytes: [UInt8]?)] = []
        while let data = try input.read(upToCount: InputLines.chunk), !data.isEmpty {
            waiting += lines.add(data).map { ($0.number, $0.bytes) }
            while waiting.count >= AccountImport.lineLimit {
                let next = Array(waiting.prefix(AccountImport.lineLimit))
                for result in try await accounts(next) { await report(result) }
                waiting.removeFirst(next.count)
            }
        }
        waiting += lines.finish().map { ($0.number, $0.bytes) }
        for result in try await accounts(waiting) { await report(result) }
    }
}
