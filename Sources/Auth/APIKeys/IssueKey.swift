import Cryptography
import Foundation
import Postgres

/// Makes keys, for a caller and for the operator alike.
struct IssueKey: Sendable {
    let database: Database
    let keys: KeyRing

    /// Whose key it shall be.
    enum Owner: Sendable {
        case client(UUID)
        /// Made where there is none of that name.
        case named(String)
    }

    enum Refusal: Error {
        case unknownClient
        case tooManyKeys
        /// More than those who answer for the practice would read of.
        case tooManyChanges(until: Date)
        /// The caller used its `Idempotency-Key` for something else.
        case keyReused
    }

    struct Issued: Sendable {
        let created: CreateKey.Created
        /// Nil where it was made too long ago to be shown again (Z-24).
        let text: Secret<String>?
    }

    /// Seconds for the whole of it; a request is answered within 2.5.
    private static let limit = Duration.seconds(2)
    private static let idempotencyConstraint = "idempotency_pkey"

    /// - Parameter actor: the client that asks; nil for the operator.
    /// - Throws: `Refusal`; nothing was changed then.
    func run(
        for owner: Owner, scopes: [Scope], expiresAt: Date, act: Act, by actor: String?
    ) async throws -> Issued {
        do {
            return try await once(owner, scopes, expiresAt, act, actor)
        } catch PostgresError.server(_, Self.idempotencyConstraint?) {
            // Two requests with one key at once; the other is done now, so its answer is found.
            return try await once(owner, scopes, expiresAt, act, actor)
        }
    }

    private func once(
        _ owner: Owner, _ scopes: [Scope], _ expiresAt: Date, _ act: Act, _ actor: String?
    ) async throws -> Issued {
        let id = UUIDv7.make(at: Date())
        let key = APIKey.random(id: id)
        let answered = try await database.transaction(of: act, within: Self.limit) {
            transaction in
            guard let practice = try await transaction.run(HoldPractice(practice: act.practiceID))
            else { throw Refusal.unknownClient }
            let (client, name) = try await lock(owner, act, transaction)
            let notice = try AdminNotice(
                .keyCreated(id, of: name, scopes: scopes, by: actor), to: practice, keys: keys)
            let answered = try await transaction.run(
                CreateKey(
                    act: act, client: client, key: id, hash: key.hash, scopes: scopes,
                    expiresAt: expiresAt,
                    sealed: secret(id, act.practiceID).sealed(key.text, for: act),
                    notice: notice))
            // An error undoes the client that was made for it.
            switch answered {
            case .now(.tooManyKeys), .before(.tooManyKeys, _): throw Refusal.tooManyKeys
            case .now(.tooManyChanges(let until)), .before(.tooManyChanges(let until), _):
                throw Refusal.tooManyChanges(until: until)
            case .keyReused: throw Refusal.keyReused
            case .now(.created), .before(.created, _): return answered
            }
        }
        switch answered {
        case .now(.created(let created)): return Issued(created: created, text: key.text)
        case .before(.created(let created), let secondsAgo):
            return Issued(
                created: created, text: try await repeated(created, secondsAgo, act.practiceID))
        default: throw Refusal.tooManyKeys
        }
    }

    private func lock(
        _ owner: Owner, _ act: Act, _ transaction: Transaction
    ) async throws -> (id: UUID, name: String) {
        switch owner {
        case .client(let client):
            guard
                let name = try await transaction.run(
                    LockClient(practice: act.practiceID, client: client))
            else { throw Refusal.unknownClient }
            return (client, name)
        case .named(let name):
            let client = try await transaction.run(
                LockNamedClient(act: act, client: UUIDv7.make(at: Date()), clientName: name))
            return (client, name)
        }
    }

    /// The same key again, for a minute and while it is good.
    private func repeated(
        _ created: CreateKey.Created, _ secondsAgo: Double, _ practice: UUID
    ) async throws -> Secret<String>? {
        guard
            let text = secret(created.key, practice).opened(created.sealed, secondsAgo: secondsAgo),
            let key = APIKey(text.expose()),
            try await database.run(FindCaller(keyHash: key.hash)) != nil
        else { return nil }
        return key.text
    }

    private func secret(_ key: UUID, _ practice: UUID) -> AnswerSecret {
        AnswerSecret(kind: "api-key|\(practice.text)", id: key, keys: keys)
    }
}
