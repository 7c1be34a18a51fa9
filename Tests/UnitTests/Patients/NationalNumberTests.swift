import Cryptography
import Foundation
import Testing

@testable import Auth

/// National numbers of Norway and the Netherlands (standards.md 14.5, 14.6; NO-2, Z-18).
@Suite struct NationalNumberTests {
    @Test(arguments: [
        // + 80, D-number and + 80, + 40.
        "01899010031", "31928501283", "29810050134", "15814590094", "17810150025", "41819010186",
        "55927522224", "71858512489", "01419010029", "15528533385", "28437507734",
        // Under the rule of 2032 only.
        "01899010058", "15814590183", "29810077741",
    ])
    func `a synthetic Norwegian number is taken where they are switched on`(text: String) throws {
        let number = try NationalNumber(typed: text, country: .norway, synthetic: true)
        #expect(number.digits.expose() == text && number.country == .norway)
        #expect(throws: NationalNumber.Fault.synthetic) {
            try NationalNumber(typed: text, country: .norway, synthetic: false)
        }
    }

    @Test(arguments: [
        ("01899010032", NationalNumber.Fault.checkDigit), ("30829010085", .noSuchDay),
        ("31919010072", .noSuchDay), ("0189901003", .wrongLength(found: 10)),
        ("018990100310", .wrongLength(found: 12)), ("0189901003I", .foreignCharacter),
        ("", .wrongLength(found: 0)), ("00000000000", .noSuchDay),
    ])
    func `what is no Norwegian number is named`(text: String, fault: NationalNumber.Fault) {
        #expect(throws: fault) {
            try NationalNumber(typed: text, country: .norway, synthetic: true)
        }
    }

    @Test(arguments: 0...9)
    func `where no second check digit exists no number does`(digit: Int) {
        #expect(throws: NationalNumber.Fault.checkDigit) {
            try NationalNumber(typed: "0189900015\(digit)", country: .norway, synthetic: true)
        }
    }

    @Test(arguments: [
        "999900018", "999911120", "999940569", "999956012", "999988888", "999901230", "999999990",
        "999900316",
    ])
    func `a BSN is taken`(text: String) throws {
        let number = try NationalNumber(typed: text, country: .netherlands, synthetic: false)
        #expect(number.digits.expose() == text)
    }

    @Test(arguments: [
        ("999900019", NationalNumber.Fault.checkDigit), ("999911102", .checkDigit),
        ("000000000", .checkDigit), ("00000000", .checkDigit), ("9999001", .wrongLength(found: 7)),
        ("9999000180", .wrongLength(found: 10)), ("99990001B", .foreignCharacter),
    ])
    func `what is no BSN is named`(text: String, fault: NationalNumber.Fault) {
        #expect(throws: fault) {
            try NationalNumber(typed: text, country: .netherlands, synthetic: true)
        }
    }

    @Test(arguments: ["99990002", "99990016", "99990033"])
    func `where no ninth digit exists no BSN does`(payload: String) {
        for digit in 0...9 {
            #expect(throws: NationalNumber.Fault.checkDigit) {
                try NationalNumber(
                    typed: "\(payload)\(digit)", country: .netherlands, synthetic: true)
            }
        }
    }

    @Test func `a BSN of eight digits has lost its zero`() throws {
        let short = try NationalNumber(typed: "10000008", country: .netherlands, synthetic: false)
        let whole = try NationalNumber(typed: "010000008", country: .netherlands, synthetic: false)
        #expect(short.digits.expose() == "010000008")
        #expect(whole.digits.expose() == "010000008")
    }

    @Test(arguments: ["9999 00 018", "9999.00.018", " 999900018\t", "９９９９０００１８"])
    func `spellings of it are the same number`(text: String) throws {
        let number = try NationalNumber(typed: text, country: .netherlands, synthetic: false)
        #expect(number.digits.expose() == "999900018")
    }

    @Test func `the index differs by practice and country, and not by spelling`() throws {
        let key = try KeyRing(parsing: KeyRing.generate()).macKey(.index)
        let (here, there) = (UUID(), UUID())
        let typed = try NationalNumber(
            typed: "018990 10031", country: .norway, synthetic: true)
        let pasted = try NationalNumber(typed: "01899010031", country: .norway, synthetic: true)
        #expect(typed.index(practice: here, key: key) == pasted.index(practice: here, key: key))
        #expect(typed.index(practice: here, key: key) != typed.index(practice: there, key: key))
    }

    @Test func `it can't be printed by accident`() throws {
        let number = try NationalNumber(typed: "999900018", country: .netherlands, synthetic: false)
        var dumped = ""
        dump(number, to: &dumped)
        for text in ["\(number)", String(reflecting: number), dumped] {
            #expect(!text.contains("999900018"))
        }
    }
}
