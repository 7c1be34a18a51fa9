import Cryptography
import Foundation

/// What the practice's letter says, in the patient's language: plain text all of it, whatever a name
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

    /// - Throws: ``Unprintable``; the register and the settings refuse such names before.
    init(_ made: IssueSuperPIN.Made, of practice: Practice) throws(Unprintable) {
        language = made.holder.locale ?? practice.locale
        sender = practice.name
        addressee = made.holder.name
        address = practice.activationURL
        date = LocalTime.day(made.issued.createdAt, in: practice.timeZone, language: language)
        customerNumber = made.number
        superPIN = made.pin
        words = language.letterWords(
            practice: practice.name, contact: practice.supportContact, address: address,
            lastDay: LocalTime.day(
                made.issued.expiresAt, in: practice.timeZone, language: language))
        let names = [sender, addressee ?? "", address, practice.supportContact]
        guard names.allSatisfy({ $0.unicodeScalars.allSatisfy(\.isFitForALine) }) else {
            throw Unprintable()
        }
    }
}
