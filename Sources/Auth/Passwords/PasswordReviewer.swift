import Cryptography
import Foundation
import Synchronization

/// What is to be said of a password before it is set.
struct PasswordReview: Sendable, Equatable {
    let strength: Strength
    /// In the order in which a form shows them; none where it may be set.
    let rulesBroken: [PasswordRule]
}

/// Judges passwords on a thread of its own, with a bounded queue (Z-21).
final class PasswordReviewer: Sendable {
    /// Too many wait; try again in a second.
    struct Overloaded: Error {}

    /// A review takes well under a millisecond, the dearest some ten: the last in the queue is
    /// answered in time.
    static let longestQueue = 64

    private let words: KnownWords
    private let threads = BlockingThreads(count: 1, name: "password-review")
    private let queued = Mutex(0)

    init(words: KnownWords) {
        self.words = words
    }

    deinit {
        threads.stop()
    }

    /// Nothing of the password is kept.
    ///
    /// - Throws: ``Overloaded``.
    func review(
        _ password: Secret<String>, of owner: PasswordOwner, under policy: PasswordPolicy
    ) async throws(Overloaded) -> PasswordReview {
        let hasPlace = queued.withLock { queued in
            guard queued < Self.longestQueue else { return false }
            queued += 1
            return true
        }
        guard hasPlace else { throw Overloaded() }
        defer { queued.withLock { $0 -= 1 } }
        return await threads.run { [words] in
            let strength = Strength(of: password.expose(), owner: owner, words: words)
            return PasswordReview(
                strength: strength,
                rulesBroken: policy.rulesBroken(
                    by: password, of: owner, score: strength.score, words: words))
        }
    }
}
