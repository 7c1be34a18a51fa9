import Cryptography
import Foundation

/// A one-time code, as it was sent and as it was typed.
struct Code: Sendable, Equatable {
    /// Digits of a session code, and of every code whose caller does not say otherwise.
    static let digitCount = 6
    /// Digits that other systems may choose.
    static let digitCounts = 4...8
    /// Guesses that are compared with one code (C6).
    static let attemptCount = 5
    /// Guesses an hour for one subject and purpose, over all codes (Z-19).
    static let guessesPerHour = 10
    /// How the wait before a resend grows with each code of the flow, as multiples of the first.
    static let resendWaits = [1, 2, 4]

    let digits: String

    /// A new code, uniform over all its digits, leading zeros kept (C1).
    static func random(digits count: Int = digitCount) -> Code {
        Code(digits: SecureRandom.digits(count))
    }

    private init(digits: String) {
        self.digits = digits
    }

    /// Reads a code as people type and paste it: `123 456`, `123-456`, `Code: 123456.`, full-width
    /// digits, with spaces of any kind around it (SC-6).
    ///
    /// - Parameter counts: how many digits it may have.
    /// - Throws: how many there were, where it has not.
    init(
        parsing text: String, digits counts: ClosedRange<Int> = digitCount...digitCount
    ) throws(Malformed) {
        var digits = ""
        for scalar in text.precomposedStringWithCompatibilityMapping.unicodeScalars {
            if let value = scalar.properties.numericType == .decimal
                ? scalar.properties.numericValue : nil
            {
                digits += String(Int(value))
            }
        }
        guard counts.contains(digits.utf8.count) else {
            throw Malformed(digitsFound: digits.utf8.count)
        }
        self.digits = digits
    }

    struct Malformed: Error, Equatable {
        let digitsFound: Int
    }

    /// What is kept of a code: an HMAC bound to its flow, so that the code of one login is worth
    /// nothing in another and a stolen table can't be searched (C4, C9).
    func hash(flow: UUID, key: MACKey) -> [UInt8] {
        key.authenticate(fields: [flow.uuidString, digits])
    }
}
