import Cryptography
import Foundation
import HTTPTypes
import Postgres

/// The numbers that a practice prints for a patient (AC-1, AC-8).
struct SuperPINRoutes: Sendable {
    let issuer: IssueSuperPIN
    let dispatcher: Dispatcher

    func add(to endpoints: Endpoints) {
        endpoints.post(
            "/v1/patients/{external_id}/super-pin", scope: .superPINs,
            optionalBody: NewSuperPIN.self, isStaffAct: true, offering: [.json], issue)
    }

    struct NewSuperPIN: RequestBody {
        let way: ActivationPIN.Way

        init(_ fields: inout FieldReader) throws {
            way = fields.optionalChoice("way", of: ActivationPIN.Way.self) ?? .post
        }
    }

    @Sendable private func issue(
        _ body: NewSuperPIN, _ context: AuthRequestContext
    ) async throws -> Answer {
        let caller = try context.caller
        let made = try await issuer.run(
            for: try context.externalID, way: body.way, act: try context.act(issuer.hasher.keys),
            by: caller)
        if made.isFirst, made.holder.account != nil { dispatcher.nudge() }
        return .json(made.value(in: caller.practice), status: .created)
    }
}

extension IssueSuperPIN.Made {
    fileprivate func value(in practice: Practice) -> JSONValue {
        .object([
            JSONMember("customer_number", .string(number.digits)),
            JSONMember("super_pin", .string(pin.printed.expose())),
            JSONMember("way", .string(issued.way.rawValue)),
            JSONMember("activation_url", .string(practice.activationURL)),
            JSONMember("created_at", .string(issued.createdAt.rfc3339)),
            JSONMember("expires_at", .string(issued.expiresAt.rfc3339)),
        ])
    }
}

extension Practice {
    /// The portal's page where a patient types customer number and super-PIN; neither is in it.
    var activationURL: String { "\(portalOrigin)/activate" }
}
