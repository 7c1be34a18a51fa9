import Foundation

/// One lane of a ``FairQueue``: those who wait, in order of arrival, and whose turn it is.
///
/// Lanes are short (some tens), so looking through them costs less than an index would.
struct FairQueueLane<Element> {
    private struct Waiting {
        let element: Element
        let ticket: UInt64
        let turn: Turn
    }

    private var waiting: [Waiting] = []
    private var practices = Rotation<UUID>()
    private var networks: [UUID: Rotation<[UInt8]?>] = [:]

    var count: Int { waiting.count }
    var elements: [Element] { waiting.map(\.element) }

    mutating func append(_ element: Element, ticket: UInt64, turn: Turn) {
        waiting.append(Waiting(element: element, ticket: ticket, turn: turn))
        practices.join(turn.practice)
        networks[turn.practice, default: Rotation()].join(turn.network)
    }

    mutating func next() -> Element? {
        guard let practice = practices.first, let network = networks[practice]?.first,
            let index = waiting.firstIndex(where: {
                $0.turn.practice == practice && $0.turn.network == network
            })
        else { return nil }
        practices.rotate()
        networks[practice]?.rotate()
        return remove(at: index)
    }

    mutating func remove(ticket: UInt64) -> Element? {
        waiting.firstIndex { $0.ticket == ticket }.map { remove(at: $0) }
    }

    /// Turns away the newest of the longest queue; nil when the newcomer's would then be longer.
    mutating func removeToMakeRoom(for newcomer: Turn) -> Element? {
        let practices = Lengths(waiting.map(\.turn.practice))
        let practice = practices.longest(beyond: newcomer.practice) ?? newcomer.practice
        let networks = Lengths(
            waiting.filter { $0.turn.practice == practice }.map(\.turn.network))
        let network =
            practice == newcomer.practice
            ? networks.longest(beyond: newcomer.network) : networks.longest
        guard let network,
            let index = waiting.lastIndex(where: {
                $0.turn.practice == practice && $0.turn.network == network
            })
        else { return nil }
        return remove(at: index)
    }

    private mutating func remove(at index: Int) -> Element {
        let removed = waiting.remove(at: index)
        let turn = removed.turn
        let siblings = waiting.filter { $0.turn.practice == turn.practice }
        if siblings.isEmpty {
            practices.leave(turn.practice)
            networks[turn.practice] = nil
        } else if !siblings.contains(where: { $0.turn.network == turn.network }) {
            networks[turn.practice]?.leave(turn.network)
        }
        return removed.element
    }
}

/// Keys that take turns: the first one's turn is next.
private struct Rotation<Key: Equatable> {
    private var keys: [Key] = []

    var first: Key? { keys.first }

    /// Takes a place at the end, unless it has one.
    mutating func join(_ key: Key) {
        if !keys.contains(key) { keys.append(key) }
    }

    /// Gives up its place.
    mutating func leave(_ key: Key) {
        keys.removeAll { $0 == key }
    }

    /// Sends the first one to the end.
    mutating func rotate() {
        if !keys.isEmpty { keys.append(keys.removeFirst()) }
    }
}

/// How many wait by key.
private struct Lengths<Key: Hashable> {
    private var counts: [Key: Int] = [:]
    private var arrivals: [Key] = []

    init(_ keys: [Key]) {
        for key in keys {
            if counts[key] == nil { arrivals.append(key) }
            counts[key, default: 0] += 1
        }
    }

    /// The key with most; of several the one that came first.
    var longest: Key? {
        arrivals.reduce(nil) { best, key in
            guard let best else { return key }
            return counts[key, default: 0] > counts[best, default: 0] ? key : best
        }
    }

    /// The key with most, where it stays the longest even after one more of this other key.
    func longest(beyond newcomer: Key) -> Key? {
        longest.flatMap { counts[$0, default: 0] > counts[newcomer, default: 0] + 1 ? $0 : nil }
    }
}
