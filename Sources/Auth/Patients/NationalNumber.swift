import Cryptography
import Foundation

/// A person's number in the national register: the Norwegian national identity number or D-number,
/// or the Dutch BSN (NO-2, Z-18).
///
/// Never printed, logged or sent back. From a Norwegian one neither age nor sex is read: from 2032
/// on it tells neither.
struct NationalNumber: Sendable {
    let country: Practice.Country
    /// Eleven digits (Norway) or nine (Netherlands).
    let digits: Secret<String>

    /// Reads a number as people type it, with spaces, hyphens or dots anywhere.
    ///
    /// - Parameter synthetic: whether numbers are taken that Norway makes up for tests, which no
    ///   person has.
    /// - Throws: why it is nobody's number.
    init(typed: String, country: Practice.Country, synthetic: Bool) throws(Fault) {
        guard let typed = TypedDigits(typed) else { throw .foreignCharacter }
        self.country = country
        switch country {
        case .norway:
            try NorwegianNumber.check(typed, synthetic: synthetic)
            digits = Secret(typed.text)
        case .netherlands:
            digits = Secret(try BSN.checked(typed))
        }
    }

    /// How a number is found again: what it looks like elsewhere tells nothing here (Z-18).
    func index(practice: UUID, key: MACKey) -> [UInt8] {
        key.authenticate(fields: [practice.uuidString, country.rawValue, digits.expose()])
    }

    /// Why a number is nobody's; a closed list.
    enum Fault: Error, Hashable, Sendable {
        /// Something else than digits, spaces, hyphens and dots.
        case foreignCharacter
        case wrongLength(found: Int)
        /// A digit is wrong, or two have changed places.
        case checkDigit
        /// It names a day that does not exist.
        case noSuchDay
        /// Made up for tests, which this practice does not take.
        case synthetic
    }
}

/// The Norwegian number: DDMMYY, three digits, two check digits (Skatteetaten).
private enum NorwegianNumber {
    static func check(
        _ typed: TypedDigits, synthetic takesSynthetic: Bool
    ) throws(NationalNumber.Fault) {
        guard typed.count == 11 else { throw .wrongLength(found: typed.count) }
        let digits = typed.values
        guard hasCheckDigits(digits) else { throw .checkDigit }
        let date = Date(digits)
        guard date.exists else { throw .noSuchDay }
        guard !date.isSynthetic || takesSynthetic else { throw .synthetic }
    }

    /// From 2032 on the first check sum may leave 0 to 3, and every register takes such a number
    /// now; the second stays strict.
    private static func hasCheckDigits(_ digits: [Int]) -> Bool {
        func rest(_ weights: [Int]) -> Int {
            zip(weights, digits).reduce(0) { $0 + $1.0 * $1.1 } % 11
        }
        return (0...3).contains(rest([3, 7, 6, 1, 8, 9, 4, 5, 2, 1]))
            && rest([5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]) == 0
    }

    private struct Date {
        let day: Int
        let month: Int
        let year: Int
        let isSynthetic: Bool

        /// A D-number has 40 added to its day; numbers made up for tests have 80 (the tax
        /// administration's) or 40 (NAV's) added to their month.
        init(_ digits: [Int]) {
            let (days, months) = (10 * digits[0] + digits[1], 10 * digits[2] + digits[3])
            day = days > 40 ? days - 40 : days
            month = months > 80 ? months - 80 : months > 40 ? months - 40 : months
            year = 10 * digits[4] + digits[5]
            isSynthetic = months > 40
        }

        /// In either century, which the digits that follow will not always tell.
        var exists: Bool {
            DateOfBirth.exists(year: 1900 + year, month: month, day: day)
                || DateOfBirth.exists(year: 2000 + year, month: month, day: day)
        }
    }
}

/// The Dutch citizen service number: nine digits by the "elfproef" (Wet algemene bepalingen
/// burgerservicenummer).
private enum BSN {
    /// Nine digits; a number of eight gets back the zero it began with.
    static func checked(_ typed: TypedDigits) throws(NationalNumber.Fault) -> String {
        guard (8...9).contains(typed.count) else { throw .wrongLength(found: typed.count) }
        let text = typed.count == 8 ? "0" + typed.text : typed.text
        let digits = typed.count == 8 ? [0] + typed.values : typed.values
        let sum = zip([9, 8, 7, 6, 5, 4, 3, 2, -1], digits).reduce(0) { $0 + $1.0 * $1.1 }
        guard sum % 11 == 0, digits.contains(where: { $0 != 0 }) else { throw .checkDigit }
        return text
    }
}
