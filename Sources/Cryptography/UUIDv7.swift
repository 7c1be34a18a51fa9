import Foundation

/// Ids that sort by the time they were made (RFC 9562 section 5.7), so that new rows of an index
/// land side by side. They tell their time and must not serve as a secret.
package enum UUIDv7 {
    /// Random bytes an id takes.
    package static let randomCount = 10

    /// An id for this instant, in milliseconds since 1970; ids of one millisecond have no order.
    package static func make(at instant: Date = Date()) -> UUID {
        make(at: instant, random: SecureRandom.bytes(randomCount))
    }

    /// The id that this instant and these ten random bytes make.
    package static func make(at instant: Date, random: [UInt8]) -> UUID {
        precondition(random.count == randomCount)
        // A Date is a Double: whole milliseconds come back a hair below themselves, so round to
        // microseconds before cutting.
        let microseconds = (instant.timeIntervalSince1970 * 1_000_000).rounded()
        let milliseconds = UInt64(min(max(microseconds / 1000, 0), 0xFFFF_FFFF_FFFF))
        let time = (0..<6).map { UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * $0)) }
        return UUID(stamping: time + random, version: 7)
    }

    /// The instant in an id; nil when it is no version 7.
    package static func instant(of id: UUID) -> Date? {
        let bytes = id.bytes
        guard bytes[6] >> 4 == 7, bytes[8] >> 6 == 0b10 else { return nil }
        let milliseconds = bytes[..<6].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Date(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}

extension UUID {
    /// The sixteen bytes in network order.
    package var bytes: [UInt8] {
        withUnsafeBytes(of: uuid) { Array($0) }
    }

    /// A UUID of these sixteen bytes, with the version and variant bits of RFC 9562 set.
    init(stamping bytes: [UInt8], version: UInt8) {
        var value = UUID_NULL
        withUnsafeMutableBytes(of: &value) { buffer in
            buffer.copyBytes(from: bytes.prefix(16))
            buffer[6] = buffer[6] & 0x0F | version << 4
            buffer[8] = buffer[8] & 0x3F | 0x80
        }
        self.init(uuid: value)
    }
}

private let UUID_NULL: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
