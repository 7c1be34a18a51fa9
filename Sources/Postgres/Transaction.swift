import Foundation

/// An open transaction; valid while the body of `Database.transaction` runs.
package struct Transaction: Sendable {
    private let thread: ConnectionThread
    private let session: Int
    private let deadline: ContinuousClock.Instant

    /// Opens it, on a connection that is the caller's alone.
    init(
        on thread: ConnectionThread, deadline: ContinuousClock.Instant
    ) async throws(PostgresError) {
        self.thread = thread
        self.deadline = deadline
        session = try await thread.execute(
            TransactionPlans.begin, .none, kind: .begin, deadline: deadline
        ).session
    }

    /// Runs one statement in the transaction; after an error only the rollback is left to do.
    ///
    /// - Throws: `PostgresError`.
    package func run<S: Statement>(_ statement: S) async throws(PostgresError) -> S.Output {
        let call = try Call(statement)
        let execution = try await thread.execute(
            call.plan, call.arguments, kind: .inTransaction(session: session), deadline: deadline)
        return try Call.decode(S.self, execution.result)
    }

    func commit() async throws(PostgresError) {
        let execution = try await thread.execute(
            TransactionPlans.commit, .none, kind: .commit(session: session), deadline: deadline)
        // A transaction with a failed statement ends without an error, but in a rollback.
        guard execution.result.command == "COMMIT" else {
            throw .server(sqlState: "25P02", constraint: nil)
        }
    }

    /// Where even the rollback does not come through, the connection goes, and with it the rest.
    func rollBack() async {
        do throws(PostgresError) {
            _ = try await thread.execute(
                TransactionPlans.rollBack, .none, kind: .inTransaction(session: session),
                deadline: .now + Self.rollbackLimit)
        } catch {
            if error != .unavailable(.transactionLost) { thread.closeConnection() }
        }
    }

    private static let rollbackLimit: Duration = .milliseconds(500)
}

/// The statements around a transaction.
enum TransactionPlans {
    static let begin = PlanCatalogue.shared.plan(named: "begin", sql: "begin")
    static let commit = PlanCatalogue.shared.plan(named: "commit", sql: "commit")
    static let rollBack = PlanCatalogue.shared.plan(named: "rollback", sql: "rollback")
}
