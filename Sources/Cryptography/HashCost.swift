import Foundation
import Synchronization

/// What hashes take on this machine, measured once a process.
enum HashCost {
    /// A hash of random bytes, which no password is right for, and what it took to make it. Once, since a
    /// start waits for it.
    static let own = Result {
        let bytes = Secret(SecureRandom.bytes(32))
        var hash = ""
        let cost = try ContinuousClock().measure { hash = try Argon2id.hash(bytes) }
        return (hash: hash, cost: cost)
    }

    /// Begins to measure ``own`` on a thread of its own.
    static func begin() {
        Thread.detachNewThread { _ = own }
    }

    /// The dearest hash that ``PasswordHash`` accepts, so the longest that verifying one can take here:
    /// which scheme's that is depends on the machine. It is measured in the background, once the start that
    /// asked for it is over: the memory that this takes would hold it up. Until then more is said than it
    /// can be.
    static func dearest(ours: Duration) -> Duration {
        _ = measuring
        return measured.withLock { $0 } ?? ours * 8
    }

    private static let measured = Mutex<Duration?>(nil)
    private static let measuring: Void = DispatchQueue.global().asyncAfter(deadline: .now() + 1) {
        let argon2id = measure(
            Argon2id.Parameters(
                memory: PHC.memoryCeiling,
                passes: UInt32(PHC.costCeiling / UInt64(PHC.memoryCeiling))))
        let others = samples.map { measure($0) }
        measured.withLock { $0 = max(argon2id, others.max() ?? .zero) }
    }

    /// Cheaper hashes of the other schemes, whose time grows with their cost.
    private static let samples: [any ImportedHash] = [
        BcryptHash(sampleOfCost: 6), PBKDF2Hash(sampleOf: .sha256, iterations: 10_000),
        PBKDF2Hash(sampleOf: .sha512, iterations: 4_000), ScryptHash(sampleOfLogN: 13),
    ]

    /// What the dearest hash of a sample's scheme takes.
    private static func measure(_ sample: any ImportedHash) -> Duration {
        // The shortest of three: what comes between one of them would count many times over.
        let times = (0..<3).map { _ in
            ContinuousClock().measure { _ = try? sample.isOf(Secret([])) }
        }
        return (times.min() ?? .zero) * (Double(PHC.costCeiling) / Double(sample.cost))
    }

    private static func measure(_ parameters: Argon2id.Parameters) -> Duration {
        ContinuousClock().measure { _ = try? Argon2id.hash(Secret([]), parameters: parameters) }
    }
}
