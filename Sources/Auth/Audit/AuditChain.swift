import Cryptography
import Foundation
import Logging
import Postgres
import ServiceLifecycle

/// Seals the audit of every practice in the background, and tells whether the seals hold (Z-30).
struct AuditChain: Service {
    let database: Database
    let keys: KeyRing
    let logger: Logger
    /// Seconds after which no older row can appear any more.
    var settled = Double(FindAuditRows.settledSeconds)

    /// How often it looks for rows without a seal.
    static let interval = Duration.seconds(60)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await sealAll()
                } catch {
                    logger.warning("audit not sealed", error: error)
                }
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    /// Adds seals until no practice has a settled row without one. Of two instances at the same place
    /// one adds its seal; the other goes on after it, next time.
    func sealAll() async throws {
        for (practice, newest) in try await database.run(FindSealHeads()) {
            var head = newest
            while let next = try await sealNext(of: practice, after: head), !Task.isCancelled {
                head = next
            }
            if let head, head != newest {
                logger.notice(
                    "audit sealed",
                    metadata: ["practice_id": "\(practice.text)", "head": "\(head.head)"])
            }
        }
    }

    /// Nil where there is nothing to seal, or another instance did.
    private func sealNext(of practice: UUID, after head: AuditSeal?) async throws -> AuditSeal? {
        let rows = try await database.run(
            FindAuditRows(
                practice: practice, after: head?.lastAuditID ?? .zero, upTo: nil, settled: settled))
        guard !rows.isEmpty else { return nil }
        let seal = AuditSeal(after: head, rows: rows, of: practice, key: keys.macKey(.audit))
        let added = try await database.run(AddSeal(practice: practice, seal: seal))
        return added ? seal : nil
    }
}

// MARK: - Verifying

extension AuditChain {
    /// Whether a practice's audit is as it was sealed.
    struct Verdict: Sendable, Equatable {
        let practice: UUID
        /// The place of the first seal that does not fit its rows, from 1; nil where all do.
        let brokenAt: Int?
        let sealedRows: Int
        /// Rows that wait for their seal.
        let unsealedRows: Int
        /// The newest seal as the log has it; nil where there is none.
        let head: String?
    }

    func verdicts() async throws -> [Verdict] {
        var verdicts: [Verdict] = []
        for (practice, _) in try await database.run(FindSealHeads()) {
            verdicts.append(try await verdict(on: practice))
        }
        return verdicts
    }

    private func verdict(on practice: UUID) async throws -> Verdict {
        var previous: AuditSeal?
        var sealedRows = 0
        while let seal = try await database.run(
            FindSeal(practice: practice, position: (previous?.position ?? 0) + 1))
        {
            let rows = try await database.run(
                FindAuditRows(
                    practice: practice, after: previous?.lastAuditID ?? .zero,
                    upTo: seal.lastAuditID))
            guard !rows.isEmpty, let key = keys.macKey(.audit, id: seal.keyID),
                AuditSeal(after: previous, rows: rows, of: practice, key: key) == seal
            else {
                return Verdict(
                    practice: practice, brokenAt: seal.position, sealedRows: sealedRows,
                    unsealedRows: 0, head: previous?.head)
            }
            sealedRows += rows.count
            previous = seal
        }
        return Verdict(
            practice: practice, brokenAt: nil, sealedRows: sealedRows,
            unsealedRows: try await unsealed(of: practice, after: previous), head: previous?.head)
    }

    private func unsealed(of practice: UUID, after head: AuditSeal?) async throws -> Int {
        var count = 0
        var last = head?.lastAuditID ?? .zero
        while true {
            let rows = try await database.run(
                FindAuditRows(practice: practice, after: last, upTo: nil, settled: 0))
            guard let end = rows.last else { return count }
            count += rows.count
            last = end.id
        }
    }
}
