import Cryptography
import Foundation
import HTTPTypes
import Postgres

/// What is shown once: a pending factor with its first code or its secret, and recovery codes.
extension FactorRoutes {
    @Sendable func enrol(
        _ body: NewFactor, _ context: AuthRequestContext
    ) async throws -> Answer {
        let practice = try context.caller.practice
        let typed = try body.typedNumber(in: practice)
        let patient = try await patient(context, .first(.addFactor))
        let found = try await find(patient, context)
        switch body.type {
        case .totp:
            guard !found.firstIsRegistered else { throw Problem(.numberNotRegistered) }
            return try await enrolApp(patient, found, context)
        case .email:
            guard let mailbox = found.addableMailbox(in: practice) else {
                throw Problem(.factorUnavailable)
            }
            return try await enrol(mailbox.1, as: mailbox.id, patient, found, context)
        case .sms:
            if let typed, found.isActive(typed) {
                throw Problem(
                    .fieldInvalid, faults: [Problem.Fault(.pointer("/number"), .duplicate)])
            }
            let registered = found.registeredNumber(in: practice)
            guard let number = typed ?? registered else { throw Problem(.factorUnavailable) }
            guard !found.firstIsRegistered || number.address == registered?.address else {
                throw Problem(.numberNotRegistered)
            }
            return try await enrol(
                number, as: SecureRandom.uuid(), patient, found, context)
        }
    }

    private func enrol(
        _ destination: Destination, as id: UUID, _ patient: SignedIn, _ found: AccountFactors,
        _ context: AuthRequestContext
    ) async throws -> Answer {
        let caller = try context.caller
        let factor = Factor(
            id: id, type: destination.channel == .sms ? .sms : .email,
            address: destination.address)
        let isNew = !found.all.contains {
            $0.factor.type == factor.type && $0.factor.address == factor.address
        }
        let act = try context.act(keys, for: patient)
        let answered = try await Race.settled {
            try await database.run(
                AddSentFactor(
                    act: act, account: patient.accountID, factor: factor,
                    code: try code(
                        to: destination, factor: id, patient, context,
                        limits: isNew && factor.type == .sms
                            ? [.newNumber(of: patient.accountID)] : [])))
        } overtaken: {
            if case .now(.overtaken) = $0 { true } else { false }
        }
        switch try answered.unlessReused() {
        case .sent(let id, let code):
            sent(isFirst: answered.isFirst)
            return try .created(
                PendingFactor(
                    id: id, type: factor.type.rawValue, destination: code.destination,
                    code: code.body(in: caller.practice)), at: "/v1/account/factors/\(id.text)")
        case .refused(let refusal):
            metrics.count(refusal, in: caller.practice)
            throw refusal.problem
        case .overtaken: throw Problem(.overloaded)
        }
    }

    /// A fresh code, and the older one void.
    @Sendable func sendAgain(_ context: AuthRequestContext) async throws -> Answer {
        let caller = try context.caller
        let patient = try await patient(context, .first(.addFactor))
        let id = try context.id("id", orElse: .factorUnknown)
        let act = try context.act(keys, for: patient)
        let answered = try await Race.settled {
            let factor = try await find(patient, context).factor(id)
            guard let destination = factor.factor.destination(in: caller.practice) else {
                throw Problem(.factorUnavailable)
            }
            return try await database.run(
                ResendFactorCode(
                    act: act, account: patient.accountID, factorID: id,
                    code: try code(to: destination, factor: id, patient, context)))
        } overtaken: {
            if case .now(.overtaken) = $0 { true } else { false }
        }
        switch try answered.unlessReused() {
        case .sent(let code):
            sent(isFirst: answered.isFirst)
            return try .json(code.body(in: caller.practice), status: .created)
        case .refused(let refusal):
            metrics.count(refusal, in: caller.practice)
            throw refusal.problem
        case .tooSoon(let until): throw Problem(.resendTooSoon, retryAt: until)
        case .gone: throw Problem(.codeUsed)
        case .overtaken: throw Problem(.overloaded)
        }
    }

    private func code(
        to destination: Destination, factor: UUID, _ patient: SignedIn,
        _ context: AuthRequestContext, limits: [SendLimit] = []
    ) throws -> SendCode {
        let caller = try context.caller
        return try SendCode(
            to: destination, flow: factor,
            kind: .init(
                template: .factorCode, lane: .factor,
                lifetime: caller.practice.policy.codeLifetimeSeconds, factorID: factor,
                limits: limits),
            locale: patient.locale,
            by: SendCode.Sender(
                caller: caller, network: context.patientNetwork, keys: keys, ceilings: ceilings))
    }

    private func sent(isFirst: Bool) {
        guard isFirst else { return }
        metrics.count(.sent)
        dispatcher.nudge()
    }
}

// MARK: - App

