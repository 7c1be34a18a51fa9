import Cryptography
import Foundation
import HTTPTypes
import Postgres

// How the owner is reached: a new address is proven first, and the one before it stays until then.
extension OwnAccountRoutes {
    struct NewEmail: RequestBody {
        let address: EmailAddress?
        let password: Secret<String>

        init(_ fields: inout FieldReader) throws {
            let typed = fields.string("email", max: EmailAddress.longest)
            address = EmailAddress(typed)
            if address == nil, !typed.isEmpty { fields.refuse("email", .wrongFormat) }
            password = fields.secret("password", max: 512)
        }
    }

    /// Country code and number, given apart or together (AC-6).
    struct NewMobile: RequestBody {
        let countryCode: String?
        let number: String
        let password: Secret<String>

        init(_ fields: inout FieldReader) throws {
            countryCode = fields.optionalString("country_code", max: 8)
            number = fields.string("number", max: 256)
            password = fields.secret("password", max: 512)
        }
    }

    struct TypedCode: RequestBody {
        let code: String

        init(_ fields: inout FieldReader) throws {
            // What is pasted may hold the sentence around the code (SC-6).
            code = fields.string("code", max: 200, min: 0, characters: .any)
        }
    }

    @Sendable func askEmail(
        _ body: NewEmail, _ context: AuthRequestContext
    ) async throws -> Answer {
        guard let address = body.address else { throw Problem(.fieldInvalid) }
        return try await ask(
            .email, .mailbox(address), password: body.password, field: "/email", context)
    }

    @Sendable func askMobile(
        _ body: NewMobile, _ context: AuthRequestContext
    ) async throws -> Answer {
        let practice = try context.caller.practice
        let number: PhoneNumber
        do throws(PhoneNumber.Fault) {
            number = try PhoneNumber(
                parsing: body.number, countryCode: body.countryCode, home: practice.country,
                allowed: Set(practice.policy.allowedCountries))
        } catch {
            throw Problem(.fieldInvalid, faults: [.init(.pointer("/number"), error.code)])
        }
        return try await ask(
            .sms, .mobile(number), password: body.password, field: "/number", context)
    }

    private func ask(
        _ kind: ContactChange.Kind, _ destination: Destination, password: Secret<String>,
        field: String, _ context: AuthRequestContext
    ) async throws -> Answer {
        let caller = try context.caller
        let patient = try await patients.patient(context, .fresh)
        let account = try await find(patient, context)
        let contact = kind == .email ? account.email : account.mobile
        if let contact, contact.confirmed,
            Destination(
                stored: contact.address, channel: destination.channel, practice: caller.practice
            )
            .map({ $0.normalized == destination.normalized }) == true
        {
            throw Problem(.fieldInvalid, faults: [.init(.pointer(field), .notAllowed)])
        }
        try await confirm(password, of: patient, context)
        let act = try context.act(keys, for: patient)
        let answered = try await Race.settled {
            let code = try await code(
                for: kind, to: destination, patient, account.locale, caller, context)
            return try await database.run(
                AskContactChange(
                    act: act, account: patient.accountID, session: patient.session.sessionID,
                    kind: kind, code: code))
        } overtaken: {
            if case .now(.overtaken) = $0 { true } else { false }
        }
        switch try answered.unlessReused() {
        case .sent(let code):
            if answered.isFirst {
                codeMetrics.count(.sent)
                dispatcher.nudge()
            }
            return try .json(
                code.body(in: caller.practice, language: context.language), status: .accepted)
        case .refused(let refusal):
            codeMetrics.count(refusal, in: caller.practice)
            throw refusal.problem
        case .overtaken: throw Problem(.overloaded)
        }
    }

    private func code(
        for kind: ContactChange.Kind, to destination: Destination, _ patient: SignedIn,
        _ locale: Language, _ caller: Caller, _ context: AuthRequestContext
    ) async throws -> SendCode {
        var limits: [SendLimit] = []
        if kind == .sms {
            let last = try await database.run(
                FindContactChange(
                    practice: caller.practice.id, account: patient.accountID, kind: kind))
            if last?.change.address != destination.address {
                limits = [.newNumber(of: patient.accountID)]
            }
        }
        return try SendCode(
            to: destination, flow: SecureRandom.uuid(),
            kind: .init(
                template: .oneTimeCode, lane: .contact,
                lifetime: caller.practice.policy.codeLifetimeSeconds, limits: limits),
            locale: locale,
            by: SendCode.Sender(
                caller: caller, network: context.patientNetwork, keys: keys, ceilings: ceilings))
    }

