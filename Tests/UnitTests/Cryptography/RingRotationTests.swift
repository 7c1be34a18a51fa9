import Foundation
import Synchronization
import Testing

@testable import Cryptography

/// A ring's keys by the time (Z-32).
@Suite struct RingRotationTests {
    private static let start = Date(timeIntervalSince1970: 1_800_000_000)
    private let clock = Clock()

    private final class Clock: Sendable {
        private let offset = Mutex(0.0)
        var now: Date { RingRotationTests.start + offset.withLock { $0 } }
        func set(_ seconds: Double) { offset.withLock { $0 = seconds } }
    }

    /// A ring whose key k2 is current from ten minutes after the start.
    private func rotated() throws -> RingRotation {
        var rotation = try RingRotation(
            parsing: KeyRingTests.ring(current: "k1", [("k1", KeyRingTests.first)]))
        #expect(try rotation.rotate(at: Self.start, from: Self.start + 600) == "k2")
        return rotation
    }

    private func ring(_ text: String) throws -> KeyRing {
        try KeyRing(parsing: text, now: { [clock] in clock.now })
    }

    @Test func `the new key takes over at its instant, and indexes before it`() throws {
        let ring = try ring(try rotated().text)
        for (seconds, ids, indexing, former) in [
            (0, ["k1", "k2"], ["k1", "k2"], []), (599.9, ["k1", "k2"], ["k1", "k2"], []),
            (600, ["k2", "k1"], ["k2"], ["k1"]), (1e9, ["k2", "k1"], ["k2"], ["k1"]),
        ] as [(Double, [String], [String], [String])] {
            clock.set(seconds)
            #expect(ring.ids == ids && ring.indexIDs == indexing && ring.formerIDs == former)
            #expect(ring.currentID == ids[0] && ring.macKey(.code).id == ids[0])
            #expect(ring.sealingKey(.seal).id == ids[0])
        }
    }

    @Test func `two instances around the instant index by a key in common`() throws {
        let text = try rotated().text
        let (early, late) = (try ring(text), try KeyRing(parsing: text) { Self.start + 601 })
        #expect(!Set(early.indexIDs).isDisjoint(with: late.indexIDs))
        let unaware = try KeyRing(
            parsing: KeyRingTests.ring(current: "k1", [("k1", KeyRingTests.first)]))
        #expect(!Set(early.indexIDs).isDisjoint(with: unaware.indexIDs))
    }

    @Test func `a snapshot keeps its keys and its order`() throws {
        let ring = try ring(KeyRingTests.ring(current: "k1", [("k1", KeyRingTests.first)]))
        let alone = ring.snapshot
        try ring.replace(with: try rotated().text)
        let both = ring.snapshot
        clock.set(700)
        #expect(alone.ids == ["k1"] && both.ids == ["k1", "k2"] && ring.ids == ["k2", "k1"])
    }

    @Test func `only a ring with the key in use takes its place`() throws {
        let ring = try ring(try rotated().text)
        let (first, second) = (KeyRingTests.first, KeyRingTests.second)
        for text in [
            KeyRingTests.ring(current: "k9", [("k9", first)]),
            KeyRingTests.ring(current: "k1", [("k1", second)]),
        ] {
            #expect(throws: KeyRingError.keyMissing(id: "k1")) { try ring.replace(with: text) }
        }
        #expect(throws: KeyRingError.malformed) { try ring.replace(with: "{") }
        #expect(ring.ids == ["k1", "k2"])
    }

    @Test func `a rotation waits for the one before it`() throws {
        var rotation = try rotated()
        #expect(throws: RingRotation.Refusal.underWay(id: "k2", from: Self.start + 600)) {
            try rotation.rotate(at: Self.start + 599, from: Self.start + 1200)
        }
        #expect(try rotation.rotate(at: Self.start + 600, from: Self.start + 1200) == "k3")
        #expect(
            try rotation.keys(at: Self.start + 600) == [
                .init(id: "k2", state: .active(since: nil)),
                .init(id: "k3", state: .next(from: Self.start + 1200)),
                .init(id: "k1", state: .retiring),
            ])
    }

    @Test func `a key that leaves verifies the audit, and reads nothing`() throws {
        var rotation = try rotated()
        let before = try ring(rotation.text)
        let tag = before.macKey(.audit).authenticate([1])
        let envelope = before.sealingKey(.seal).seal([1], boundTo: [])
        for id in ["k1", "k2"] {
            #expect(throws: RingRotation.Refusal.keyInUse(id: id)) {
                try rotation.revoke(id, at: Self.start)
            }
        }
        #expect(throws: RingRotation.Refusal.keyUnknown) {
            try rotation.revoke("k9", at: Self.start)
        }
        try rotation.revoke("k1", at: Self.start + 600)
        let after = try ring(rotation.text)
        #expect(after.ids == ["k2"])
        #expect(after.macKey(.audit, id: "k1")?.isValid(tag, for: [1]) == true)
        #expect(after.macKey(.code, id: "k1") == nil)
        #expect(throws: SealingKey.Fault.keyUnknown(id: "k1")) {
            try after.sealingKey(.seal).open(envelope, boundTo: [])
        }
        #expect(
            try rotation.keys(at: Self.start + 600) == [
                .init(id: "k2", state: .active(since: nil)), .init(id: "k1", state: .revoked),
            ])
        // Its id is not given out again.
        #expect(try rotation.rotate(at: Self.start + 601, from: Self.start + 700) == "k3")
    }

    @Test(
        arguments: [
            #""next":"k2""#, #""from":"2026-11-22T21:00:00Z""#,
            #""next":"k1","from":"2026-11-22T21:00:00Z""#,
            #""next":"k2","from":"2026-11-22 21:00""#,
            #""next":"k2","from":"2026-11-22T21:00:00+01:00""#,
        ])
    func `half a rotation is refused`(members: String) throws {
        let (first, second) = (KeyRingTests.first, KeyRingTests.second)
        let text = #"{"current":"k1","keys":{"k1":"\#(first)","k2":"\#(second)"},\#(members)}"#
        #expect(throws: KeyRingError.nextInvalid) { try KeyRing(parsing: text) }
    }

    @Test func `a next key that is not there is refused`() throws {
        let text =
            #"{"current":"k1","keys":{"k1":"\#(KeyRingTests.first)"},"#
            + #""next":"k2","from":"2026-11-22T21:00:00Z"}"#
        #expect(throws: KeyRingError.currentUnknown) { try KeyRing(parsing: text) }
    }
}