extension FactorRoutes {
    private func enrolApp(
        _ patient: SignedIn, _ found: AccountFactors, _ context: AuthRequestContext
    ) async throws -> Answer {
        let made = TOTP.random()
        let id = SecureRandom.uuid()
        let answered = try await database.run(
            AddApp(
                act: try context.act(keys, for: patient), account: patient.accountID,
                factorID: id,
                sealedSecret: made.sealed(of: patient.accountID, factor: id, keys: keys)))
        switch answered {
        case .keyReused: throw Problem(.idempotencyKeyReused)
        case .now(.added(let id)): return try answer(made, id, found, context)
        case .before(.added(let id), let secondsAgo):
            let now = try await find(patient, context)
            guard secondsAgo <= SessionLimits.secretsRepeatSeconds,
                let pending = now.all.first(where: { $0.id == id && $0.status == .pending }),
                let app = try pending.app(of: patient.accountID, keys: keys)
            else { throw Problem(.idempotencySecretGone) }
            return try answer(app, id, now, context)
        }
    }

    private func answer(
        _ app: TOTP, _ id: UUID, _ found: AccountFactors, _ context: AuthRequestContext
    ) throws -> Answer {
        let uri = app.uri(
            issuer: try context.caller.practice.name,
            account: found.mailbox ?? String(id.text.prefix(8)))
        guard let code = QRCode(uri.expose()) else { throw Problem(.internalError) }
        return try .created(
            PendingFactor(
                id: id, type: Factor.Kind.totp.rawValue, secret: app.base32.expose(),
                uri: uri.expose(), qrSvg: code.svg), at: "/v1/account/factors/\(id.text)")
    }
}

/// A factor that waits to be proven, as the answer that made it shows it.
struct PendingFactor: Encodable, Sendable {
    let id: UUID
    let type: String
    let status = EnrolledFactor.Status.pending.rawValue
    var destination: String?
    var code: SentCode.Body?
    /// Of an app, once.
    var secret: String?
    var uri: String?
    var qrSvg: String?

    enum CodingKeys: String, CodingKey {
        case id, type, status, destination, code, secret, uri, qrSvg
    }
}

extension QRCode {
    /// As a picture of its own.
    var svg: String {
        let side = size + 2 * Self.quietZone
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(side) \(side)\" "
            + "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h\(side)v\(side)H0z\"/>"
            + "<path d=\"\(path)\"/></svg>"
    }
}

extension FactorRoutes.NewFactor {
    /// The number as typed; throws `field-invalid` where no code can go there.
    fileprivate func typedNumber(in practice: Practice) throws(Problem) -> Destination? {
        guard let number else { return nil }
        do throws(PhoneNumber.Fault) {
            return .mobile(
                try PhoneNumber(
                    parsing: number, countryCode: countryCode, home: practice.country,
                    allowed: Set(practice.policy.allowedCountries)))
        } catch {
            throw Problem(
                .fieldInvalid, faults: [Problem.Fault(.pointer("/number"), error.code)])
        }
    }
}

// MARK: - Recovery codes

extension FactorRoutes {
    struct RecoveryCodes: Encodable, Sendable {
        let recoveryCodes: [String]
    }

    @Sendable func makeRecoveryCodes(_ context: AuthRequestContext) async throws -> Answer {
        let patient = try await patient(context, .fresh)
        let account = patient.accountID
        let act = try context.act(keys, for: patient)
        let codes = (0..<RecoveryCode.setCount).map { _ in RecoveryCode.random() }
        let id = SecureRandom.uuid()
        let texts = codes.map { $0.printed.expose() }
        let statement = MakeRecoveryCodes(
            act: act, account: account, setID: id,
            hashes: codes.map { $0.hash(account: account, key: keys.macKey(.recoveryCode)) },
            digests: RecoveryCodeDigest.seal(
                codes.map { RecoveryCodeDigest($0, of: account) }, of: account, keys: keys),
            sealed: secret(id).sealed(Secret(texts.joined(separator: " ")), for: act))
        let answered = try await change(patient, act, context).run(statement) { answered in
            guard case .now = answered else { return nil }
            return .recoveryCodesMade
        }
        switch answered {
        case .keyReused: throw Problem(.idempotencyKeyReused)
        case .now:
            dispatcher.nudge()
            return try .json(RecoveryCodes(recoveryCodes: texts), status: .created)
        case .before(let made, let secondsAgo):
            let now = try await find(patient, context)
            guard now.recoverySetID == made.setID,
                let kept = secret(made.setID).opened(made.sealed, secondsAgo: secondsAgo)
            else { throw Problem(.idempotencySecretGone) }
            let again = kept.expose().split(separator: " ")
            return try .json(
                RecoveryCodes(recoveryCodes: again.map(String.init)), status: .created)
        }
    }

    private func secret(_ set: UUID) -> AnswerSecret {
        AnswerSecret(kind: "recovery-codes", id: set, keys: keys)
    }
}
