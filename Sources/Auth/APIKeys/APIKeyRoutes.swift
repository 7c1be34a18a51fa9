import Cryptography
import Foundation
import HTTPTypes
import Postgres

/// The keys of a practice's clients: list, make, revoke.
struct APIKeyRoutes: Sendable {
    let database: Database
    let keys: KeyRing
    let authenticator: KeyAuthenticator

    func add(to endpoints: Endpoints) {
        endpoints.get("/v1/api-keys", scope: .keys, list)
        endpoints.post("/v1/api-keys", scope: .keys, body: NewKey.self, create)
        endpoints.delete("/v1/api-keys/{id}", scope: .keys, revoke)
    }

    @Sendable private func list(_ context: AuthRequestContext) async throws -> Answer {
        let cursor = try context.query(["cursor"])["cursor"]
        let after = cursor.flatMap { UUID(strict: $0) }
        if cursor != nil, after == nil {
            let fault = Problem.Fault(.parameter("cursor"), .wrongFormat)
            throw Problem(.queryInvalid, faults: [fault])
        }
        let page = try await database.run(
            FindKeys(practice: try context.caller.practice.id, after: after))
        return .json(
            .object([
                JSONMember("data", .array(page.keys.map { .object($0.members) })),
                JSONMember("next_cursor", page.next.map { .string($0.text) } ?? .null),
            ]))
    }

    @Sendable private func create(
        _ body: NewKey, _ context: AuthRequestContext
    ) async throws -> Answer {
        let caller = try context.caller
        // A key grants only what it may do itself (Z-9).
        guard caller.scopes.isSuperset(of: body.scopes) else { throw Problem(.scopeMissing) }
        let issued: IssueKey.Issued
        do {
            issued = try await IssueKey(database: database, keys: keys).run(
                for: .named(body.client), scopes: body.scopes, expiresAt: body.expiresAt,
                act: try context.act(keys), by: caller.clientName)
        } catch let refusal as IssueKey.Refusal {
            switch refusal {
            case .tooManyKeys: throw Problem(.tooManyKeys)
            case .tooManyChanges(let until): throw Problem(.tooManyChanges, retryAt: until)
            case .keyReused: throw Problem(.idempotencyKeyReused)
            case .unknownClient: throw Problem(.notFound)
            }
        }
        guard let text = issued.text else { throw Problem(.idempotencySecretGone) }
        let made = FindKeys.Found(
            id: issued.created.key, clientID: issued.created.client, client: body.client,
            scopes: body.scopes.map(\.rawValue), createdAt: issued.created.createdAt,
            expiresAt: issued.created.expiresAt, revokedAt: nil, lastUsedAt: nil)
        return .json(
            .object(made.members + [JSONMember("key", .string(text.expose()))]),
            status: .created)
    }

    @Sendable private func revoke(_ context: AuthRequestContext) async throws -> Answer {
        let act = try context.act(keys)
        let (key, actor) = (try context.id("id"), try context.caller.clientName)
        guard
            let client = try await database.run(
                FindKeyClient(practice: act.practiceID, key: key))
        else { throw Problem(.notFound) }
        try await database.transaction { transaction in
            guard let practice = try await transaction.run(HoldPractice(practice: act.practiceID))
            else { throw Problem(.notFound) }
            let notice = try AdminNotice(
                .keyRevoked(key, of: client, by: actor), to: practice, keys: keys)
            try await transaction.run(RevokeKey(act: act, key: key, notice: notice))
        }
        authenticator.forget(act.practiceID)
        return .noContent
    }
}

extension FindKeys.Found {
    /// The key as callers see it, with null for what has not happened.
    fileprivate var members: [JSONMember] {
        func instant(_ instant: Date?) -> JSONValue { instant.map { .string($0.rfc3339) } ?? .null }
        return [
            JSONMember("id", .string(id.text)),
            JSONMember("client", .string(client)),
            JSONMember("client_id", .string(clientID.text)),
            JSONMember("scopes", .array(scopes.map(JSONValue.string))),
            JSONMember("created_at", instant(createdAt)),
            JSONMember("expires_at", instant(expiresAt)),
            JSONMember("revoked_at", instant(revokedAt)),
            JSONMember("last_used_at", instant(lastUsedAt)),
        ]
    }
}