    func cancel(
        _ kind: ContactChange.Kind, _ context: AuthRequestContext
    ) async throws -> Answer {
        let patient = try await patients.patient(context, .finished)
        try await database.run(
            CancelContactChange(
                act: try context.act(keys, for: patient), account: patient.accountID, kind: kind))
        return .noContent
    }
}

// MARK: - The code

extension OwnAccountRoutes {
    func verify(
        _ kind: ContactChange.Kind, _ body: TypedCode, _ context: AuthRequestContext
    ) async throws -> Answer {
        let code: Code
        do {
            code = try Code(parsing: body.code)
        } catch {
            throw Problem(
                .codeMalformed, digitsFound: error.digitsFound, digitsExpected: Code.digitCount)
        }
        let patient = try await patients.patient(context, .finished)
        let act = try context.act(keys, for: patient)
        let answered = try await Race.settled {
            try await confirmContact(kind, code, patient, act, context)
        } overtaken: {
            if case .now(.refused(.overtaken)) = $0 { true } else { false }
        }
        switch try answered.unlessReused() {
        case .confirmed:
            if answered.isFirst {
                codeMetrics.count(.verified)
                dispatcher.nudge()
            }
            return try .json(try await find(patient, context).body(patient))
        case .taken: throw Problem(.addressTaken)
        case .refused(let refusal):
            throw try await RefusedGuess(database: database, keys: keys, metrics: codeMetrics)
                .problem(
                    refusal, typed: code, by: act, isFirst: answered.isFirst,
                    in: context.caller.practice, ended: .codeExpired)
        }
    }

    /// The guess and, where it is right, all that follows from it, in one commit.
    private func confirmContact(
        _ kind: ContactChange.Kind, _ code: Code, _ patient: SignedIn, _ act: Act,
        _ context: AuthRequestContext
    ) async throws -> Answered<ConfirmContact.Outcome> {
        let practice = try context.caller.practice
        let (account, session) = (patient.accountID, patient.session.sessionID)
        let sender = SendCode.Sender(
            caller: try context.caller, network: nil, keys: keys, ceilings: ceilings)
        return try await database.transaction(
            rerunningOn: ConfirmContact.retryableConstraints
        ) { transaction in
            // What an address may name depends on rows that another change is about to write.
            if kind == .email { try await transaction.run(LockImports(practice: practice.id)) }
            try await transaction.run(LockAccount(practice: practice.id, account: account))
            let since = try await transaction.run(
                HoldSession(practice: practice.id, session: session, account: account))
            guard since != nil else { throw Problem(.tokenInvalid) }
            let found = try await transaction.run(
                FindContactChange(practice: practice.id, account: account, kind: kind))
            guard let found, found.session == session else { throw Problem(.codeUnknown) }
            let former = try await transaction.run(
                FindMailboxes(practice: practice.id, accounts: [account]))[account]
            let answered = try await transaction.run(
                confirmation(of: found.change, code, account, session, act, practice))
            guard case .now(.confirmed) = answered else { return answered }
            try await transaction.endAccess(
                to: account, sparing: session, because: kind.end, act: act)
            try await tell(
                kind.news(to: found.change.masked), account, act, practice, transaction,
                further: former ?? [])
            for number in kind == .sms ? found.change.former : [] {
                guard
                    case .mobile(let number)? = Destination(
                        stored: number, channel: .sms, practice: practice)
                else { continue }
                _ = try await transaction.run(
                    NumberNotice(
                        to: number, locale: patient.locale, of: account, act: act, by: sender))
            }
            return answered
        }
    }

    private func confirmation(
        of change: ContactChange, _ code: Code, _ account: UUID, _ session: UUID, _ act: Act,
        _ practice: Practice
    ) -> ConfirmContact {
        let identifier = change.kind == .email ? Identifier(typed: change.address) : nil
        return ConfirmContact(
            act: act, guess: GuessCode(code, flow: change.id, keys: keys), account: account,
            session: session, kind: change.kind,
            indexes: identifier.map { identifier in
                keys.macKeys(.identifier).map { identifier.index(practice: practice.id, key: $0) }
            },
            address: identifier == nil ? nil : change.address.lowercased())
    }
}
