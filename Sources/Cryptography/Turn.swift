import Foundation

/// Whose turn a password hash takes in the queue.
package struct Turn: Sendable, Equatable {
    /// How urgent a hash is; the cases stand in the order in which they are served.
    package enum Kind: Int, CaseIterable, Sendable {
        /// From a network this account has signed in from before.
        case known
        /// From any other network.
        case unknown
        /// For nobody who waits.
        case `import`
    }

    /// The practice, which shares the hasher with the others.
    package let practice: UUID
    /// The patient's network. Without one, give the account's id in its place, so that such requests
    /// do not all share one place in the queue; nil counts as one network.
    package let network: [UInt8]?
    /// How urgent it is.
    package let kind: Kind

    /// A turn of this practice and network.
    package init(practice: UUID, network: [UInt8]?, kind: Kind) {
        self.practice = practice
        self.network = network
        self.kind = kind
    }
}
