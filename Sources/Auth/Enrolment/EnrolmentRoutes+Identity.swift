import Cryptography
import Foundation
import Postgres

// Proving who one is: by customer number and super-PIN, or by what the register knows (AC-1, AC-2).
extension EnrolmentRoutes {
    struct TypedIdentity: RequestBody {
        let way: Way

        enum Way: Sendable {
            case superPIN(CustomerNumber, SuperPIN)
            case details(email: String, dateOfBirth: String, postcode: String)
        }

        init(_ fields: inout FieldReader) throws {
            if fields.peek("customer_number") != nil || fields.peek("super_pin") != nil {
                // Mistyped ones are told: they were never given out, so nothing is spent (S5).
                let number = fields.customerNumber("customer_number")
                let pin = fields.superPIN("super_pin")
                guard let number, let pin else { throw FieldReader.Unreadable() }
                way = .superPIN(number, pin)
            } else {
                way = .details(
                    email: fields.string("email", max: EmailAddress.longest),
                    dateOfBirth: fields.string("date_of_birth", max: 64),
                    postcode: fields.string("postcode", max: 64))
            }
        }
    }

    /// What was typed, in the forms in which the register keeps it.
    fileprivate struct TypedDetails: Sendable {
        let email: EmailAddress
        let dateOfBirth: DateOfBirth
        let postcode: Postcode
    }

    @Sendable func proveIdentity(
        _ body: TypedIdentity, _ context: AuthRequestContext
    ) async throws -> Answer {
        let caller = try context.caller
        let floor = passwords.floor
        let typed = try details(body, in: caller.practice)
        let outcome = try await step(.proveIdentity, context) { enrolment, revision in
            if typed != nil, !enrolment.takesDetails(in: caller.practice) {
                throw Problem(.identityWayOff)
            }
            return try await prove(body, typed, enrolment, revision, context)
        }
        switch outcome {
        case .proven: break
        case .confirmationSent: dispatcher.nudge()
        case .wrong(let triesLeft):
            try await floor.wait()
            throw Problem(.identityRefused, attemptsLeft: triesLeft)
        case .refused(let refusal): throw refusal.problem
        case .overtaken: throw Problem(.overloaded)
        }
        return try await summary(context)
    }

    /// One try: charged first, then compared, then ended as right or wrong; nil where it was overtaken.
    private func prove(
        _ body: TypedIdentity, _ typed: TypedDetails?, _ enrolment: Enrolment, _ revision: Int,
        _ context: AuthRequestContext
    ) async throws -> ProveIdentity.Outcome? {
        let caller = try context.caller
        let act = try context.act(keys)
        let networkKey = context.patientNetwork.map {
            keys.macKey(.throttle).authenticate(fields: [Array("identity".utf8), $0])
        }
        var number: CustomerNumber?
        if case .superPIN(let typed, _) = body.way { number = typed }
        let admitted = try await database.run(
            AdmitIdentity(
                act: act, enrolment: enrolment.id, revision: revision, networkKey: networkKey,
                customerNumber: number))
        let candidate: AdmitIdentity.Candidate
        switch try admitted.unlessReused() {
        case .before(let outcome): return outcome
        case .overtaken: return nil
        case .exhausted: throw Problem(.invitationClosed)
        case .throttled(let until): throw Problem(.identityThrottled, retryAt: until)
        case .admitted(let found): candidate = found
        }
        let attempt = IdentityTry(
            enrolment: enrolment.id, networkKey: networkKey, chargedPIN: candidate.pin != nil)
        let verdict = try await returning(attempt, in: caller.practice) {
            try await judge(body, typed, candidate, enrolment, context)
        }
        let ended = try await database.run(
            ProveIdentity(act: act, attempt: attempt, revision: revision, verdict: verdict))
        let outcome = try ended.unlessReused()
        if case .overtaken = outcome { return nil }
        return outcome
    }

