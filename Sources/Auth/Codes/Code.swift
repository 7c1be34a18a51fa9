import Cryptography
import Foundation

/// A six-digit one-time code, as it was sent and as it was typed.
struct Code: Sendable, Equatable {
    static let digitCount = 6
    /// Guesses that are compared with one code (C6).
    static let attemptCount = 5
    /// Guesses an hour for one subject and purpose, over all codes (Z-19).
    static let guessesPerHour = 10

    let digits: String

    /// A new code, uniform over all six digits, leading zeros kept (C1).
    static func random() -> Code {
        Code(digits: SecureRandom.digits(digitCount))
    }

    private init(digits: String) {
        self.digits = digits
    }

    /// Reads a code as people type and paste it: `123 456`, `123-456`, `Code: 123456.`, full-width
    /// digits, with spaces of any kind around it (SC-6).
    ///
    /// - Throws: how many digits there were, where they were not exactly six.
    init(parsing text: String) throws(Malformed) {
        var digits = ""
        for scalar in text.precomposedStringWithCompatibilityMapping.unicodeScalars {
            if let value = scalar.properties.numericType == .decimal
                ? scalar.properties.numericValue : nil
            {
                digits += String(Int(value))
            }
        }
        guard digits.utf8.count == Self.digitCount else {
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

/// What a code is for. One live code for each subject and purpose.
enum CodePurpose: String, Sendable {
    case signIn = "sign-in"
}
