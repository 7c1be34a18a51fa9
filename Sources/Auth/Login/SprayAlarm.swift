import Foundation
import Logging
import Postgres
import Synchronization

/// What failed lately at a practice, over all identifiers and networks.
struct LoginPressure: Sendable, Equatable {
    /// Failures of the client that asks, in ``LoginLimits/networkWindowMinutes``.
    let clientFailures: Int
    /// Failures of all the practice's clients.
    let practiceFailures: Int
    /// Places that the HMACs of their identifiers fell on, of ``places``.
    let identifierBits: Int

    static let places = 1024

    /// About how many identifiers failed. Some share a place, the more of them the fewer are left
    /// (linear counting; Whang, Vander-Zanden and Taylor 1990).
    var identifiers: Int {
        let free = Double(max(1, Self.places - identifierBits)) / Double(Self.places)
        return Int((-Double(Self.places) * log(free)).rounded())
    }

    /// The place of an identifier.
    static func place(of index: [UInt8]) -> Int {
        index.prefix(2).reduce(0) { $0 << 8 | Int($1) } % places
    }
}

extension LoginPressure {
    init(_ row: Row) throws {
        clientFailures = try row.int("client_failures")
        practiceFailures = try row.int("practice_failures")
        identifierBits = try row.int("identifier_bits")
    }
}

/// Tells operations when failures spread over many identifiers, as they do where one password is
/// tried on everybody (Z-20): no account's own limits see that.
final class SprayAlarm: Sendable {
    /// Which of the rows of a client's failures this instance counts in.
    let slice = Int.random(in: 0..<LoginLimits.failureSlices)
    private let logger: Logger
    /// Until when each practice is under suspicion.
    private let suspected = Mutex<[UUID: ContinuousClock.Instant]>([:])

    init(logger: Logger) { self.logger = logger }

    /// Practices under suspicion.
    func count(at now: ContinuousClock.Instant = .now) -> Int {
        suspected.withLock { suspected in suspected.values.count { $0 > now } }
    }

    /// Warns once when a practice comes under suspicion, which ends ten minutes after its last sign.
    func notice(
        _ pressure: LoginPressure, practice: UUID, client: UUID,
        at now: ContinuousClock.Instant = .now
    ) {
        guard pressure.identifiers >= LoginLimits.sprayIdentifiers else { return }
        let isNew = suspected.withLock { suspected in
            suspected = suspected.filter { $0.value > now }
            let end = now + .seconds(60 * LoginLimits.networkWindowMinutes)
            return suspected.updateValue(end, forKey: practice) == nil
        }
        guard isNew else { return }
        logger.warning(
            "password spray suspected",
            metadata: [
                "practice_id": "\(practice.text)", "client_id": "\(client.text)",
                "identifiers": .stringConvertible(pressure.identifiers),
                "failures": .stringConvertible(pressure.practiceFailures),
            ])
    }
}
