import Testing

@testable import Cryptography

@Suite struct FairQueueTests {
    private static let practices = (0..<4).map { _ in SecureRandom.uuid() }
    private var queue = FairQueue<String>(limit: 8)
    private var tickets: UInt64 = 0

    /// Queues an element; gives who was turned away, if anybody was.
    private mutating func admit(
        _ element: String, practice: Int = 0, network: UInt8? = 1, _ kind: Turn.Kind = .unknown,
        cost: UInt64 = 1
    ) -> String? {
        admit(element, practice: practice, from: network.map { [$0] }, kind, cost: cost)
    }

    private mutating func admit(
        _ element: String, practice: Int = 0, from network: [UInt8]?, _ kind: Turn.Kind = .unknown,
        cost: UInt64 = 1
    ) -> String? {
        tickets += 1
        let turn = Turn(practice: Self.practices[practice], network: network, kind: kind)
        return switch queue.admit(element, ticket: tickets, turn: turn, cost: cost) {
        case .admitted: nil
        case .admittedInsteadOf(let displaced): displaced.joined(separator: " ")
        case .refused: element
        }
    }

    private mutating func serveAll() -> [String] {
        var served: [String] = []
        while let element = queue.next() { served.append(element) }
        return served
    }

    @Test mutating func `one network is served in order of arrival`() {
        for element in ["a", "b", "c"] { #expect(admit(element) == nil) }
        #expect(queue.count == 3)
        #expect(serveAll() == ["a", "b", "c"])
        #expect(queue.count == 0)
        #expect(queue.next() == nil)
    }

    @Test mutating func `practices take turns however many of one wait`() {
        for element in ["a1", "a2", "a3", "a4"] { _ = admit(element, practice: 0) }
        for element in ["b1", "b2"] { _ = admit(element, practice: 1) }
        _ = admit("c1", practice: 2)
        #expect(serveAll() == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"])
    }

    @Test mutating func `networks of one practice take turns`() {
        for element in ["x1", "x2", "x3"] { _ = admit(element, network: 1) }
        for element in ["y1", "y2"] { _ = admit(element, network: 2) }
        _ = admit("z1", network: nil)
        #expect(serveAll() == ["x1", "y1", "z1", "x2", "y2", "x3"])
    }

    @Test mutating func `many networks do not help a practice against another`() {
        for network in 1...6 { _ = admit("a\(network)", practice: 0, network: UInt8(network)) }
        for element in ["b1", "b2"] { _ = admit(element, practice: 1) }
        #expect(serveAll() == ["a1", "b1", "a2", "b2", "a3", "a4", "a5", "a6"])
    }

    @Test mutating func `the same network of two practices is two`() {
        for element in ["a1", "a2"] { _ = admit(element, practice: 0, network: 1) }
        for element in ["b1", "b2"] { _ = admit(element, practice: 1, network: 1) }
        #expect(serveAll() == ["a1", "b1", "a2", "b2"])
    }

    @Test mutating func `who comes back each time waits behind those who were there`() {
        _ = admit("a1", practice: 0)
        for element in ["b1", "b2"] { _ = admit(element, practice: 1) }
        #expect(queue.next() == "a1")
        _ = admit("a2", practice: 0)
        #expect(queue.next() == "b1")
        #expect(queue.next() == "a2")
        _ = admit("a3", practice: 0)
        #expect(serveAll() == ["b2", "a3"])
    }

    @Test mutating func `known networks come first and imports last`() {
        _ = admit("i1", .import)
        _ = admit("u1", .unknown)
        _ = admit("k1", practice: 1, .known)
        _ = admit("k2", practice: 2, .known)
        #expect(serveAll() == ["k1", "k2", "u1", "i1"])
    }

    @Test mutating func `a flood of known networks does not shut out the others`() {
        for number in 1...2 { _ = admit("u\(number)", .unknown) }
        var served: [String] = []
        for number in 1...12 {
            _ = admit("k\(number)", .known)
            served.append(queue.next() ?? "")
        }
        #expect(served.firstIndex(of: "u1") == 4)
        #expect(served.firstIndex(of: "u2") == 9)
        #expect(served.count { $0.hasPrefix("k") } == 10)
    }

    @Test mutating func `an import comes to its turn in the end, and late`() {
        _ = admit("i1", .import)
        var served: [String] = []
        for number in 1...20 {
            _ = admit("k\(number)", .known)
            served.append(queue.next() ?? "")
        }
        #expect(served.firstIndex(of: "i1") == 16)
    }

    @Test mutating func `patience starts anew when a lane was served`() {
        _ = admit("u1", .unknown)
        for number in 1...3 { _ = admit("k\(number)", .known) }
        #expect(serveAll() == ["k1", "k2", "k3", "u1"])
        _ = admit("u2", .unknown)
        for number in 4...7 { _ = admit("k\(number)", .known) }
        #expect(serveAll() == ["k4", "k5", "k6", "k7", "u2"])
    }

    @Test mutating func `a full lane turns a network's next one away`() {
        for number in 1...8 { #expect(admit("a\(number)") == nil) }
        #expect(admit("a9") == "a9")
        #expect(queue.count == 8)
        #expect(serveAll() == (1...8).map { "a\($0)" })
    }

    @Test mutating func `a full lane makes room for another practice at the flood's cost`() {
        for number in 1...8 { _ = admit("a\(number)", practice: 0) }
        #expect(admit("b1", practice: 1) == "a8")
        #expect(admit("b2", practice: 1) == "a7")
        #expect(admit("c1", practice: 2) == "a6")
        #expect(queue.count == 8)
        #expect(serveAll() == ["a1", "b1", "c1", "a2", "b2", "a3", "a4", "a5"])
    }

    @Test mutating func `a full lane makes room for another network at the flood's cost`() {
        for number in 1...8 { _ = admit("x\(number)", network: 1) }
        #expect(admit("y1", network: 2) == "x8")
        #expect(serveAll() == ["x1", "y1"] + (2...7).map { "x\($0)" })
    }

    @Test mutating func `many networks of a site do not shut out another one`() {
        for number in UInt8(1)...8 { _ = admit("a\(number)", from: [10, 0, number, 1]) }
        #expect(admit("v1", from: [198, 51, 100, 7]) == "a8")
        #expect(admit("w1", from: [0x20, 1, 0x0D, 0xB8, 0, 1, 0, 1]) == "a7")
        #expect(admit("a9", from: [10, 0, 9, 1]) == "a9")
        queue = FairQueue(limit: 8)
        for number in UInt8(1)...8 {
            _ = admit("b\(number)", from: [0x20, 1, 0x0D, 0xB8, 0, 1, 0, number])
        }
        #expect(admit("v2", from: [0x20, 1, 0x0D, 0xB8, 0, 2, 0, 1]) == "b8")
        #expect(admit("w2", from: [198, 51, 100, 7]) == "b7")
    }

    @Test mutating func `whoever has no network is of one site`() {
        for number in UInt8(1)...8 {
            _ = admit("m\(number)", from: Array(repeating: number, count: 16))
        }
        #expect(admit("m9", from: Array(repeating: 9, count: 16)) == "m9")
        #expect(admit("v1", from: [198, 51, 100, 7]) == "m8")
    }

    @Test mutating func `another practice's room comes from the longest of the networks there`() {
        for number in 1...2 { _ = admit("x\(number)", practice: 0, network: 1) }
        for number in 1...5 { _ = admit("y\(number)", practice: 0, network: 2) }
        _ = admit("c1", practice: 2)
        // Its own network has the same name; that is no matter in another practice.
        #expect(admit("b1", practice: 1, network: 2) == "y5")
    }

    @Test mutating func `networks are counted inside their practice`() {
        for number in 1...3 { _ = admit("x\(number)", practice: 0, network: 1) }
        for number in 1...2 { _ = admit("y\(number)", practice: 0, network: 2) }
        for number in 1...3 { _ = admit("b\(number)", practice: 1, network: 2) }
        #expect(admit("c1", practice: 2, network: 3) == "x3")
    }

    @Test mutating func `shares that are even are left alone`() {
        for number in 1...4 { _ = admit("a\(number)", practice: 0) }
        for number in 1...4 { _ = admit("b\(number)", practice: 1) }
        #expect(admit("b5", practice: 1) == "b5")
        #expect(admit("a5", practice: 0) == "a5")
        // Five of the other would be one more than four of this: no gain in swapping.
        queue = FairQueue(limit: 3)
        for number in 1...2 { _ = admit("a\(number)", practice: 0) }
        _ = admit("b1", practice: 1)
        #expect(admit("b2", practice: 1) == "b2")
    }

    @Test mutating func `lanes never fill one another`() {
        for number in 1...8 { _ = admit("u\(number)", .unknown) }
        for number in 1...8 { #expect(admit("k\(number)", .known) == nil) }
        for number in 1...8 { #expect(admit("i\(number)", .import) == nil) }
        #expect(Turn.Kind.allCases.map { queue.count(of: $0) } == [8, 8, 8])
        #expect(admit("k9", .known) == "k9")
    }

    @Test mutating func `what waits is bounded by what it costs`() {
        for (number, cost) in ([2, 3, 3] as [UInt64]).enumerated() {
            #expect(admit("a\(number)", cost: cost) == nil)
        }
        #expect(admit("a3", cost: 1) == "a3")
        #expect(queue.cost == 8)
        // Another practice's dear one needs the room of two.
        #expect(admit("b1", practice: 1, cost: 4) == "a2 a1")
        #expect(queue.cost == 6)
        #expect(serveAll() == ["a0", "b1"])
        #expect(queue.cost == 0)
    }

    @Test mutating func `an empty lane takes whatever it costs`() {
        #expect(admit("a1", cost: 100) == nil)
        #expect(admit("a2", cost: 1) == "a2")
        #expect(serveAll() == ["a1"])
        #expect(queue.cost == 0)
    }

    @Test mutating func `those let past it count into a newcomer's wait`() {
        for number in 1...8 { _ = admit("k\(number)", .known) }
        // One of its own and the four that go first.
        #expect(admit("u1", .unknown) == nil)
        #expect(admit("u2", .unknown) == "u2")
        #expect(queue.next() == "k1")
    }

    @Test mutating func `who leaves is not served and gives up the place`() {
        for element in ["a1", "a2"] { _ = admit(element, practice: 0) }
        _ = admit("b1", practice: 1)
        _ = admit("c1", practice: 2)
        #expect(queue.remove(ticket: 1) == "a1")
        #expect(queue.remove(ticket: 1) == nil)
        #expect(queue.remove(ticket: 3) == "b1")
        #expect(queue.remove(ticket: 99) == nil)
        #expect(serveAll() == ["a2", "c1"])
    }

    @Test mutating func `all can be taken out at once`() {
        for (number, kind) in Turn.Kind.allCases.enumerated() { _ = admit("\(number)", kind) }
        #expect(queue.removeAll().sorted() == ["0", "1", "2"])
        #expect(queue.count == 0)
        #expect(queue.next() == nil)
        #expect(admit("again") == nil)
        #expect(serveAll() == ["again"])
    }

    @Test mutating func `whatever comes and goes, nobody is lost or served twice`() {
        var generator = Sequence64(state: 42)
        var inside: Set<String> = []
        for number in 0..<5000 {
            switch Int.random(in: 0..<5, using: &generator) {
            case 0...2:
                let element = "\(number)"
                let refused = admit(
                    element, practice: Int.random(in: 0..<4, using: &generator),
                    network: UInt8.random(in: 0..<3, using: &generator),
                    Turn.Kind.allCases.randomElement(using: &generator) ?? .known)
                inside.insert(element)
                if let refused { #expect(inside.remove(refused) != nil) }
            case 3:
                if let served = queue.next() { #expect(inside.remove(served) != nil) }
            default:
                let ticket = UInt64.random(in: 0...tickets, using: &generator)
                if let left = queue.remove(ticket: ticket) { #expect(inside.remove(left) != nil) }
            }
            #expect(queue.count == inside.count)
            #expect(Turn.Kind.allCases.allSatisfy { queue.count(of: $0) <= 8 })
        }
        #expect(Set(serveAll()) == inside)
    }
}

/// The same numbers each time (SplitMix64).
private struct Sequence64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
