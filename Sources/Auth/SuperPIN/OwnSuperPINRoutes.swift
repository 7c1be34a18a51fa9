import Cryptography
import Foundation
import HTTPTypes
import Postgres

/// The signed-in patient's own super-PIN: shown once, and activated when it is saved (AC-5, AC-8).
struct OwnSuperPINRoutes: Sendable {
    let database: Database
    let tokens: Tokens
    let confirm: ConfirmPassword
    let maker: MakeOwnSuperPIN
    let press: LetterPress
    let dispatcher: Dispatcher
    let notices: Notices

    func add(to endpoints: Endpoints) {
        let path = "/v1/account/super-pin"
        endpoints.post(path, scope: .logins, offering: [.json, .pdf, .html], make)
        endpoints.post("\(path)/activate", scope: .logins, body: SavedSuperPIN.self, activate)
    }

    struct SavedSuperPIN: RequestBody {
        let password: Secret<String>

        init(_ fields: inout FieldReader) throws {
            // "Ik heb de super-PIN … opgeslagen": without it there is nothing to activate.
            if !fields.bool("saved") { fields.refuse("saved", .notAllowed) }
            password = fields.secret("password", max: PasswordRoutes.ChosenPassword.longest)
        }
    }
}

// MARK: - Making

extension OwnSuperPINRoutes {
    @Sendable private func make(_ context: AuthRequestContext) async throws -> Answer {
        let patient = try await patient(context)
        guard context.representation == .pdf else {
            return try answer(try await made(patient, context), context, pdf: nil)
        }
        do {
            return try await press.withPlace {
                let made = try await made(patient, context)
                let letter = try Letter(made, of: context.caller.practice)
                return try answer(made, context, pdf: try await press.pdf(letter))
            }
        } catch is LetterPress.Overloaded {
            throw Problem(.overloaded)
        }
    }

    /// The first one belongs to the way into the account; any other needs a fresh sign-in (Z-3).
    private func patient(_ context: AuthRequestContext) async throws -> SignedIn {
        try await PatientAuthenticator(database: database, tokens: tokens)
            .patient(context, .first(.createSuperPIN))
    }

    private func made(
        _ patient: SignedIn, _ context: AuthRequestContext
    ) async throws -> MakeOwnSuperPIN.Made {
        try await maker.run(
            for: patient, act: try context.act(maker.hasher.keys, for: patient),
            network: context.patientNetwork)
    }

    private func answer(
        _ made: MakeOwnSuperPIN.Made, _ context: AuthRequestContext, pdf: [UInt8]?
    ) throws -> Answer {
        let practice = try context.caller.practice
        let headers: HTTPFields = [.contentLanguage: made.locale.rawValue, .vary: "Accept"]
        switch context.representation {
        case .json:
            return .json(
                made.value(in: practice), status: .created, headers: [.vary: "Accept"])
        case .html:
            return .html(
                LetterHTML(letter: try Letter(made, of: practice)).html, status: .created,
                headers: headers)
        case .pdf:
            return .bytes(
                pdf ?? [], contentType: Representation.pdf.rawValue, status: .created,
                headers: headers)
        }
    }
}

// MARK: - Activating

extension OwnSuperPINRoutes {
    struct Activated: Encodable, Sendable {
        let activatedAt: Date
        /// What the practice's policy still wants done.
        let steps: [String]
    }

    @Sendable private func activate(
        _ body: SavedSuperPIN, _ context: AuthRequestContext
    ) async throws -> Answer {
        let caller = try context.caller
        let patient = try await patient(context)
        try await confirm(body.password, of: patient, context)
        let act = try context.act(confirm.keys, for: patient)
        // An equal request may have been faster; its answer is found the second time.
        for _ in 0..<2 {
            guard case .activated(let instant) = try await run(act, patient, caller.practice)
            else { continue }
            dispatcher.nudge()
            let left = patient.session.steps.filter { $0 != .createSuperPIN }
            return try .json(Activated(activatedAt: instant, steps: left.map(\.rawValue)))
        }
        throw Problem(.stepOutOfOrder)
    }

    /// In the commit that makes it count all else that the account was signed in to ends, and its owner is
    /// told: whoever has the PIN has half of a recovery.
    private func run(
        _ act: Act, _ patient: SignedIn, _ practice: Practice
    ) async throws -> ActivateRecoveryPIN.Outcome {
        let (account, session) = (patient.accountID, patient.session.sessionID)
        return try await database.transaction(
            of: act, rerunningOn: ActivateRecoveryPIN.retryableConstraints
        ) { transaction in
            try await transaction.hold(patient, in: practice)
            let answered = try await transaction.run(
                ActivateRecoveryPIN(act: act, account: account, session: session))
            if case .now(.activated) = answered {
                try await transaction.endAccess(
                    to: account, sparing: session, because: .superPINActivated, act: act)
                try await notices.tell(
                    .changed(.superPINActivated), of: account, act: act, in: practice,
                    by: transaction)
            }
            return try answered.unlessReused()
        }
    }
}

extension MakeOwnSuperPIN.Made {
    fileprivate func value(in practice: Practice) -> JSONValue {
        .object([
            JSONMember("customer_number", .string(number.digits)),
            JSONMember("super_pin", .string(pin.printed.expose())),
            JSONMember("recovery_url", .string(practice.recoveryURL)),
            JSONMember("created_at", .string(createdAt.rfc3339)),
        ])
    }
}

extension Practice {
    /// The portal's page where a patient who has lost phone or mailbox begins; neither number is in it.
    var recoveryURL: String { "\(portalOrigin)/recover" }
}
