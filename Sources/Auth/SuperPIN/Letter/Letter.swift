import Cryptography
import Foundation

/// What a letter with customer number and super-PIN says, in the patient's language: plain text all of it, whatever a name
/// holds (AC-1, Z-26).
struct Letter: Sendable {
    let language: Language
    /// The practice.
    let sender: String
    /// The patient; nil where the register does not have the name.
    let addressee: String?
    /// The day on which it was made, on the practice's calendar.
    let date: String
    let words: Words
    let customerNumber: CustomerNumber
    let superPIN: SuperPIN
    /// Where the patient goes, and what the QR code says: neither number is in it.
    let address: String

    /// The sentences around the numbers.
    struct Words: Sendable {
        let title: String
        let opening: String
        let customerNumber: String
        let superPIN: String
        let validity: String
        let toDo: String
        /// Four, in order.
        let steps: [String]
        let closing: [String]
    }

    /// A name has a control character, or one that turns the direction of reading around: it would
    /// print something else than it holds.
    struct Unprintable: Error {}

    /// The practice's, with the numbers for one activation.
    ///
    /// - Throws: ``Unprintable``; the register and the settings refuse such names before.
    init(_ made: IssueSuperPIN.Made, of practice: Practice) throws(Unprintable) {
        let language = made.holder.locale ?? practice.locale
        try self.init(
            to: made.holder.name, language, practice, at: made.issued.createdAt,
            numbers: (made.number, made.pin), address: practice.activationURL,
            words: language.letterWords(
                practice: practice.name, contact: practice.supportContact,
                address: practice.activationURL,
                lastDay: LocalTime.day(
                    made.issued.expiresAt, in: practice.timeZone, language: language)))
    }

    /// The patient's own, to be kept (AC-5); without a name that an earlier system kept and paper can't
    /// show.
    ///
    /// - Throws: ``Unprintable``; the settings refuse such names before.
    init(_ made: MakeOwnSuperPIN.Made, of practice: Practice) throws(Unprintable) {
        let isPrintable = made.name.unicodeScalars.allSatisfy(\.isFitForALine)
        try self.init(
            to: isPrintable ? made.name : nil, made.locale, practice, at: made.createdAt,
            numbers: (made.number, made.pin), address: practice.recoveryURL,
            words: made.locale.keepsakeWords(
                practice: practice.name, contact: practice.supportContact,
                address: practice.recoveryURL))
    }

    private init(
        to addressee: String?, _ language: Language, _ practice: Practice, at instant: Date,
        numbers: (CustomerNumber, SuperPIN), address: String, words: Words
    ) throws(Unprintable) {
        self.language = language
        self.addressee = addressee
        self.address = address
        self.words = words
        sender = practice.name
        date = LocalTime.day(instant, in: practice.timeZone, language: language)
        (customerNumber, superPIN) = numbers
        let names = [sender, addressee ?? "", address, practice.supportContact]
        guard names.allSatisfy({ $0.unicodeScalars.allSatisfy(\.isFitForALine) }) else {
            throw Unprintable()
        }
    }
}
