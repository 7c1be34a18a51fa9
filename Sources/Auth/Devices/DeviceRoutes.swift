import Cryptography
import Foundation
import HTTPTypes
import Postgres

/// Devices that a patient has remembered, so that signing in there asks for the password alone; where the
/// practice allows it (policy `remembered_device`).
struct DeviceRoutes: Sendable {
    let database: Database
    let keys: KeyRing
    let patients: PatientAuthenticator
    let dispatcher: Dispatcher
    let notices: Notices

    func add(to endpoints: Endpoints) {
        let path = "/v1/account/devices"
        endpoints.get(path, scope: .logins, list)
        endpoints.post(path, scope: .logins, optionalBody: NamedDevice.self, remember)
        endpoints.delete(path, scope: .logins, forgetAll)
        endpoints.delete("\(path)/{id}", scope: .logins, forget)
    }

    struct NamedDevice: RequestBody {
        /// Where it is not given, what the sign-in called it.
        let device: String?

        init(_ fields: inout FieldReader) throws {
            device = fields.optionalTrimmed(
                "device", max: LoginRoutes.Credentials.longestDevice)
        }
    }

    /// A remembered device as its owner sees it.
    struct Body: Encodable, Sendable {
        let id: UUID
        let client: String
        let device: String?
        let createdAt: Date
        let lastUsedAt: Date?
        let expiresAt: Date
    }

    /// What is shown once.
    struct Remembered: Encodable, Sendable {
        let id: UUID
        let deviceToken: String
        let expiresAt: Date
    }
}

// MARK: - Remembering

extension DeviceRoutes {
    /// It rests on the surest sign-in there is: one device does not remember the next.
    @Sendable private func remember(
        _ body: NamedDevice, _ context: AuthRequestContext
    ) async throws -> Answer {
        let practice = try context.caller.practice
        let patient = try await patients.patient(context, .alive)
        let strictest = try await database.run(FindStrictestPolicy(account: patient.accountID))
        guard practice.policy.tightened(by: strictest).rememberedDevice else {
            throw Problem(.rememberedDeviceOff)
        }
        try patient.demand(.fresh, now: patients.tokens.now())
        let act = try context.act(keys, for: patient)
        let (id, token) = (SecureRandom.uuid(), DeviceToken.random())
        let statement = RememberDevice(
            act: act, account: patient.accountID, deviceID: id, tokenHash: token.hash,
            device: body.device, session: patient.session.sessionID,
            sealed: secret(id).sealed(token.text, for: act))
        let answered = try await database.transaction(
            of: act, rerunningOn: RememberDevice.retryableConstraints
        ) { transaction in
            try await transaction.hold(patient, in: practice)
            let answered = try await transaction.run(statement)
            if case .now = answered {
                try await notices.tell(
                    .changed(.deviceRemembered), of: patient.accountID, act: act, in: practice,
                    by: transaction)
            }
            return answered
        }
        switch answered {
        case .keyReused: throw Problem(.idempotencyKeyReused)
        case .now(let made):
            dispatcher.nudge()
            return try answer(made, token.text)
        case .before(let made, let secondsAgo):
            guard let text = secret(made.deviceID).opened(made.sealed, secondsAgo: secondsAgo)
            else { throw Problem(.idempotencySecretGone) }
            return try answer(made, text)
        }
    }

    private func answer(
        _ made: RememberDevice.Outcome, _ token: Secret<String>
    ) throws -> Answer {
        try .created(
            Remembered(id: made.deviceID, deviceToken: token.expose(), expiresAt: made.expiresAt),
            at: "/v1/account/devices/\(made.deviceID.text)")
    }

    private func secret(_ device: UUID) -> AnswerSecret {
        AnswerSecret(kind: "remembered-device", id: device, keys: keys)
    }
}

// MARK: - Listing and forgetting

extension DeviceRoutes {
    @Sendable private func list(_ context: AuthRequestContext) async throws -> Answer {
        let patient = try await patients.patient(context, .finished)
        let found = try await database.run(
            FindDevices(practice: try context.caller.practice.id, account: patient.accountID))
        let bodies = try found.map { device in
            try JSONValue(
                encoding: Body(
                    id: device.id, client: device.client, device: device.device,
                    createdAt: device.createdAt, lastUsedAt: device.lastUsedAt,
                    expiresAt: device.expiresAt))
        }
        return .json(
            .object([JSONMember("data", .array(bodies)), JSONMember("next_cursor", .null)]))
    }

    @Sendable private func forgetAll(_ context: AuthRequestContext) async throws -> Answer {
        let patient = try await patients.patient(context, .finished)
        _ = try await database.run(
            ForgetDevices(
                act: try context.act(keys, for: patient), account: patient.accountID, only: nil))
        return .noContent
    }

    /// One that is forgotten by now is as unknown as another person's.
    @Sendable private func forget(_ context: AuthRequestContext) async throws -> Answer {
        let patient = try await patients.patient(context, .finished)
        let ended = try await database.run(
            ForgetDevices(
                act: try context.act(keys, for: patient), account: patient.accountID,
                only: try context.id("id")))
        guard ended > 0 else { throw Problem(.notFound) }
        return .noContent
    }
}
