import Cryptography
import Foundation

/// An account's printed secret: fifteen random symbols (75 bits) and a check symbol, as
/// `XXXX-XXXX-XXXX-XXXX` (AC-5, AC-8, S1).
///
/// The symbols are Crockford's base 32, which has no I, L, O and U. The check symbol is a weighted
/// sum over GF(32): it finds every wrong symbol and any two that have changed places, and is one of
/// the same symbols, easy to say aloud, which Crockford's own (`* ~ $ =`) is not.
struct SuperPIN: Sendable {
    static let symbolCount = 16
    static let groupSize = 4

    /// Sixteen capitals and digits.
    let symbols: Secret<String>

    /// A new super-PIN.
    static func random() -> SuperPIN {
        // A byte is a multiple of 32 values, so that the low bits are uniform.
        let values = SecureRandom.bytes(symbolCount - 1).map { $0 & 31 }
        return SuperPIN(values + [GF32.check(of: values)])
    }

    private init(_ values: [UInt8]) {
        symbols = Secret(
            String(decoding: values.map { Crockford.alphabet[Int($0)] }, as: UTF8.self))
    }

    /// Reads a super-PIN as people type it: small letters, spaces and hyphens anywhere, O for 0, I
    /// and L for 1.
    ///
    /// - Throws: how it was mistyped; such a one was never given out, so that nothing need be
    ///   looked up and no try is spent (S5).
    init(typed: String) throws(Fault) {
        var values: [UInt8] = []
        // The compatibility form has plain letters and digits for the full-width ones.
        for scalar in typed.precomposedStringWithCompatibilityMapping.unicodeScalars {
            if scalar.isSeparator { continue }
            guard let value = Crockford.value(of: scalar) else { throw .foreignCharacter }
            values.append(value)
        }
        guard values.count == Self.symbolCount else { throw .wrongLength(found: values.count) }
        guard GF32.check(of: values.dropLast()) == values.last else { throw .checkSymbol }
        self.init(values)
    }

    /// As it is printed, in four groups.
    var printed: Secret<String> {
        let characters = Array(symbols.expose())
        let groups = stride(from: 0, to: characters.count, by: Self.groupSize).map {
            String(characters[$0..<$0 + Self.groupSize])
        }
        return Secret(groups.joined(separator: "-"))
    }

    /// How a super-PIN was mistyped; a closed list.
    enum Fault: Error, Hashable, Sendable {
        /// Something else than its letters and digits, spaces and hyphens; U is not one of them.
        case foreignCharacter
        case wrongLength(found: Int)
        /// A symbol is wrong, or two have changed places.
        case checkSymbol
    }
}

/// Base 32 as Douglas Crockford defined it, without his check symbol.
enum Crockford {
    static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    static func value(of scalar: Unicode.Scalar) -> UInt8? {
        let symbol: UInt8
        switch scalar {
        case "o", "O": symbol = UInt8(ascii: "0")
        case "i", "I", "l", "L": symbol = UInt8(ascii: "1")
        case "a"..."z": symbol = UInt8(scalar.value) - 32
        case "A"..."Z", "0"..."9": symbol = UInt8(scalar.value)
        default: return nil
        }
        return alphabet.firstIndex(of: symbol).map(UInt8.init)
    }
}

/// The field of 32 elements, 2^5 with x^5 + x^2 + 1, in which 2 generates all but zero.
enum GF32 {
    /// The sum of 2^i × v_i, i from 1: no two of the weights are equal.
    static func check(of values: some BidirectionalCollection<UInt8>) -> UInt8 {
        values.reversed().reduce(0) { sum, value in double(sum ^ value) }
    }

    private static func double(_ value: UInt8) -> UInt8 {
        let product = value << 1
        return product & 32 == 0 ? product : product ^ 0b10_0101
    }
}
