import Cryptography
import Foundation
import HTTPTypes
import Postgres

/// The numbers that a practice prints for a patient (AC-1, AC-8).
struct SuperPINRoutes: Sendable {
    let issuer: IssueSuperPIN
    let press: LetterPress
    let dispatcher: Dispatcher

    func add(to endpoints: Endpoints) {
        endpoints.post(
            "/v1/patients/{external_id}/super-pin", scope: .superPINs,
            optionalBody: NewSuperPIN.self, isStaffAct: true, offering: [.json, .pdf, .html], issue)
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
        guard context.representation == .pdf else {
            let made = try await make(body, context)
            return try answer(made, context, pdf: nil)
        }
        do {
            return try await press.withPlace {
                let made = try await make(body, context)
                let letter = try Letter(made, of: context.caller.practice)
                return try answer(made, context, pdf: try await press.pdf(letter))
            }
        } catch is LetterPress.Overloaded {
            throw Problem(.overloaded)
        }
    }

    private func make(
        _ body: NewSuperPIN, _ context: AuthRequestContext
    ) async throws -> IssueSuperPIN.Made {
        let made = try await issuer.run(
            for: try context.externalID, way: body.way, act: try context.act(issuer.hasher.keys),
            by: try context.caller)
        if made.isFirst, made.holder.account != nil || made.holder.hasPIN { dispatcher.nudge() }
        return made
    }

    private func answer(
        _ made: IssueSuperPIN.Made, _ context: AuthRequestContext, pdf: [UInt8]?
    ) throws -> Answer {
        let practice = try context.caller.practice
        let headers: HTTPFields = [
            .contentLanguage: (made.holder.locale ?? practice.locale).rawValue, .vary: "Accept",
        ]
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
    /// The portal's page that explains the letter; neither number is in it. An activation itself begins
    /// with the invitation's mail.
    var activationURL: String { "\(portalOrigin)/activate" }
}
