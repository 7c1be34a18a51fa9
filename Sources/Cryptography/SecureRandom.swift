import CLibSSL
import Foundation

/// Random values from libcrypto's generator, uniform over what they promise (ASVS 11.5.1).
package enum SecureRandom {
    /// That many random bytes.
    package static func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            demand(RAND_bytes(buffer.baseAddress, Int32(count)) == 1, "RAND_bytes")
            written = count
        }
    }

    /// That many decimal digits, leading zeros kept.
    package static func digits(_ count: Int) -> String {
        string(count, of: Array("0123456789".utf8))
    }

    /// That many capital letters without I and O, which are misread as digits.
    package static func letters(_ count: Int) -> String {
        string(count, of: Array("ABCDEFGHJKLMNPQRSTUVWXYZ".utf8))
    }

    /// A random UUID (version 4, RFC 9562 section 5.4): 122 random bits.
    package static func uuid() -> UUID {
        UUID(stamping: bytes(16), version: 4)
    }

    /// One of the elements; nil only when there are none.
    package static func element<Elements: RandomAccessCollection>(
        of elements: Elements
    ) -> Elements.Element? {
        guard !elements.isEmpty else { return nil }
        return elements[elements.index(elements.startIndex, offsetBy: below(elements.count))]
    }

    /// A whole number from zero up to, but without, the bound.
    package static func below(_ bound: Int) -> Int {
        precondition(bound > 0)
        var generator = RandomBytes()
        return Int.random(in: 0..<bound, using: &generator)
    }

    private static func string(_ count: Int, of alphabet: [UInt8]) -> String {
        // Bytes at or above the largest multiple of the alphabet's size are thrown away: folding
        // them over would make the first characters likelier than the last.
        let limit = 256 - 256 % alphabet.count
        var characters: [UInt8] = []
        while characters.count < count {
            let kept = bytes(count - characters.count).filter { Int($0) < limit }
            characters += kept.map { alphabet[Int($0) % alphabet.count] }
        }
        return String(decoding: characters, as: UTF8.self)
    }
}

/// Lets the standard library draw, with its own rejection, from our generator.
private struct RandomBytes: RandomNumberGenerator {
    mutating func next() -> UInt64 {
        SecureRandom.bytes(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
