import Cryptography
import Foundation
import Postgres

/// Writes lines of a practice's register, and tells the people whose national number that moves (Z-18).
///
/// Whose it is shows only once the entries are written, and what a mail says is sealed for its address
/// outside the database. So the mails follow in the same transaction: a move is committed with its
/// notices or not at all, and the entries stay locked until then.
struct PatientRegister: Sendable {
    let database: Database
    let keys: KeyRing
    let practice: Practice

    /// One outcome for each line, in their order.
    func write(_ statement: WritePatients) async throws -> [WritePatients.Written] {
        if statement.isDryRun { return try await database.run(statement) }
        return try await database.transaction(
            rerunningOn: WritePatients.retryableConstraints
        ) { transaction in
            var written = try await transaction.run(statement)
            let moved = written.indices.filter { written[$0].movedAccount != nil }
            if moved.isEmpty { return written }
            let mailboxes = try await transaction.run(
                FindMailboxes(
                    practice: practice.id, accounts: moved.compactMap { written[$0].movedAccount }))
            for index in moved {
                guard let entry = written[index].entry, let account = written[index].movedAccount
                else { continue }
                let notice = try AccountNotice(
                    .nationalNumberMoved(patient: entry.id), act: statement.act, account: account,
                    mailboxes: mailboxes[account] ?? [], practice: practice, keys: keys)
                written[index].isTold = try await transaction.run(notice)
            }
            return written
        }
    }
}
