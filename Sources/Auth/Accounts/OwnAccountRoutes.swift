import Cryptography
import Foundation
import HTTPTypes
import Postgres

/// An account, for the patient who is signed in to it.
struct OwnAccountRoutes: Sendable {
    let database: Database
    let keys: KeyRing
    let patients: PatientAuthenticator
    let passwords: PasswordCheck
    let reviewer: PasswordReviewer
    let dispatcher: Dispatcher
    let ceilings: SendCeilings
    let codeMetrics: CodeMetrics
    let notices: Notices

    func add(to endpoints: Endpoints) {
        endpoints.get("/v1/account", scope: .logins, read)
        endpoints.patch("/v1/account", scope: .logins, body: ChangedProfile.self, change)
        endpoints.put(
            "/v1/account/password", scope: .logins, body: ChangedPassword.self, changePassword)
        endpoints.put("/v1/account/email", scope: .logins, body: NewEmail.self, askEmail)
        endpoints.put("/v1/account/mobile", scope: .logins, body: NewMobile.self, askMobile)
        for (name, kind) in [("email", ContactChange.Kind.email), ("mobile", .sms)] {
            endpoints.post(
                "/v1/account/\(name)/verify", scope: .logins, body: TypedCode.self
            ) { try await verify(kind, $0, $1) }
            endpoints.delete("/v1/account/\(name)/pending", scope: .logins) {
                try await cancel(kind, $0)
            }
        }
        endpoints.get("/v1/account/activity", scope: .logins, listActivity)
        endpoints.post("/v1/account/freeze", scope: .logins, body: TypedFreezeCode.self, freeze)
    }

    struct ChangedProfile: RequestBody {
        let firstName: PersonName?
        let lastName: PersonName?
        let locale: Language?

        init(_ fields: inout FieldReader) throws {
            firstName = fields.optionalName("first_name")
            lastName = fields.optionalName("last_name")
            locale = fields.optionalChoice("locale")
        }
    }

    struct ChangedPassword: RequestBody {
        let current: Secret<String>
        let new: Secret<String>

        init(_ fields: inout FieldReader) throws {
            current = fields.secret("current_password", max: 512)
            new = fields.secret("new_password", max: PasswordRoutes.ChosenPassword.longest)
        }
    }

    struct TypedFreezeCode: RequestBody {
        let code: Secret<String>

        init(_ fields: inout FieldReader) throws {
            code = fields.secret("code", max: FreezeCode.longest)
        }
    }
}

// MARK: - Profile

extension OwnAccountRoutes {
    @Sendable private func read(_ context: AuthRequestContext) async throws -> Answer {
        let patient = try await patients.patient(context, .alive)
        return try await answer(patient, context)
    }

    @Sendable private func change(
        _ body: ChangedProfile, _ context: AuthRequestContext
    ) async throws -> Answer {
        let patient = try await patients.patient(context, .finished)
        if body.firstName != nil || body.lastName != nil || body.locale != nil {
            try await database.run(
                ChangeProfile(
                    act: try context.act(keys, for: patient), account: patient.accountID,
                    firstName: body.firstName, lastName: body.lastName, locale: body.locale))
        }
        return try await answer(patient, context)
    }

    func answer(_ patient: SignedIn, _ context: AuthRequestContext) async throws -> Answer {
        let practice = try context.caller.practice
        let account = try await find(patient, context)
        var sent: [FindSentCodes.Sent] = []
        if account.email?.pending != nil || account.mobile?.pending != nil {
            sent = try await database.run(
                FindSentCodes(
                    practice: practice.id, account: patient.accountID,
                    purposes: ContactChange.Kind.allCases.map(\.purpose)))
        }
        return try .json(
            account.body(patient) { kind in
                sent.first { $0.purpose == kind.purpose.slug }?.code
                    .body(in: practice, language: context.language)
            })
    }

    func find(_ patient: SignedIn, _ context: AuthRequestContext) async throws -> OwnAccount {
        let found = try await database.run(
            FindOwnAccount(
                practice: try context.caller.practice.id, account: patient.accountID,
                session: patient.session.sessionID))
        guard let found else { throw Problem(.tokenInvalid) }
        return found
    }

