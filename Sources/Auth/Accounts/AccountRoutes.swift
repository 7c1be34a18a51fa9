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
        // What was imported is told even where the service can't go on: the rest is sent again.
        var goesOn = true
        for try await line in lines {
            // The first line too many stands for those after it, which are read and left.
            guard results.count <= ImportLimits.lines else { continue }
            goesOn = goesOn && results.count < ImportLimits.lines && ContinuousClock.now < deadline
            guard goesOn, let bytes = line.bytes else {
                results.append(
                    goesOn ? .refused(line.number, "line-too-long") : .notProcessed(line.number))
                continue
            }
            do {
                results.append(
                    try await accounts.run(line.number, bytes, in: practice, act: act))
            } catch is HasherOverloaded {
                goesOn = false
                results.append(.notProcessed(line.number))
            } catch is PostgresError where !results.isEmpty {
                goesOn = false
                results.append(.notProcessed(line.number))
            }
        }
        return try .json(
            Report(
                imported: results.count { $0.status == .imported },
                refused: results.count { $0.status == .refused },
                results: results))
    }
}
