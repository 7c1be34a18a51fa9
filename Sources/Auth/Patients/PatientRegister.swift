import Cryptography
import Foundation
import Postgres

/// Writes lines of a practice's register, and tells the people whose national number that moves, or of
/// whom it notes a mobile that their account does not have (Z-18, NO-2).
///
/// That a mobile is taken away is told to nobody: codes go where they went, and none is offered in its
/// place. The next one is told, as is the first that comes after the account.
///
/// Whose it is shows only once the entries are written, and what a mail says is sealed for its address
/// outside the database. So the notices follow in the same transaction: a change is committed with them
/// or not at all, and the entries stay locked until then.
struct PatientRegister: Sendable {
    let database: Database
    let notices: Notices
    let practice: Practice

    /// One outcome for each line, in their order.
    func write(_ statement: WritePatients) async throws -> [WritePatients.Written] {
        if statement.isDryRun { return try await database.run(statement) }
        return try await database.transaction(
            rerunningOn: WritePatients.retryableConstraints
        ) { transaction in
            // A statement sees what was there when it began: so it begins once nobody else writes them.
            try await transaction.run(
                HoldPatients(
                    practice: practice.id, externalIDs: statement.lines.map(\.externalID.text)))
            var written = try await transaction.run(statement)
            // One look for all of them: the entries of a few hundred people may be locked meanwhile.
            let accounts = written.flatMap { [$0.movedAccount, $0.remobiledAccount] }
            let addresses = try await notices.addresses(
                of: Set(accounts.compactMap { $0 }), in: practice, by: transaction)
            for (index, line) in zip(written.indices, statement.lines) {
                for (account, news) in news(of: written[index], line, addresses) {
                    let isTold = try await notices.tell(
                        news, of: account, at: addresses[account], act: statement.act,
                        in: practice, by: transaction)
                    written[index].isTold = written[index].isTold && isTold
                }
            }
            return written
        }
    }

    private func news(
        of written: WritePatients.Written, _ line: SealedPatient, _ addresses: [UUID: Addresses]
    ) -> [(UUID, AccountNotice.News)] {
        guard let patient = written.entry?.id else { return [] }
        var news: [(UUID, AccountNotice.News)] = []
        if let account = written.movedAccount {
            news.append((account, .nationalNumberMoved(patient: patient)))
        }
        // A number that is their account's already is no news.
        if let account = written.remobiledAccount, let mobile = line.details.mobile,
            addresses[account]?.numbers.contains(mobile) != true
        {
            let masked = MaskedDestination.phone(mobile)
            news.append((account, .registeredMobile(patient: patient, to: masked)))
        }
        return news
    }
}
