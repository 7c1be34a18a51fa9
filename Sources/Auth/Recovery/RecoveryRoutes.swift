import Cryptography
import Foundation
import HTTPTypes
import Postgres

/// The way back for somebody who lost a password or a phone (AC-9, Z-2).
struct RecoveryRoutes: Sendable {
    let database: Database
    let keys: KeyRing
    let passwords: PasswordCheck
    let reviewer: PasswordReviewer
    let dispatcher: Dispatcher
    let ceilings: SendCeilings
    let codeMetrics: CodeMetrics
    let notices: Notices

    func add(to endpoints: Endpoints) {
        let path = "/v1/recoveries/{id}"
        endpoints.post("/v1/recoveries", scope: .logins, body: TypedIdentifier.self, start)
        endpoints.post("\(path)/codes", scope: .logins, optionalBody: ChosenWay.self, send)
        endpoints.post("\(path)/verify", scope: .logins, body: TypedProof.self, verify)
        endpoints.post("\(path)/password", scope: .logins, body: NewPassword.self, changePassword)
        endpoints.post("\(path)/factor", scope: .logins, body: LostFactor.self, changeFactor)
    }

    struct TypedIdentifier: RequestBody {
        let identifier: String
        let pin: SuperPIN?

        init(_ fields: inout FieldReader) throws {
            if fields.peek("customer_number") != nil || fields.peek("super_pin") != nil {
                // Mistyped ones are told: they were never given out, so nothing is spent (S5).
                let number = fields.customerNumber("customer_number")
                let pin = fields.superPIN("super_pin")
                guard let number, let pin else { throw FieldReader.Unreadable() }
                identifier = number.digits
                self.pin = pin
            } else {
                identifier = fields.string("identifier", max: Identifier.longest, characters: .any)
                pin = nil
            }
        }
    }
}

// MARK: - What every step does

extension RecoveryRoutes {
    /// - Throws: `not-found`.
    func find(_ context: AuthRequestContext) async throws -> Recovery {
        let caller = try context.caller
        let found = try await database.run(
            FindRecovery(
                practice: caller.practice.id, client: caller.clientID,
                recovery: try context.id("id"),
                networkKeys: context.patientNetwork.map { network in
                    keys.macKeys(.network).map { $0.authenticate(network) }
                }))
        guard let found else { throw Problem(.notFound) }
        return found
    }

    /// Where it stands now.
    func standing(_ context: AuthRequestContext) async throws -> Answer {
        try .json(try await find(context).body)
    }

    func created(_ body: ContactCodeBody) throws -> Answer {
        try .json(body, status: .created)
    }

    /// Its place in the queue of hashes (Z-21).
    func turn(_ context: AuthRequestContext, _ subject: UUID) throws -> Turn {
        Turn(
            practice: try context.caller.practice.id,
            network: context.patientNetwork ?? subject.bytes, kind: .unknown)
    }
}

// MARK: - Beginning

extension RecoveryRoutes {
    @Sendable private func start(
        _ body: TypedIdentifier, _ context: AuthRequestContext
    ) async throws -> Answer {
        let practice = try context.caller.practice
        let attempt = RecoveryAttempt(
            act: try context.act(keys), identifier: Identifier(typed: body.identifier),
            number: practice.loginNumber(typed: body.identifier),
            network: context.patientNetwork, keys: keys)
        switch try await database.run(AdmitRecovery(attempt: attempt)).unlessReused() {
        case .throttled(let until): throw Problem(.identityThrottled, retryAt: until)
        case .before(let started): return try answer(started)
        case .admitted(let candidate):
            var proofs: [RecoveryProof] = []
            if let typed = body.pin {
                let isRight = try await RecoveryPIN.isRight(
                    typed, candidate.pin, practice: practice.id,
                    hasher: SuperPINHasher(hasher: passwords.hasher, keys: keys),
                    turn: turn(context, attempt.subjectID))
                if isRight, let pin = candidate.pin { proofs = [pin.proof] }
            }
            let started = try await database.run(
                StartRecovery(
                    act: attempt.act, recoveryID: SecureRandom.uuid(),
                    subjectID: attempt.subjectID, account: candidate.accountID, proofs: proofs,
                    networkKey: context.patientNetwork.map {
                        keys.macKey(.network).authenticate($0)
                    }))
            return try answer(started.unlessReused())
        }
    }

    /// One answer for everybody, whatever was right (Z-20).
    private func answer(_ started: StartRecovery.Started) throws -> Answer {
        try .json(
            Recovery.Body(id: started.id, status: .open, expiresAt: started.expiresAt),
            status: .created, headers: [.location: "/v1/recoveries/\(started.id.text)"])
    }
}
