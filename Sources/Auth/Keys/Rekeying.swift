import Cryptography
import Foundation
import Logging
import Postgres
import ServiceLifecycle

/// Makes anew, by the current key of the ring, what a former one made and is kept for long: in small
/// batches, in the background (K3). Once nothing is left under a key, it can leave the ring.
///
/// Every instance does it: a batch changes only what is still as it was read, so that two of them at the
/// same rows do no harm. What becomes of the rest, by what the keys are for:
///
/// | made by a key | what a rotation does |
/// | --- | --- |
/// | `seal`, `index`, `entry`: the register | rekeyed: opened, sealed and indexed anew |
/// | `identifier`: what is typed to sign in | rekeyed: its text is kept sealed |
/// | `password`, `factor`, `gateway`, `super-pin` | rekeyed: opened and sealed anew |
/// | `recovery-code` | rekeyed: made from the digests that are kept sealed |
/// | `refresh` | a sign-in keeps its key until it ends, after a day at most |
/// | `code`, `desk-code` | read by the key that made them, ten minutes and an hour |
/// | `message`, `answer`, `idempotency` | read by the key that made them, a day |
/// | `throttle` | counts begin anew with the new key, the longest is a day's; codes of `/v1/codes` go on |
/// | `network` | found by every key of the ring; known for 90 days |
/// | `audit` | each seal names its key; what verifies it stays in the ring for good |
struct Rekeying: Service {
    let database: Database
    let keys: KeyRing
    let logger: Logger

    /// How often it looks for what a former key made.
    static let interval = Duration.seconds(30)
    /// Between two batches, so that requests go first.
    static let pause = Duration.milliseconds(20)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    let count = try await rekey()
                    if count > 0 {
                        logger.notice(
                            "rekeyed",
                            metadata: ["rows": "\(count)", "key": "\(keys.currentID)"])
                    }
                } catch is CancellationError {
                    return
                } catch {
                    logger.warning("not rekeyed", error: error)
                }
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    /// Goes on until nothing is left under a former key; returns how many values were made anew.
    func rekey() async throws -> Int {
        var total = 0
        for former in keys.formerIDs {
            for batch in [resealValues, renameIdentifiers, rekeyPatients, rekeyRecoveryCodes] {
                while true {
                    let done = try await batch(former, keys.snapshot)
                    total += done
                    if done == 0 { break }
                    try await Task.sleep(for: Self.pause)
                }
            }
        }
        return total
    }

    /// A value that can't be opened stays as it is, and is told of: it was tampered with.
    private func opened<Value>(_ place: String, _ body: () throws -> Value?) throws -> Value? {
        do {
            return try body()
        } catch let fault as SealingKey.Fault {
            logger.error("not rekeyed", metadata: ["place": "\(place)", "fault": "\(fault)"])
            return nil
        }
    }

    @Sendable private func resealValues(
        _ former: String, _ keys: KeyRing
    ) async throws -> Int {
        let found = try await database.run(FindSealedValues(keyID: former))
        var done = 0
        // One place at a time: a row with two of them is changed by two statements.
        for (place, values) in Dictionary(grouping: found, by: \.place) {
            let resealed = try values.compactMap { value in
                try opened(place.rawValue) {
                    ResealValues.Change(value: value, sealed: try value.resealed(keys))
                }
            }
            guard !resealed.isEmpty else { continue }
            done += try await database.run(ResealValues(place: place, changes: resealed))
        }
        return done
    }

    @Sendable private func renameIdentifiers(
        _ former: String, _ keys: KeyRing
    ) async throws -> Int {
        let found = try await database.run(FindFormerIdentifiers(keyID: former))
        let changes = try found.compactMap { found in
            try opened("identifier") {
                RekeyIdentifiers.Change(
                    former: found,
                    renewed: try SealedIdentifier(
                        resealing: found.value, of: found.account, practice: found.practice,
                        keys: keys))
            }
        }
        guard !changes.isEmpty else { return 0 }
        return try await database.run(RekeyIdentifiers(changes: changes))
    }

    @Sendable private func rekeyPatients(
        _ former: String, _ keys: KeyRing
    ) async throws -> Int {
        try await database.transaction { transaction in
            // Locked first: what refers to an entry's identity then waits, and is changed with it.
            let held = try await transaction.run(HoldFormerPatients(keyID: former))
            let changes = try held.compactMap { held in
                try opened("patient") { try held.rekeyed(keys) }
            }
            guard !changes.isEmpty else { return 0 }
            return try await transaction.run(RekeyPatients(keyID: keys.currentID, changes: changes))
        }
    }

    @Sendable private func rekeyRecoveryCodes(
        _ former: String, _ keys: KeyRing
    ) async throws -> Int {
        let found = try await database.run(FindFormerRecoveryCodes(keyID: former))
        var done = 0
        for set in found {
            guard let change = try opened("recovery_codes", { try set.rekeyed(keys) }) else {
                continue
            }
            done += try await database.run(change)
        }
        return done
    }
}

/// Looks over all that a key made, or changes it; nobody waits for that.
protocol KeyStatement: Statement {}

extension KeyStatement {
    static var lane: Lane { .ordinary }
    static var spansPractices: String? { "keys are the service's, not a practice's" }
}
