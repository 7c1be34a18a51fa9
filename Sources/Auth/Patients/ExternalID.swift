import Cryptography
import Foundation

/// The practice system's own number of a patient, by which its calls name the register's entries.
///
/// It stands in paths and in other systems' lists, so it must not be a national number (Z-18).
struct ExternalID: Hashable, Sendable {
    /// Unicode scalars.
    static let longest = 64

    /// In one Unicode form (NFC), so that one number is one entry however it was typed.
    let text: String

    /// - Throws: why it names nobody; `not-allowed` for a valid Norwegian national number.
    init(_ typed: String) throws(Fault) {
        let text = typed.precomposedStringWithCanonicalMapping
        guard !text.isEmpty else { throw .empty }
        // Either form may be the longer one; what is short enough as it was sent stays so.
        guard min(typed.unicodeScalars.count, text.unicodeScalars.count) <= Self.longest else {
            throw .tooLong
        }
        guard text.unicodeScalars.allSatisfy(\.isFitForALine), text.first?.isWhitespace == false,
            text.last?.isWhitespace == false
        else { throw .malformed }
        // Where lines are imported.
        guard text != "import" else { throw .reserved }
        // Nobody's own number has eleven digits with two right check digits and a date by chance.
        guard (try? NationalNumber(typed: text, country: .norway, synthetic: true)) == nil else {
            throw .nationalNumber
        }
        self.text = text
    }

    /// Whether it is this very number, with or without what makes it legible.
    func spells(_ number: NationalNumber) -> Bool {
        TypedDigits(text).map { Secret($0.text).matches(number.digits) } ?? false
    }

    enum Fault: Error, Hashable, Sendable {
        case empty, tooLong, malformed, reserved, nationalNumber

        /// What a field or a path that holds it is refused for.
        var code: Problem.Fault.Code {
            switch self {
            case .empty: .tooShort
            case .tooLong: .tooLong
            case .malformed: .wrongFormat
            case .reserved, .nationalNumber: .notAllowed
            }
        }
    }
}

extension FieldReader {
    /// A practice system's number of a patient; nil, and refused, where it is absent or can't be one.
    mutating func externalID(_ name: String) -> ExternalID? {
        guard peek(name) != nil else {
            _ = takeRequired(name)
            return nil
        }
        return optionalExternalID(name)
    }

    /// The same, or nil where the field is absent or null.
    mutating func optionalExternalID(_ name: String) -> ExternalID? {
        guard let text = optionalString(name, max: ExternalID.longest) else { return nil }
        do throws(ExternalID.Fault) {
            return try ExternalID(text)
        } catch {
            refuse(name, error.code)
            return nil
        }
    }
}
