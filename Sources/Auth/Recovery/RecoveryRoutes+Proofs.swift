import Cryptography
import Foundation
import Postgres

// Proving something: by a code to a mailbox or a phone, by super-PIN, by desk code. An app's code and
// the password have files of their own.
extension RecoveryRoutes {
    struct ChosenWay: RequestBody {
        let channel: ChannelKind
        /// The number that is to take a lost phone's place, as it was typed.
        let number: String?
        let countryCode: String?
        /// The mailbox that is to take a lost one's place.
        let address: EmailAddress?

        init(_ fields: inout FieldReader) throws {
            let namesNumber = fields.peek("number") != nil
            number = fields.optionalString("number", max: 256)
            countryCode = namesNumber ? fields.optionalString("country_code", max: 8) : nil
            let typed =
                namesNumber ? nil : fields.optionalString("email", max: EmailAddress.longest)
            address = typed.flatMap { EmailAddress($0) }
            if let typed, !typed.isEmpty, address == nil { fields.refuse("email", .wrongFormat) }
            let chosen = fields.optionalChoice("channel", of: ChannelKind.self)
            channel =
                if number != nil { .sms } else if typed != nil { .email } else { chosen ?? .email }
        }
    }

    struct TypedProof: RequestBody {
        let shown: Shown

        enum Shown: Sendable {
            case code(String)
            case totp(String)
            case superPIN(SuperPIN)
            case deskCode(DeskCode)
            case recoveryCode(RecoveryCode)
            case password(Secret<String>)
        }

        init(_ fields: inout FieldReader) throws {
            if fields.peek("super_pin") != nil {
                guard let pin = fields.superPIN("super_pin") else {
                    throw FieldReader.Unreadable()
                }
                shown = .superPIN(pin)
            } else if fields.peek("desk_code") != nil {
                let text = fields.string("desk_code", max: 64, characters: .any)
                guard let code = DeskCode(typed: text) else {
                    fields.refuse("desk_code", .wrongFormat)
                    throw FieldReader.Unreadable()
                }
                shown = .deskCode(code)
            } else if fields.peek("recovery_code") != nil {
                let text = fields.string("recovery_code", max: 64, characters: .any)
                guard let code = RecoveryCode(typed: text) else {
                    fields.refuse("recovery_code", .checkDigit)
                    throw FieldReader.Unreadable()
                }
                shown = .recoveryCode(code)
            } else if fields.peek("password") != nil {
                shown = .password(fields.secret("password", max: 512))
            } else if fields.peek("totp") != nil {
                shown = .totp(fields.string("totp", max: 200, min: 0, characters: .any))
            } else {
                // What is pasted may hold the sentence around the code (SC-6).
                shown = .code(fields.string("code", max: 200, min: 0, characters: .any))
            }
        }
    }

    @Sendable func send(
        _ body: ChosenWay, _ context: AuthRequestContext
    ) async throws -> Answer {
        let caller = try context.caller
        let act = try context.act(keys)
        let sender = SendCode.Sender(
            caller: caller, network: context.patientNetwork, keys: keys, ceilings: ceilings)
        var isProven = false
        let answered = try await Race.settled {
            let recovery = try await find(context)
            isProven = recovery.isProven
            // With a key the same request may have been answered before.
            if recovery.status != .open, act.key == nil { throw Problem(.recoveryEnded) }
            let plan = try RecoverySend(body, recovery, sender, language: context.language)
            return try await database.run(
                SendContactCode(
                    act: act, recovery: recovery, code: plan.code, route: plan.route))
        } overtaken: {
            if case .now(.overtaken) = $0 { true } else { false }
        }
        switch try answered.unlessReused() {
        case .sent(let code, let limit):
            if answered.isFirst {
                if let limit {
                    codeMetrics.countStop(by: limit, in: caller.practice)
                } else {
                    codeMetrics.count(.sent)
                }
                dispatcher.nudge()
            }
            return try created(
                ContactCodeBody(code, in: caller.practice, showsDestination: isProven))
        case .refused(let refusal):
            codeMetrics.count(refusal, in: caller.practice)
            throw refusal.problem
        case .tooSoon(let until): throw Problem(.resendTooSoon, retryAt: until)
        case .newcomersExhausted(let until): throw Problem(.sendsExhausted, retryAt: until)
        case .ended, .overtaken: throw Problem(.recoveryEnded)
        }
    }

