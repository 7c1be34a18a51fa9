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
        let deadline = ContinuousClock.now + ImportLimits.processing
        let results = try await lines.results(
            of: AccountLines(
                accounts: accounts, practice: try context.caller.practice,
                act: try context.act(accounts.keys), deadline: deadline), until: deadline)
        return try .json(
            Report(
                imported: results.count { $0.status == .imported },
                refused: results.count { $0.status == .refused },
                results: results))
    }
}

/// The accounts of one request, written as many at a time as one transaction takes.
private struct AccountLines: LineImport {
    let accounts: AccountImport
    let practice: Practice
    let act: Act
    let deadline: ContinuousClock.Instant
    private(set) var takesMore = true
    private var waiting: [(number: Int, bytes: [UInt8]?)] = []

    init(
        accounts: AccountImport, practice: Practice, act: Act, deadline: ContinuousClock.Instant
    ) {
        self.accounts = accounts
        self.practice = practice
        self.act = act
        self.deadline = deadline
    }

    mutating func add(_ number: Int, _ bytes: [UInt8]?) async throws -> [AccountImport.Result] {
        waiting.append((number, bytes))
        return waiting.count == AccountImport.lineLimit ? try await finish() : []
    }

    mutating func finish() async throws -> [AccountImport.Result] {
        let results = try await accounts.run(waiting, in: practice, act: act, until: deadline)
        waiting.removeAll()
        takesMore = results.last?.status != .notProcessed
        return results
    }

    mutating func unanswered() -> [AccountImport.Result] {
        defer { waiting.removeAll() }
        return waiting.map { .notProcessed($0.number) }
    }

    static func notProcessed(_ line: Int) -> AccountImport.Result { .notProcessed(line) }
}
