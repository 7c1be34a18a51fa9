import Foundation
import Testing

@testable import Auth

/// Dates of birth, postcodes and names as they are compared and kept (AC-2, Z-26; standards.md
/// 14.7).
@Suite struct PatientDetailTests {
    private let amsterdam = TimeZone(identifier: "Europe/Amsterdam") ?? .gmt

    private func date(_ text: String, now: String = "2026-03-01T10:00:00Z") throws -> DateOfBirth {
        let now = try Date(now, strategy: .iso8601)
        return try DateOfBirth(text, now: now, in: amsterdam)
    }

    @Test(arguments: ["1950-03-12", "2000-02-29", "1900-01-01", "2026-03-01", "2024-12-31"])
    func `a date is read as it is written`(text: String) throws {
        #expect(try date(text).text == text)
    }

    @Test(arguments: [
        ("1950-3-12", DateOfBirth.Fault.wrongFormat), ("12-03-1950", .wrongFormat),
        ("1950/03/12", .wrongFormat), ("19500312", .wrongFormat), ("", .wrongFormat),
        ("1950-03-12T00:00:00Z", .wrongFormat), ("１９５０-03-12", .wrongFormat),
        ("1950-03--2", .wrongFormat), ("-950-03-12", .wrongFormat), (" 1950-03-12", .wrongFormat),
        ("1950-02-29", .noSuchDay), ("1900-02-29", .noSuchDay), ("1950-04-31", .noSuchDay),
        ("1950-13-01", .noSuchDay), ("1950-00-10", .noSuchDay), ("1950-01-00", .noSuchDay),
        ("1899-12-31", .tooLongAgo), ("0000-01-01", .tooLongAgo), ("2026-03-02", .inFuture),
        ("9999-12-31", .inFuture),
    ])
    func `what is no date of birth is named`(text: String, fault: DateOfBirth.Fault) {
        #expect(throws: fault) { try date(text) }
    }

    @Test func `today is where the practice is`() throws {
        // Half past midnight in Amsterdam, where it is a day later than in London.
        #expect(try date("2026-03-02", now: "2026-03-01T23:30:00Z").day == 2)
        #expect(throws: DateOfBirth.Fault.inFuture) {
            try date("2026-03-02", now: "2026-03-01T22:30:00Z")
        }
    }

    @Test(arguments: [
        ("1012 AB", "1012AB"), ("1012ab", "1012AB"), ("9999 ZZ", "9999ZZ"), ("1234 SE", "1234SE"),
        ("1000AA", "1000AA"), ("1234 AS", "1234AS"), ("1234 ab", "1234AB"), (" 1234ab ", "1234AB"),
        ("1234\u{00A0}AB", "1234AB"), ("１２３４ ＡＢ", "1234AB"),
    ])
    func `a Dutch postcode is kept in one form`(typed: String, text: String) throws {
        #expect(try Postcode(typed: typed, country: .netherlands).text == text)
    }

    @Test(arguments: [
        ("0123 AB", Postcode.Fault.wrongFormat), ("123 AB", .wrongFormat),
        ("1012 A1", .wrongFormat), ("", .wrongFormat), ("1012", .wrongFormat),
        ("1012  AB", .wrongFormat), ("10 12AB", .wrongFormat), ("1012 ABC", .wrongFormat),
        ("1012 ÅB", .wrongFormat), ("1234 SA", .neverUsed), ("1234 sd", .neverUsed),
        ("1234SS", .neverUsed),
    ])
    func `what is no Dutch postcode is named`(typed: String, fault: Postcode.Fault) {
        #expect(throws: fault) { try Postcode(typed: typed, country: .netherlands) }
    }

    @Test(arguments: ["0001", "0150", "4005", "5003", "7010", "9991"])
    func `a Norwegian postcode keeps its zeros`(text: String) throws {
        #expect(try Postcode(typed: text, country: .norway).text == text)
        #expect(try Postcode(typed: " \(text)", country: .norway).text == text)
    }

    @Test(arguments: ["150", "00150", "N-0150", "015O", "0 150", "", "0000", "1012AB"])
    func `what is no Norwegian postcode is refused`(typed: String) {
        let fault: Postcode.Fault = typed == "0000" ? .neverUsed : .wrongFormat
        #expect(throws: fault) { try Postcode(typed: typed, country: .norway) }
    }

    @Test(arguments: [
        ("Åse", "Åse"), ("A\u{030A}se", "\u{C5}se"), (" van  der \u{00A0}Berg ", "van der Berg"),
        ("O'Brien-Søndergård", "O'Brien-Søndergård"), ("李", "李"), ("Nguyễn", "Nguyễn"),
        ("محمد", "محمد"), ("de Vries (Jr.)", "de Vries (Jr.)"),
    ])
    func `a name keeps its letters, in one Unicode form and with single spaces`(
        typed: String, text: String
    ) throws {
        let name = try PersonName(typed).text
        #expect(Array(name.unicodeScalars) == Array(text.unicodeScalars))
    }

    @Test(arguments: [
        ("", PersonName.Fault.empty), ("  ", .empty), ("A\nB", .unprintable),
        ("A\tB", .unprintable), ("A\u{0}", .unprintable), ("\u{202E}nnaJ", .unprintable),
        ("Anna\u{2066}", .unprintable), ("Anna\u{200F}", .unprintable),
        ("A\u{2028}B", .unprintable), ("12", .noLetter), ("-", .noLetter),
        (String(repeating: "a", count: 101), .tooLong),
    ])
    func `what is no name is named`(typed: String, fault: PersonName.Fault) {
        #expect(throws: fault) { try PersonName(typed) }
    }

    @Test func `a hundred characters are a name`() throws {
        #expect(try PersonName(String(repeating: "é", count: 100)).text.count == 100)
    }
}
