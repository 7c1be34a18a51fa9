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
    /// The patient's network, 4 bytes (IPv4) or 8 (IPv6). Without one, give 16 bytes of the account
    /// in its place, so that such requests do not all share one; nil counts as one network.
    package let network: [UInt8]?
    /// How urgent it is.
    package let kind: Kind

    /// The larger network it is of: 16 bits of an IPv4 address, 48 of an IPv6 network (RFC 6177).
    /// All else is of one site, so that made-up accounts are no way around it.
    var site: [UInt8] {
        switch network?.count {
        case 4: Array(network?.prefix(2) ?? [])
        case 8: Array(network?.prefix(6) ?? [])
        default: []
        }
    }

    /// A turn of this practice and network.
    package init(practice: UUID, network: [UInt8]?, kind: Kind) {
        self.practice = practice
        self.network = network
        self.kind = kind
    }
}
