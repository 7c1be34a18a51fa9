import Cryptography
import Foundation
import HTTPTypes
import Postgres

/// A practice's terms and privacy statement: read by portals, published by those who answer for it.
///
/// Reading takes `logins`: a portal shows them at sign-in, where a new version is due, and while somebody
/// enrols.
struct DocumentRoutes: Sendable {
    let database: Database
    let keys: KeyRing

    func add(to endpoints: Endpoints) {
        endpoints.get("/v1/documents", scope: .logins, list)
        endpoints.put(
            "/v1/documents/{kind}", scope: .practice, body: NewDocument.self,
            limits: NewDocument.request, publish)
    }

    @Sendable private func list(_ context: AuthRequestContext) async throws -> Answer {
        let practice = try context.caller.practice
        let documents = try await database.run(
            FindDocuments(
                practice: practice.id,
                languages: Document.languages(wanted: context.language, in: practice)))
        return .json(
            .object([
                JSONMember("data", .array(documents.map { .object($0.members) })),
                JSONMember("next_cursor", .null),
            ]))
    }

    @Sendable private func publish(
        _ body: NewDocument, _ context: AuthRequestContext
    ) async throws -> Answer {
        guard let kind = Document.Kind(rawValue: try context.segment("kind")) else {
            throw Problem(.notFound)
        }
        let caller = try context.caller
        let act = try context.act(keys)
        let name = "document \(kind.rawValue)/\(body.version.text)/\(body.locale.rawValue)"
        let outcome = try await database.transaction(
            rerunningOn: PublishDocument.retryableConstraints
        ) { [keys] transaction in
            guard
                let practice = try await transaction.run(
                    HoldPractice(practice: caller.practice.id))
            else { throw Problem(.notFound) }
            let notice = try AdminNotice(
                .settings([name], by: caller.clientName), to: practice, keys: keys)
            return try await transaction.run(
                PublishDocument(act: act, kind: kind, document: body, notice: notice))
        }
        switch outcome {
        case .published(let instant, let isCurrent):
            return answer(body, kind, instant, isCurrent, status: .created)
        case .unchanged(let instant, let isCurrent):
            return answer(body, kind, instant, isCurrent, status: .ok)
        case .different: throw Problem(.documentPublished)
        case .tooMany(let until): throw Problem(.tooManyChanges, retryAt: until)
        }
    }

    private func answer(
        _ body: NewDocument, _ kind: Document.Kind, _ instant: Date, _ isCurrent: Bool,
        status: HTTPResponse.Status
    ) -> Answer {
        let document = Document(
            kind: kind, version: body.version, locale: body.locale, title: body.title,
            text: body.text, textHash: Document.hash(body.text), publishedAt: instant)
        return .json(
            .object(document.members + [JSONMember("current", .bool(isCurrent))]), status: status)
    }
}
