import Cryptography
import Foundation
import HTTPTypes
import Postgres

/// Help at the desk: a code for a person whose identity document was seen (Z-11). Nothing here sets or
/// shows a password.
struct DeskCodeRoutes: Sendable {
    let database: Database
    let keys: KeyRing
    let dispatcher: Dispatcher
    let notices: Notices

    func add(to endpoints: Endpoints) {
        endpoints.post(
            "/v1/support/desk-codes", scope: .desk, body: NewDeskCode.self, isStaffAct: true,
            issue)
    }

    struct NewDeskCode: RequestBody {
        let patient: ExternalID
        let document: DeskCode.IdentityDocument

        init(_ fields: inout FieldReader) throws {
            let patient = fields.externalID("patient")
            document = try fields.choice("identity_document")
            guard let patient else { throw FieldReader.Unreadable() }
            self.patient = patient
        }
    }

    struct Body: Encodable, Sendable {
        let id: UUID
        let deskCode: String
        let createdAt: Date
        let expiresAt: Date
    }

    @Sendable private func issue(
        _ body: NewDeskCode, _ context: AuthRequestContext
    ) async throws -> Answer {
        let practice = try context.caller.practice
        let act = try context.act(keys)
        guard
            let account = try await database.run(
                FindDeskPatient(practice: practice.id, externalID: body.patient))
        else { throw Problem(.notFound) }
        let code = DeskCode.random()
        let id = SecureRandom.uuid()
        let statement = IssueDeskCode(
            act: act, account: account, codeID: id,
            hash: code.hashes(account: account, keys: keys)[0], document: body.document,
            sealed: secret(id).sealed(code.printed, for: act))
        let answered = try await database.transaction(
            of: act, rerunningOn: IssueDeskCode.retryableConstraints
        ) { transaction in
            let answered = try await transaction.run(statement)
            if case .now(.issued) = answered {
                try await notices.tell(
                    .changed(.deskCodeMade), of: account, act: act, in: practice, by: transaction)
            }
            return answered
        }
        if answered.isFirst { dispatcher.nudge() }
        switch try answered.unlessReused() {
        case .tooMany(let until): throw Problem(.tooManyChanges, retryAt: until)
        case .issued(let issued):
            var printed = code.printed
            if let secondsAgo = answered.secondsAgo {
                guard
                    let again = secret(issued.id).opened(issued.sealed, secondsAgo: secondsAgo)
                else { throw Problem(.idempotencySecretGone) }
                printed = again
            }
            return try .json(
                Body(
                    id: issued.id, deskCode: printed.expose(), createdAt: issued.createdAt,
                    expiresAt: issued.expiresAt),
                status: .created)
        }
    }

    private func secret(_ id: UUID) -> AnswerSecret {
        AnswerSecret(kind: "desk-code", id: id, keys: keys)
    }
}
