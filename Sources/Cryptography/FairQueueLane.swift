import Foundation

/// One lane of a ``FairQueue``: those who wait, in order of arrival, and whose turn it is.
///
/// Lanes are short (some tens of hashes), so looking through them costs less than an index would.
struct FairQueueLane<Element> {
    private struct Waiting {
        let element: Element
        let ticket: UInt64
        let turn: Turn
        let cost: UInt64
    }

    private var waiting: [Waiting] = []
    private var practices = Rotation<UUID>()
    private var networks: [UUID: Rotation<[UInt8]?>] = [:]

    var count: Int { waiting.count }
    /// What all that wait will cost.
    private(set) var cost: UInt64 = 0
    var elements: [Element] { waiting.map(\.element) }

    mutating func append(_ element: Element, ticket: UInt64, turn: Turn, cost: UInt64) {
        waiting.append(Waiting(element: element, ticket: ticket, turn: turn, cost: cost))
        self.cost += cost
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
    ///
    /// The longest is looked for among practices, inside one among its sites, inside one among its
    /// networks: a network of its own costs little, a site of its own a lot.
    mutating func removeToMakeRoom(for newcomer: Turn) -> Element? {
        var crowd = Array(waiting.indices)
        var isNewcomersOwn = true
        for key in [Turn.practiceKey, Turn.siteKey, Turn.networkKey] {
            let lengths = Lengths(crowd.map { key(waiting[$0].turn) })
            let own = key(newcomer)
            let longest = isNewcomersOwn ? lengths.longest(beyond: own) : lengths.longest
            isNewcomersOwn = isNewcomersOwn && longest == nil
            crowd.removeAll { key(waiting[$0].turn) != longest ?? own }
        }
        guard !isNewcomersOwn, let newest = crowd.last else { return nil }
        return remove(at: newest)
    }

    private mutating func remove(at index: Int) -> Element {
        let removed = waiting.remove(at: index)
        cost -= removed.cost
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

/// What those who wait are told apart by, from the widest to the narrowest.
extension Turn {
    fileprivate static func practiceKey(_ turn: Turn) -> AnyHashable { turn.practice }
    fileprivate static func siteKey(_ turn: Turn) -> AnyHashable { turn.site }
    fileprivate static func networkKey(_ turn: Turn) -> AnyHashable { turn.network }
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

    /// The key with most; of several the one that came last.
    var longest: Key? {
        arrivals.reduce(nil) { best, key in
            guard let best else { return key }
            return counts[key, default: 0] >= counts[best, default: 0] ? key : best
        }
    }

    /// The key with most, where it stays the longest even after one more of this other key.
    func longest(beyond newcomer: Key) -> Key? {
        longest.flatMap { counts[$0, default: 0] > counts[newcomer, default: 0] + 1 ? $0 : nil }
    }
}
