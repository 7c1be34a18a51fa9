import Testing

@testable import Auth

/// Every way in which people write a number, and every number that no code goes to (AC-6, NO-3).
@Suite struct PhoneNumberTests {
    private static let everywhere: Set<String> = [
        "NL", "NO", "BE", "DE", "SE", "GB", "US", "PL", "IT", "TR",
    ]

    private func read(
        _ typed: String, code: String? = nil, home: Practice.Country,
        allowed: Set<String> = everywhere
    ) -> Result<String, PhoneNumber.Fault> {
        Result { () throws(PhoneNumber.Fault) in
            try PhoneNumber(parsing: typed, countryCode: code, home: home, allowed: allowed).e164
        }
    }

    @Test(arguments: [
        ("06 12345678", Practice.Country.netherlands, "+31612345678"),
        ("0031 6 12345678", .netherlands, "+31612345678"),
        ("+31 (0)6 1234 5678", .netherlands, "+31612345678"),
        ("912 34 567", .norway, "+4791234567"),
        ("0047 91234567", .norway, "+4791234567"),
    ])
    func `a mobile number of the reference vectors is read`(
        typed: String, home: Practice.Country, e164: String
    ) {
        #expect(read(typed, home: home) == .success(e164))
    }

    @Test(arguments: [
        ("020 624 1111", Practice.Country.netherlands, PhoneNumber.Fault.landline),
        ("06 1234567", .netherlands, .tooShort),
        ("22 22 55 55", .norway, .landline),
        ("412345678", .norway, .tooLong),
        ("113", .norway, .tooShort),
    ])
    func `what is no mobile number of the reference vectors is refused by name`(
        typed: String, home: Practice.Country, fault: PhoneNumber.Fault
    ) {
        #expect(read(typed, home: home) == .failure(fault))
    }

    @Test(arguments: [
        "0612345678", "06-12345678", "06-1234 5678", "06 12 34 56 78", "06.12.34.56.78",
        "06/12345678", "(06) 12345678", "[06] 12345678", "(06)12345678", "612345678",
        "6 12 34 56 78", "(0)6 12345678", "+31612345678", "+31 6 12345678", "+31-6-12345678",
        "+31.6.12345678", "+31(0)612345678", "+31 (0) 6 12 34 56 78", "(+31) 6 12345678",
        "(+31)(0)612345678", "+310612345678", "+31 06 12345678", "0031612345678", "00 31 612345678",
        "0031(0)6 12345678", "00310612345678", "+0031612345678", "31612345678", "31 6 12345678",
        "31 (0)6 12345678", "31 06 12345678", " 0612345678 ", "06\u{A0}12345678",
        "06\u{202F}12\u{2009}345678", "06\t12345678", "06\u{3000}12345678",
        "０６１２３４５６７８", "＋３１６１２３４５６７８", "（０６）１２３４５６７８", "06\u{2013}12345678",
        "06\u{2011}12345678", "06\u{2212}12345678", "06－12345678", "\u{202A}+31612345678\u{202C}",
        "\u{FEFF}0612345678", "06\u{AD}12345678", "06\u{200B}12345678", "٠٦١٢٣٤٥٦٧٨",
    ])
    func `one Dutch number in every spelling is one number`(spelling: String) {
        #expect(read(spelling, home: .netherlands) == .success("+31612345678"))
    }

    @Test(arguments: [
        "91234567", "912 34 567", "91 23 45 67", "912-34-567", "912.34.567", "(912) 34 567",
        "+47 912 34 567", "+4791234567", "+47-912-34-567", "(+47) 912 34 567", "(47) 912 34 567",
        "004791234567", "00 47 912 34 567", "+004791234567", "4791234567", "47 912 34 567",
        "+47 (0) 912 34 567", "091234567", "0 912 34 567", "+47091234567", "912\u{A0}34\u{A0}567",
        "９１２３４５６７", "912\u{2009}34\u{2009}567",
    ])
    func `one Norwegian number in every spelling is one number`(spelling: String) {
        #expect(read(spelling, home: .norway) == .success("+4791234567"))
    }

    @Test(
        arguments: ["31", "+31", "0031", "(31)", "(+31)", "+ 31", "３１"],
        [
            "06 12345678", "6 12345678", "(0)6-12345678", "+31 6 12345678", "0031612345678",
            "31612345678",
        ])
    func `country code and number may be typed apart`(code: String, number: String) {
        #expect(read(number, code: code, home: .norway) == .success("+31612345678"))
    }

    @Test(arguments: ["912 34 567", "0 912 34 567", "+47 912 34 567", "4791234567"])
    func `a Norwegian number apart from its country code is read in a Dutch practice`(
        number: String
    ) {
        #expect(read(number, code: "47", home: .netherlands) == .success("+4791234567"))
    }

