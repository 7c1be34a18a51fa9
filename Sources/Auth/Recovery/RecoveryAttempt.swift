import Cryptography
import Foundation
import Postgres

/// Who begins a recovery, as keys under which it is counted; a made-up identifier has all of them too.
///
/// None is a key of a sign-in, so that no failed password keeps anybody from a recovery (Z-19).
struct RecoveryAttempt: Sendable {
    let act: Act
    let identifierIndexes: [[UInt8]]
    let numberIndexes: [[UInt8]]?
    let customerNumber: CustomerNumber?
    /// What was typed and the network: the only thing a visible wait counts (Z-20).
    let pairKey: [UInt8]
    let networkThrottleKey: [UInt8]?
    /// Whom its codes are for.
    let subjectID: UUID

    init(
        act: Act, identifier: Identifier, number: NationalNumber?, network: [UInt8]?,
        keys: KeyRing
    ) {
        let throttle = keys.macKey(.throttle)
        self.act = act
        identifierIndexes = keys.macKeys(.identifier).map {
            identifier.index(practice: act.practiceID, key: $0)
        }
        numberIndexes = number?.indexes(practice: act.practiceID, keys: keys)
        customerNumber = try? CustomerNumber(typed: identifier.normalized)
        let typed = identifier.counted(customerNumber, number)
        pairKey = throttle.authenticate(fields: [
            Array("recovery-pair".utf8), Array(typed.utf8), network ?? [],
        ])
        networkThrottleKey = network.map {
            throttle.authenticate(fields: [Array("recovery-network".utf8), $0])
        }
        subjectID = UUID(
            bytes: throttle.authenticate(fields: [
                Array("recovery-subject".utf8), act.practiceID.bytes, Array(typed.utf8),
                network ?? [],
            ]))
    }
}
