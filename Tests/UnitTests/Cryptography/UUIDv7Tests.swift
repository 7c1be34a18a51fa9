import Foundation
import Testing

@testable import Cryptography

@Suite struct UUIDv7Tests {
    /// 2022-02-22 14:22:22 -05:00, the instant of RFC 9562 appendix A.6.
    let instant = Date(timeIntervalSince1970: 1_645_557_742)

    @Test func `the example of RFC 9562 comes out`() {
        // Its random bits, with ones where version and variant are set over them.
        let id = UUIDv7.make(at: instant, random: bytes(hex: "fcc3 d8c4dc0c0c07398f"))
        #expect(id.uuidString == "017F22E2-79B0-7CC3-98C4-DC0C0C07398F")
        #expect(UUIDv7.instant(of: id) == instant)
    }

    @Test func `ids sort by their millisecond`() {
        let random = SecureRandom.bytes(10)
        let ids = (0..<2000).map { millisecond in
            UUIDv7.make(
                at: instant.addingTimeInterval(Double(millisecond) / 1000), random: random)
        }
        #expect(ids == ids.sorted { $0.uuidString < $1.uuidString })
        #expect(Set(ids).count == 2000)
    }

    @Test func `a millisecond comes back as itself`() {
        for millisecond in stride(from: 1_700_000_000_000, to: 1_700_000_003_000, by: 1) {
            let date = Date(timeIntervalSince1970: Double(millisecond) / 1000)
            let id = UUIDv7.make(at: date)
            #expect(id.bytes.prefix(6).reduce(0) { $0 << 8 | Int($1) } == millisecond)
        }
    }

    @Test func `ids of one instant differ`() {
        #expect(Set((0..<1000).map { _ in UUIDv7.make(at: instant) }).count == 1000)
    }

    @Test func `an instant outside the format is put at its edge`() {
        let random = SecureRandom.bytes(10)
        let before = UUIDv7.make(at: Date(timeIntervalSince1970: -5), random: random)
        let after = UUIDv7.make(at: .distantFuture.addingTimeInterval(1e15), random: random)
        #expect(hex(before.bytes.prefix(6)) == "000000000000")
        #expect(hex(after.bytes.prefix(6)) == "ffffffffffff")
    }

    @Test func `other versions have no instant`() {
        #expect(UUIDv7.instant(of: SecureRandom.uuid()) == nil)
        #expect(
            UUIDv7.instant(of: UUID(uuidString: "017F22E2-79B0-7CC3-18C4-DC0C0C07398F")!) == nil)
    }
}
