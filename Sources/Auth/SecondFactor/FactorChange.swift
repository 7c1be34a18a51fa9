import Cryptography
import Foundation
import Postgres

/// Changes something about how an account signs in, ends what was signed in elsewhere, and tells
/// its owner, in one transaction: whoever did it, its owner hears of it (Z-32).
struct FactorChange: Sendable {
    let database: Database
    let notices: Notices
    let practice: Practice
    let account: UUID
    /// The sign-in that it rests on, which must still be there; nil where somebody signs in.
    var session: UUID?
    let act: Act

    /// - Parameter news: what an outcome changed; nil where it changed nothing.
    func run<S: Statement>(
        _ statement: S, telling news: @Sendable (S.Output) -> AccountChange?
    ) async throws -> S.Output {
        try await database.transaction(of: act, rerunningOn: S.retryableConstraints) {
            transaction in
            if let session {
                try await transaction.hold(session, of: account, in: practice)
            }
            // A step of a sign-in takes no address away.
            let former =
                session == nil
                ? nil
                : try await notices.addresses(of: account, in: practice, by: transaction)
            let output = try await transaction.run(statement)
            guard let change = news(output) else { return output }
            if let session {
                try await transaction.endAccess(
                    to: account, sparing: session, because: .factorChanged, act: act)
            }
            try await notices.tell(
                .changed(change), of: account, act: act, in: practice, former: former,
                by: transaction)
            return output
        }
    }
}