    @Test(
        arguments: [
            ("+32 470 12 34 56", nil, "+32470123456"), ("0470 12 34 56", "32", "+32470123456"),
            ("+49 1512 3456789", nil, "+4915123456789"), ("070-123 45 67", "46", "+46701234567"),
            ("+46 (0)70-123 45 67", nil, "+46701234567"), ("07400 123456", "44", "+447400123456"),
            ("312 345 6789", "39", "+393123456789"), ("201 555 0123", "1", "+12015550123"),
        ] as [(String, String?, String)])
    func `a number of another allowed country is read`(
        typed: String, code: String?, e164: String
    ) {
        #expect(read(typed, code: code, home: .netherlands) == .success(e164))
    }

    @Test(arguments: [
        "", " ", "+", "00", "()", "-", "abc", "06 1234 567a", "06-CALLME12", "0800-FLOWERS",
        "tel:0612345678", "06 12345678 thuis", "06 12345678 ext. 3", "06,12345678",
        "06 12345678; 06 87654321", "06+12345678", "++31612345678", "*31#0612345678",
        "06 1234½5678", "jansen@example.nl", "06\u{0}12345678", "06💊12345678",
        String(repeating: "1", count: 65),
    ])
    func `what is not written as a number is none`(typed: String) {
        #expect(read(typed, home: .netherlands) == .failure(.notANumber))
    }

    @Test(arguments: [
        ("010 1234567", Practice.Country.netherlands, PhoneNumber.Fault.landline),
        ("+31 20 624 1111", .norway, .landline), ("21 00 00 00", .norway, .landline),
        ("79 02 12 34", .norway, .landline), ("68 12 34 56", .norway, .landline),
        ("0800 1234", .netherlands, .tollFree), ("800 12 345", .norway, .tollFree),
        ("0900 123456", .netherlands, .premiumRate), ("820 12 345", .norway, .premiumRate),
        ("097 012345678", .netherlands, .machine), ("+31 970 1234 5678", .norway, .machine),
        ("088 1234567", .netherlands, .otherService), ("085 1234567", .netherlands, .otherService),
        ("066 1234567", .netherlands, .otherService), ("02800", .norway, .otherService),
        ("880 12 345", .norway, .otherService), ("59 12 34 56", .norway, .unassigned),
        ("067 1234567", .netherlands, .unassigned), ("49 12 34 56", .norway, .unassigned),
        ("06 123456789", .netherlands, .tooLong), ("06 1234567890", .netherlands, .tooLong),
        ("06 12345678901234567", .netherlands, .tooLong), ("112", .netherlands, .tooShort),
        ("+31 6", .netherlands, .tooShort), ("9123456", .norway, .tooShort),
        ("0612345678", .norway, .tooLong), ("+47 580012345678", .norway, .tooLong),
        ("+999 12345678", .netherlands, .countryUnknown),
    ])
    func `a number that no code can go to is refused by name`(
        typed: String, home: Practice.Country, fault: PhoneNumber.Fault
    ) {
        #expect(read(typed, home: home) == .failure(fault))
    }

    @Test(arguments: ["999", "800", "0", "", "NL", "+", "12345", "3 1 0 0"])
    func `a country code of nobody is refused`(code: String) {
        #expect(read("612345678", code: code, home: .norway) == .failure(.countryUnknown))
    }

    @Test(arguments: [("31", "+47 912 34 567"), ("47", "0031 6 12345678"), ("32", "+31612345678")])
    func `two country codes that differ are refused`(code: String, number: String) {
        #expect(read(number, code: code, home: .netherlands) == .failure(.countryCodesDiffer))
    }

    @Test func `a practice may send to its own country only`() throws {
        #expect(
            read("+47 912 34 567", home: .netherlands, allowed: ["NL"])
                == .failure(.countryNotAllowed))
        #expect(
            read("06 12345678", home: .netherlands, allowed: ["NL"]) == .success("+31612345678"))
        // Guernsey and satellites share codes and kinds with what looks allowed.
        #expect(
            read("+44 7911 123456", home: .netherlands, allowed: ["NL", "GB"])
                == .failure(.countryNotAllowed))
        #expect(read("+881 612345678", home: .netherlands) == .failure(.countryNotAllowed))
        // A landline of a country that is not allowed: the country is what has to change.
        #expect(
            read("+32 2 123 45 67", home: .netherlands, allowed: ["NL"])
                == .failure(.countryNotAllowed))
    }

    @Test func `a number is shown by its last two digits`() throws {
        let number = try PhoneNumber(
            parsing: "06 12345678", home: .netherlands, allowed: ["NL"])
        #expect(number.masked == "•••78")
        #expect(number.country == "NL")
    }

    @Test func `a country is known by its two letters`() {
        #expect(PhoneNumber.isCountry("NL"))
        #expect(PhoneNumber.isCountry("NO"))
        for code in ["nl", "XX", "", "NLD", "001", "ZZ"] {
            #expect(!PhoneNumber.isCountry(code), "\(code)")
        }
    }

    @Test func `each fault has a code of its own`() {
        let codes = Set(PhoneNumber.Fault.allCases.map(\.code))
        #expect(codes.count == PhoneNumber.Fault.allCases.count)
    }
}
