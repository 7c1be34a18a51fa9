import Foundation

/// The postcode of a person's address, in the one form in which postcodes are kept and compared
/// (AC-2).
struct Postcode: Sendable, Hashable {
    /// `1234AB` (Netherlands) or `0150` (Norway).
    let text: String

    /// Reads a postcode as people type it: in small letters, with a space between (NL) or around
    /// it.
    init(typed: String, country: Practice.Country) throws(Fault) {
        // The compatibility form has plain letters, digits and spaces for the full-width ones.
        let plain = typed.precomposedStringWithCompatibilityMapping
            .trimmingCharacters(in: .whitespacesAndNewlines).uppercased()
        switch country {
        case .netherlands:
            let (digits, rest) = (plain.prefix(4), plain.dropFirst(4))
            let letters = rest.first == " " ? rest.dropFirst() : rest
            guard digits.utf8.count == 4, digits.utf8.allSatisfy(\.isASCIIDigit),
                digits.first != "0", letters.utf8.count == 2,
                letters.utf8.allSatisfy(\.isCapital)
            else { throw .wrongFormat }
            // Postal tradition: these two letters were the badges of an occupier.
            guard !["SA", "SD", "SS"].contains(letters) else { throw .neverUsed }
            text = "\(digits)\(letters)"
        case .norway:
            guard plain.utf8.count == 4, plain.utf8.allSatisfy(\.isASCIIDigit) else {
                throw .wrongFormat
            }
            guard plain != "0000" else { throw .neverUsed }
            text = plain
        }
    }

    /// Why a text is no postcode; a closed list.
    enum Fault: Error, Hashable, Sendable {
        case wrongFormat
        /// Spelled well, but given to no place.
        case neverUsed
    }
}
