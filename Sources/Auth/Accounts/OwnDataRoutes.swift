import Cryptography
import Foundation
import Postgres

/// What the service knows of a signed-in patient, to take along and to erase (SU-3).
struct OwnDataRoutes: Sendable {
    let database: Database
    let tokens: Tokens
    let confirm: ConfirmPassword
    let dispatcher: Dispatcher
    let notices: Notices

    func add(to endpoints: Endpoints) {
        endpoints.get("/v1/account/export", scope: .logins, export)
        endpoints.delete(
            "/v1/account", scope: .logins, body: ConfirmedErasure.self, erase)
    }

    /// A password in a header would have to be encoded, and would stand in logs of proxies; so it is the
    /// body, which RFC 9110 9.3.5 leaves to the two who talk.
    struct ConfirmedErasure: RequestBody {
        let password: Secret<String>

        init(_ fields: inout FieldReader) throws {
            password = fields.secret("password", max: PasswordRoutes.ChosenPassword.longest)
        }
    }

    private var keys: KeyRing { confirm.keys }

    @Sendable private func export(_ context: AuthRequestContext) async throws -> Answer {
        let practice = try context.caller.practice
        let patient = try await fresh(context)
        let (act, account) = (try context.act(keys, for: patient), patient.accountID)
        let read = try await database.transaction { transaction in
            try await transaction.hold(patient, in: practice)
            let export = try await transaction.run(ExportAccount(act: act, account: account))
            let entries = try await transaction.run(
                FindOwnEntry(practice: practice.id, account: account))
            try await notices.tell(
                .changed(.dataExported), of: account, act: act, in: practice, by: transaction)
            return (export, entries)
        }
        guard let export = read.0 else { throw Problem(.tokenInvalid) }
        dispatcher.nudge()
        return .json(
            AccountExport(
                practice: practice, language: patient.locale, exportedAt: tokens.now(),
                sections: export.sections,
                username: try export.sealedUsername.map {
                    try SealedIdentifier.opened(
                        $0, of: account, practice: practice.id, keys: keys)
                },
                entries: try read.1.map { try RegisteredPatient($0, in: practice, keys: keys) }
            ).value)
    }

    /// The last mail goes out with the commit that takes the addresses away.
    @Sendable private func erase(
        _ body: ConfirmedErasure, _ context: AuthRequestContext
    ) async throws -> Answer {
        let practice = try context.caller.practice
        let patient = try await fresh(context)
        try await confirm(body.password, of: patient, context)
        let (act, account) = (try context.act(keys, for: patient), patient.accountID)
        let isErased = try await database.transaction { transaction in
            try await transaction.hold(patient, in: practice)
            let former = try await notices.addresses(
                of: account, in: practice, by: transaction)
            guard try await transaction.run(EraseAccount(act: act, account: account)) else {
                return false
            }
            try await notices.tell(
                .erased, of: account, act: act, in: practice, former: former, by: transaction)
            return true
        }
        guard isErased else { throw Problem(.tokenInvalid) }
        dispatcher.nudge()
        return .noContent
    }

    private func fresh(_ context: AuthRequestContext) async throws -> SignedIn {
        try await PatientAuthenticator(database: database, tokens: tokens)
            .patient(context, .fresh)
    }
}