    @Sendable private func listActivity(_ context: AuthRequestContext) async throws -> Answer {
        let practice = try context.caller.practice
        let after = try context.cursor
        let patient = try await patients.patient(context, .finished)
        let rows = try await database.run(
            FindActivity(practice: practice.id, account: patient.accountID, after: after))
        let page = rows.prefix(FindActivity.pageLimit)
        let lines = try Activity.lines(page, in: practice, language: patient.locale)
            .map { try JSONValue(encoding: $0) }
        let next = rows.count > page.count ? page.last?.id : nil
        return .json(
            .object([
                JSONMember("data", .array(lines)),
                JSONMember("next_cursor", next.map { .string($0.text) } ?? .null),
            ]))
    }
}

// MARK: - Password

extension OwnAccountRoutes {
    /// The other sign-ins, the open logins and the codes end in the same commit, and every mailbox is
    /// told.
    @Sendable private func changePassword(
        _ body: ChangedPassword, _ context: AuthRequestContext
    ) async throws -> Answer {
        let practice = try context.caller.practice
        let patient = try await patients.patient(context, .fresh)
        let account = try await find(patient, context)
        try await reviewer.demandAcceptable(
            body.new, of: account.owner(in: practice, keys: keys), in: practice)
        try await confirm(body.current, of: patient, context)
        let turn = Turn(
            practice: practice.id, network: context.patientNetwork ?? patient.accountID.bytes,
            kind: .known)
        let phc = try await passwords.hasher.hash(body.new.passwordBytes, turn: turn)
        let change = ChangePassword(
            act: try context.act(keys, for: patient), account: patient.accountID,
            password: .seal(phc, account: patient.accountID, keys: keys))
        try await database.transaction { transaction in
            let since = try await transaction.hold(patient, in: practice)
            // What was confirmed is the password no more: another change was faster.
            guard since == account.passwordChangedAt else { throw Problem(.passwordIncorrect) }
            try await transaction.run(change)
            try await transaction.endAccess(
                to: patient.accountID, sparing: patient.session.sessionID,
                because: .passwordChanged, act: change.act)
            try await notices.tell(
                .changed(.passwordChanged), of: patient.accountID, act: change.act, in: practice,
                by: transaction)
        }
        dispatcher.nudge()
        return .noContent
    }

    func confirm(
        _ password: Secret<String>, of patient: SignedIn, _ context: AuthRequestContext
    ) async throws {
        try await ConfirmPassword(database: database, keys: keys, passwords: passwords)(
            password, of: patient, context)
    }
}

// MARK: - Freezing

extension OwnAccountRoutes {
    /// Whoever has the code needs no sign-in: it is for those who have lost theirs (Z-32). Told is whom the
    /// account reached until now, and the mailbox that it is back at.
    @Sendable private func freeze(
        _ body: TypedFreezeCode, _ context: AuthRequestContext
    ) async throws -> Answer {
        let practice = try context.caller.practice
        let statement = FreezeAccount(
            act: try context.act(keys), codeHash: FreezeCode.hash(body.code))
        let answered = try await database.transaction(
            of: statement.act, rerunningOn: FreezeAccount.retryableConstraints
        ) { transaction in
            let owner = try await transaction.run(
                FindFreezeCode(practice: practice.id, codeHash: statement.codeHash))
            var former: Addresses?
            if let owner {
                // What an address may name depends on rows that another change is about to write.
                try await transaction.run(LockImports(practice: practice.id))
                try await transaction.run(LockAccount(practice: practice.id, account: owner))
                former = try await notices.addresses(of: owner, in: practice, by: transaction)
            }
            let answered = try await transaction.run(statement)
            guard case .now(.frozen(let account)) = answered else { return answered }
            try await transaction.endAccess(
                to: account, sparing: nil, because: .frozen, act: statement.act)
            try await transaction.run(EndFreezeCodes(account: account))
            try await transaction.giveBackName(to: account, in: practice, keys: keys)
            try await notices.tell(
                .frozen, of: account, act: statement.act, in: practice, former: former,
                by: transaction)
            return answered
        }
        guard case .frozen = try answered.unlessReused() else { throw Problem(.linkUnknown) }
        if answered.isFirst { dispatcher.nudge() }
        return .noContent
    }
}

extension Answer {
    /// 202: it is not done yet.
    static func accepted(_ body: some Encodable) throws -> Answer {
        try .json(body, status: .accepted)
    }
}

extension FieldReader {
    /// A name as it is printed; nil where the field is absent, and nil and refused where it is none.
    fileprivate mutating func optionalName(_ name: String) -> PersonName? {
        guard let text = optionalString(name, max: 256) else { return nil }
        do throws(PersonName.Fault) {
            return try PersonName(text)
        } catch {
            refuse(name, error.code)
            return nil
        }
    }
}
