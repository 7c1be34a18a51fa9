import Foundation
import Testing

@testable import Auth

@Suite struct ExternalIDTests {
    @Test(arguments: [
        ("P-1", nil), ("10382", nil), ("999900018", nil), ("a/b c", nil),
        ("01899010032", nil), (String(repeating: "é", count: 64), nil),
        ("", ExternalID.Fault.empty), (String(repeating: "x", count: 65), .tooLong),
        // Twice as long in its one form, or half as long.
        (String(repeating: "\u{0958}", count: 64), nil),
        (String(repeating: "e\u{301}", count: 64), nil),
        (" P-1", .malformed), ("P-1\u{A0}", .malformed), ("P\n1", .malformed),
        ("P\u{202E}1", .malformed), ("import", .reserved), ("01899010031", .nationalNumber),
        ("018990 10031", .nationalNumber), ("41819010186", .nationalNumber),
        ("01899010058", .nationalNumber),
    ])
    func `it is a short line that is nobody's national number`(
        text: String, fault: ExternalID.Fault?
    ) {
        do throws(ExternalID.Fault) {
            _ = try ExternalID(text)
            #expect(fault == nil)
        } catch {
            #expect(error == fault)
        }
    }

    @Test func `it is one however it was composed`() throws {
        #expect(try ExternalID("Zoe\u{308}") == ExternalID("Zo\u{EB}"))
        #expect(try ExternalID("zoë") != ExternalID("Zoë"))
    }

    @Test func `it tells the entry's own number whatever makes it legible`() throws {
        let number = try NationalNumber(
            typed: "999900018", country: .netherlands, synthetic: false)
        #expect(try ExternalID("9999.00.018").spells(number))
        #expect(try !ExternalID("999911120").spells(number))
        #expect(try !ExternalID("P-999900018").spells(number))
    }
}