    @Sendable func verify(
        _ body: TypedProof, _ context: AuthRequestContext
    ) async throws -> Answer {
        switch body.shown {
        case .code(let text): try await guess(text, context)
        case .totp(let text): try await show(app: text, context)
        case .password(let password): try await show(password: password, context)
        case .superPIN(let pin): try await show(pin, context)
        case .deskCode(let code):
            try await show(context) { .deskCode(hashes: code.hashes(account: $0, keys: keys)) }
        case .recoveryCode(let code):
            try await show(context) { .recoveryCode(hashes: code.hashes(account: $0, keys: keys)) }
        }
        return try await standing(context)
    }

    private func guess(_ text: String, _ context: AuthRequestContext) async throws {
        let practice = try context.caller.practice
        let recovery = try await find(context)
        let code: Code
        do {
            code = try Code(parsing: text)
        } catch {
            throw Problem(
                .codeMalformed, digitsFound: error.digitsFound, digitsExpected: Code.digitCount)
        }
        let act = try context.act(keys)
        let answered = try await Race.settled {
            try await database.run(
                VerifyContact(
                    act: act, guess: GuessCode(code, flow: recovery.id, keys: keys)))
        } overtaken: {
            if case .now(.refused(.overtaken)) = $0 { true } else { false }
        }
        switch try answered.unlessReused() {
        case .accepted: if answered.isFirst { codeMetrics.count(.verified) }
        case .refused(let refusal):
            throw try await RefusedGuess(database: database, keys: keys, metrics: codeMetrics)
                .problem(
                    refusal, typed: code, by: act, isFirst: answered.isFirst, in: practice,
                    ended: .recoveryEnded)
        }
    }

    private func show(_ pin: SuperPIN, _ context: AuthRequestContext) async throws {
        let practice = try context.caller.practice
        let recovery = try await find(context)
        guard case .compare(let stored) = try await admit(recovery, isPIN: true, context) else {
            return
        }
        let isRight = try await RecoveryPIN.isRight(
            pin, stored, practice: practice.id,
            hasher: SuperPINHasher(hasher: passwords.hasher, keys: keys),
            turn: turn(context, recovery.subjectID))
        try await end(.pin(stored, isRight: isRight), of: recovery, context)
    }

    /// What is found by its hash, which has the account in it.
    private func show(
        _ context: AuthRequestContext, _ hashed: (UUID) -> ShowRecoveryProof.Shown
    ) async throws {
        let recovery = try await find(context)
        guard case .compare = try await admit(recovery, isPIN: false, context) else { return }
        try await end(hashed(recovery.accountID ?? recovery.id), of: recovery, context)
    }

    private enum Admission {
        case compare(RecoveryPIN?)
        /// This very request was answered before, with success.
        case done
    }

    private func admit(
        _ recovery: Recovery, isPIN: Bool, _ context: AuthRequestContext
    ) async throws -> Admission {
        let key = keys.macKey(.throttle).authenticate(fields: [
            Array("recovery-tries".utf8), context.patientNetwork ?? recovery.subjectID.bytes,
        ])
        let admitted = try await database.run(
            AdmitRecoveryProof(
                act: try context.act(keys), recovery: recovery, throttleKey: key, isPIN: isPIN))
        switch try admitted.unlessReused() {
        case .admitted(let pin): return .compare(pin)
        case .throttled(let until): throw Problem(.identityThrottled, retryAt: until)
        case .ended: throw Problem(.recoveryEnded)
        case .before(let outcome):
            try demandShown(outcome)
            return .done
        }
    }

    private func end(
        _ shown: ShowRecoveryProof.Shown, of recovery: Recovery, _ context: AuthRequestContext
    ) async throws {
        let answered = try await database.run(
            ShowRecoveryProof(act: try context.act(keys), recovery: recovery, shown: shown))
        try demandShown(answered.unlessReused())
    }

    private func demandShown(_ outcome: ShowRecoveryProof.Outcome) throws(Problem) {
        switch outcome {
        case .shown: return
        case .wrong(let triesLeft): throw Problem(.proofIncorrect, attemptsLeft: triesLeft)
        case .repeated: throw Problem(.proofRepeated)
        case .ended: throw Problem(.recoveryEnded)
        }
    }
}
