import Foundation

/// Who is hashed next (Z-21): known networks, then others, then imports; inside such a lane
/// practices take turns, and inside a practice its networks.
///
/// A full lane makes room for a newcomer by turning away the newest of its longest queue, so a flood
/// meets only itself, also one from many networks of a site.
package struct FairQueue<Element> {
    /// What became of a newcomer.
    package enum Admission {
        /// It waits.
        case admitted
        /// It waits in the place of these, which are turned away.
        case admittedInsteadOf([Element])
        /// It is turned away.
        case refused
    }

    /// The cost that may wait before a turn, in the unit of `admit`.
    package let limit: UInt64

    private var lanes = Turn.Kind.allCases.map { _ in FairQueueLane<Element>() }
    // How often in a row a waiting lane was passed over for a better one.
    private var passedOver = Turn.Kind.allCases.map { _ in 0 }

    /// An empty queue in which that much may wait before a turn.
    package init(limit: UInt64) {
        precondition(limit > 0)
        self.limit = limit
    }

    /// How many wait.
    package var count: Int {
        lanes.reduce(0) { $0 + $1.count }
    }

    /// What all that wait will cost.
    package var cost: UInt64 {
        lanes.reduce(0) { $0 + $1.cost }
    }

    /// How many wait in one lane.
    package func count(of kind: Turn.Kind) -> Int {
        lanes[kind.rawValue].count
    }

    /// Lets an element wait under a ticket that no other has.
    ///
    /// - Parameter cost: what its turn will take; one that costs more than others may need the room of
    ///   several.
    package mutating func admit(
        _ element: Element, ticket: UInt64, turn: Turn, cost: UInt64
    ) -> Admission {
        let full = lanes[turn.kind.rawValue].cost
        var lane = lanes[turn.kind.rawValue]
        var displaced: [Element] = []
        // An empty lane takes anybody, and nobody turns away more than the room it needs.
        while lane.count > 0, full - lane.cost < cost,
            wait(in: lane, of: turn.kind, with: cost) > limit
        {
            guard let next = lane.removeToMakeRoom(for: turn) else { return .refused }
            displaced.append(next)
        }
        lane.append(element, ticket: ticket, turn: turn, cost: cost)
        lanes[turn.kind.rawValue] = lane
        return displaced.isEmpty ? .admitted : .admittedInsteadOf(displaced)
    }

    /// What is served until a newcomer's turn is over, at most: its own lane, and of the known
    /// networks those that are let past it.
    private func wait(
        in lane: FairQueueLane<Element>, of kind: Turn.Kind, with cost: UInt64
    ) -> UInt64 {
        let own = lane.cost + cost
        guard kind == .unknown else { return own }
        return own + min(lanes[Turn.Kind.known.rawValue].cost, own * UInt64(kind.patience))
    }

    /// Takes out the one whose turn it is; nil when nobody waits.
    package mutating func next() -> Element? {
        let waiting = Turn.Kind.allCases.filter { count(of: $0) > 0 }
        guard let best = waiting.first else { return nil }
        let chosen = waiting.first { passedOver[$0.rawValue] >= $0.patience } ?? best
        for kind in waiting where kind.rawValue > chosen.rawValue { passedOver[kind.rawValue] += 1 }
        passedOver[chosen.rawValue] = 0
        return lanes[chosen.rawValue].next()
    }

    /// Takes out one that no longer wants its turn; nil when it does not wait.
    package mutating func remove(ticket: UInt64) -> Element? {
        for lane in lanes.indices {
            if let element = lanes[lane].remove(ticket: ticket) { return element }
        }
        return nil
    }

    /// Takes out all, to turn them away.
    package mutating func removeAll() -> [Element] {
        defer { self = FairQueue(limit: limit) }
        return lanes.flatMap(\.elements)
    }
}

extension Turn.Kind {
    /// How often in a row this lane is passed over, at most, while somebody waits in it.
    ///
    /// Better lanes come first, not alone: one patient who signs in over and over from a known
    /// network would otherwise shut out everybody new.
    var patience: Int {
        switch self {
        case .known: .max
        case .unknown: 4
        case .import: 16
        }
    }
}
