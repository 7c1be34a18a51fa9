import Cryptography
import Postgres
import Synchronization

/// Whether this instance's ring is the one that the data was sealed with.
///
/// Another ring under the same ids would find nobody, and seal what no other instance can open. One value
/// that opens settles it, and nothing is asked again; until there is one, it is looked for now and then.
final class KeyCheck: Sendable {
    private let database: Database
    private let keys: KeyRing
    private let hasLooked = Atomic<Bool>(false)
    private let hasOpened = Atomic<Bool>(false)

    private static let statementLimit = Duration.seconds(1)

    init(database: Database, keys: KeyRing) {
        self.database = database
        self.keys = keys
    }

    /// Named as the file of the ring is in `/healthz`.
    var check: Readiness.Check {
        Readiness.Check("keys:ring", interval: .seconds(5)) { try await self.look() }
    }

    private func look() async throws {
        if hasOpened.load(ordering: .relaxed) { return }
        let ring = keys.snapshot
        for id in ring.ids {
            guard let found = try await identifiers(by: id) else { return }
            if found.isEmpty { continue }
            // One row that was tampered with is no reason to answer nobody; all of them are.
            guard found.contains(where: { Self.opens($0, ring) }) else { throw OtherKeys(id: id) }
            hasOpened.store(true, ordering: .relaxed)
            return
        }
        hasLooked.store(true, ordering: .relaxed)
    }

    /// Some of the values by that key; nil where the connections for rare work are all busy, and nothing is
    /// learnt of the keys.
    private func identifiers(by id: String) async throws -> [FindFormerIdentifiers.Former]? {
        do {
            return try await database.run(
                FindFormerIdentifiers(keyID: id), within: Self.statementLimit)
        } catch {
            guard case .unavailable(let reason) = error else { throw error }
            if reason == .noConnection { throw database.connectFailure ?? .unreachable }
            guard [.waitedTooLong, .queueFull].contains(reason),
                hasLooked.load(ordering: .relaxed)
            else { throw error }
            return nil
        }
    }

    private static func opens(_ row: FindFormerIdentifiers.Former, _ ring: KeyRing) -> Bool {
        let text = try? SealedIdentifier.opened(
            row.value, of: row.account, practice: row.practice, keys: ring)
        return text != nil
    }
}

/// The ring has a key under an id by which the data was sealed with another one.
struct OtherKeys: Error, CustomStringConvertible {
    let id: String

    var description: String {
        "the key ring is not the one that the data was sealed with: its key \(id) opens nothing; "
            + "give this instance the ring of the others in AUTH_KEYS and restart it"
    }
}
