import Cryptography
import Foundation
import HTTPTypes
import Postgres

/// Accounts of an earlier system.
struct AccountRoutes: Sendable {
    let accounts: AccountImport

    func add(to endpoints: Endpoints) {
        endpoints.stream(
            "/v1/accounts/import", scope: .patientsWrite, limits: ImportLimits.request, importLines)
    }

    struct Report: Encodable, Sendable {
        let imported: Int
        let refused: Int
        let results: [AccountImport.Result]
    }

    @Sendable private func importLines(
        _ lines: BodyLines, _ context: AuthRequestContext
    ) async throws -> Answer {
        let practice = try context.caller.practice
        let act = try context.act(accounts.keys)
        let deadline = ContinuousClock.now + ImportLimits.processing
        var results: [AccountImport.Result] = []
        var left: [AccountImport.Result] = []
        var waiting: [BodyLines.Line] = []
        var count = 0
        // What was imported is told even where the service can't go on: the rest is sent again.
        var goesOn = true
        func write() async throws {
            defer { waiting.removeAll() }
            do {
                results += try await accounts.run(
                    waiting.map { ($0.number, $0.bytes) }, in: practice, act: act)
                goesOn = results.last?.status != .notProcessed
            } catch is PostgresError where !results.isEmpty {
                goesOn = false
                results += waiting.map { .notProcessed($0.number) }
            }
        }
        for try await line in lines {
            count += 1
            // The first line too many stands for those after it, which are read and left.
            guard count <= ImportLimits.lines + 1 else { continue }
            goesOn = goesOn && count <= ImportLimits.lines && ContinuousClock.now < deadline
            guard goesOn else {
                left.append(.notProcessed(line.number))
                continue
            }
            waiting.append(line)
            if waiting.count == AccountImport.lineLimit { try await write() }
        }
        try await write()
        results += left
        return try .json(
            Report(
                imported: results.count { $0.status == .imported },
                refused: results.count { $0.status == .refused },
                results: results))
    }
}
