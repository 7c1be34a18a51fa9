import Cryptography
import Foundation
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
            return try .accepted(code.body(in: caller.practice, language: context.language))
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