    /// A try counts from its admission on; one that never came to the comparison is taken back.
    private func returning<Result>(
        _ attempt: IdentityTry, in practice: Practice, _ compare: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await compare()
        } catch {
            _ = try? await database.run(
                ReturnIdentityTry(practice: practice.id, attempt: attempt))
            throw error
        }
    }

    /// Every try is one hash, whatever it is compared with or isn't (Z-20, Z-21).
    private func judge(
        _ body: TypedIdentity, _ typed: TypedDetails?, _ candidate: AdmitIdentity.Candidate,
        _ enrolment: Enrolment, _ context: AuthRequestContext
    ) async throws -> ProveIdentity.Verdict {
        let practice = try context.caller.practice
        let turn = Turn(
            practice: practice.id, network: context.patientNetwork ?? candidate.patientID.bytes,
            kind: .unknown)
        if case .superPIN(_, let pin) = body.way {
            let isRight = try await SuperPINHasher(hasher: passwords.hasher, keys: keys).verify(
                pin, of: ActivationPIN.owner(patient: candidate.patientID),
                practice: practice.id, against: candidate.pin?.sealed, turn: turn)
            guard isRight, let way = candidate.pin?.way else { return .wrong }
            return .rightPIN(way)
        }
        try await passwords.pretend(Secret(""), turn: turn)
        guard let typed, enrolment.matches(typed, in: practice),
            let mailbox = enrolment.patient.details.email.flatMap(EmailAddress.init)
        else { return .wrong }
        return .rightDetails(
            try SendLink(
                .emailConfirmation, to: mailbox,
                locale: enrolment.patient.details.locale ?? context.language, in: practice,
                limits: SendLimit.confirmations(
                    by: context, ceilings: ceilings, keys: keys), keys: keys))
    }

    /// - Throws: `field-invalid`, for what nobody's register could hold.
    private func details(
        _ body: TypedIdentity, in practice: Practice
    ) throws -> TypedDetails? {
        guard case .details(let email, let birth, let postcode) = body.way else { return nil }
        var faults: [Problem.Fault] = []
        let address = EmailAddress(email)
        if address == nil { faults.append(.init(.pointer("/email"), .wrongFormat)) }
        var dateOfBirth: DateOfBirth?
        do throws(DateOfBirth.Fault) {
            dateOfBirth = try DateOfBirth(birth, now: Date(), in: practice.timeZone)
        } catch {
            faults.append(.init(.pointer("/date_of_birth"), error.code))
        }
        var code: Postcode?
        do throws(Postcode.Fault) {
            code = try Postcode(typed: postcode, country: practice.country)
        } catch {
            faults.append(.init(.pointer("/postcode"), error.code))
        }
        guard let address, let dateOfBirth, let code else {
            throw Problem(.fieldInvalid, faults: faults)
        }
        return TypedDetails(email: address, dateOfBirth: dateOfBirth, postcode: code)
    }
}

extension Enrolment {
    /// Whether all of it is what the register has; refused in the same words for an address that
    /// serves several patients and for minors (Z-16). Every part is looked at, whichever is wrong.
    fileprivate func matches(
        _ typed: EnrolmentRoutes.TypedDetails, in practice: Practice
    ) -> Bool {
        let details = patient.details
        let isEmail = details.email.flatMap(EmailAddress.init) == typed.email
        let isBirth = details.dateOfBirth?.matches(Secret(typed.dateOfBirth.text)) ?? false
        let isPostcode = details.postcode?.matches(Secret(typed.postcode.text)) ?? false
        let isMinor = typed.dateOfBirth.isMinor(now: Date(), in: practice.timeZone)
        return [isEmail, isBirth, isPostcode, !isMinor, !addressIsShared].allSatisfy { $0 }
    }
}

extension SendLimit {
    /// What holds for mails before anybody has proved anything but a link, apart from all others (Z-19).
    fileprivate static func confirmations(
        by context: AuthRequestContext, ceilings: SendCeilings, keys: KeyRing
    ) throws -> [SendLimit] {
        var limits = [
            SendLimit.links(
                "confirmations", of: try context.caller.clientID, ceilings: ceilings)
        ]
        if let network = context.patientNetwork {
            let key = Data(keys.macKey(.network).authenticate(network)).base64EncodedString()
            limits.append(
                SendLimit(
                    kind: .network, counter: "confirmations:\(key)", span: .hour,
                    ceiling: perNetworkAndHour))
        }
        return limits
    }
}
