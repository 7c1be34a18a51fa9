import Cryptography

/// An account's public number, which people type from a letter: ten digits, of which the last is a
/// check digit (Damm 2004).
///
/// An identifier, not a secret. Random, so that none follows from another; ten digits, so that it
/// looks like no BSN (9), no Norwegian national number (11) and no telephone number here.
struct CustomerNumber: Sendable, Hashable {
    static let digitCount = 10

    /// Ten ASCII digits.
    let digits: String

    /// A number out of 9 × 10^8; whether it was given out before only the database knows.
    static func random() -> CustomerNumber {
        let payload = String(1 + SecureRandom.below(9)) + SecureRandom.digits(digitCount - 2)
        let check = Damm.state(after: payload.utf8.map { Int($0 - UInt8(ascii: "0")) })
        return CustomerNumber(digits: payload + String(check))
    }

    private init(digits: String) {
        self.digits = digits
    }

    /// Reads a number as people type it, with spaces or hyphens anywhere.
    ///
    /// - Throws: how it was mistyped; such a number was never given out, so that nothing need be
    ///   looked up and no try is spent.
    init(typed: String) throws(Fault) {
        guard let typed = TypedDigits(typed) else { throw .foreignCharacter }
        guard typed.count == Self.digitCount else { throw .wrongLength(found: typed.count) }
        guard !typed.text.hasPrefix("0") else { throw .leadingZero }
        guard Damm.state(after: typed.values) == 0 else { throw .checkDigit }
        digits = typed.text
    }

    /// As it is printed: `123 456 7894`.
    var printed: String {
        let characters = Array(digits)
        return [characters[..<3], characters[3..<6], characters[6...]].map { String($0) }
            .joined(separator: " ")
    }

    /// How a number was mistyped; a closed list.
    enum Fault: Error, Hashable, Sendable {
        /// Something else than digits, spaces and hyphens.
        case foreignCharacter
        case wrongLength(found: Int)
        /// No number begins with a zero.
        case leadingZero
        /// A digit is wrong, or two have changed places.
        case checkDigit
    }
}

/// The check digit by Damm's quasigroup of order 10, which finds every wrong digit and every two
/// neighbours that have changed places, as "four and twenty" does to them.
enum Damm {
    /// The state after the digits: the check digit to append, and 0 after a whole number.
    static func state(after digits: [Int]) -> Int {
        digits.reduce(0) { state, digit in table[state][digit] }
    }

    private static let table = [
        [0, 3, 1, 7, 5, 9, 8, 6, 4, 2], [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
        [4, 2, 0, 6, 8, 7, 1, 3, 5, 9], [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
        [6, 1, 2, 3, 0, 4, 5, 9, 7, 8], [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
        [5, 8, 6, 9, 7, 2, 0, 1, 3, 4], [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
        [9, 4, 3, 8, 6, 1, 7, 2, 0, 5], [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
    ]
}
