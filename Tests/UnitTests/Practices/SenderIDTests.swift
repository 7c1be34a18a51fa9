import Testing

@testable import Auth

/// Sender ids that Dutch and Norwegian networks take, and why they refuse the others (NO-4).
@Suite struct SenderIDTests {
    private func check(
        _ text: String, _ country: Practice.Country
    ) -> Result<[SenderID.Note], SenderID.Fault> {
        Result { () throws(SenderID.Fault) in try SenderID(text, country: country).notes }
    }

    @Test(
        arguments: [
            ("DeLinde", Practice.Country.netherlands, []), ("De Linde", .netherlands, []),
            ("Apotheek 1", .netherlands, []), ("12345678901", .norway, nil),
            ("HuisartsABC", .netherlands, []),
            ("Dr.Jansen", .netherlands, [.plainCharactersAreSafer]),
            ("Bryggen", .norway, [.registerName]),
            ("Åse & Co", .norway, [.registerName, .plainCharactersAreSafer]),
            ("2077", .norway, [.leaseShortCode]), ("26112", .norway, [.leaseShortCode]),
            ("Legene2077", .norway, [.registerName]),
        ] as [(String, Practice.Country, [SenderID.Note]?)])
    func `what networks take is taken, with what else has to be arranged`(
        text: String, country: Practice.Country, notes: [SenderID.Note]?
    ) {
        #expect((try? check(text, country).get()) == notes)
    }

    @Test(arguments: [
        ("", SenderID.Fault.tooShort), ("AB", .tooShort), ("HuisartsABCD", .tooLong),
        // Two septets each.
        ("[Apotheek]x", .tooLong), (" DeLinde", .blankAtEnd), ("DeLinde ", .blankAtEnd),
        ("Zoë", .foreignCharacter), ("De\u{A0}Linde", .foreignCharacter),
        ("💊💊💊", .foreignCharacter),
        ("De\nLinde", .foreignCharacter), ("INFO", .generic), ("Verify", .generic),
    ])
    func `a name that networks refuse is refused in every country`(
        text: String, fault: SenderID.Fault
    ) {
        for country in Practice.Country.allCases {
            #expect(check(text, country) == .failure(fault))
        }
    }

    @Test func `what goes to several countries is held to the rules of each`() throws {
        let both: [Practice.Country] = [.netherlands, .norway]
        #expect(
            try SenderID("Dr.Lie", countries: both).notes
                == [.registerName, .plainCharactersAreSafer])
        #expect(throws: SenderID.Fault.numberNotAllowed) {
            try SenderID("2077", countries: both.reversed())
        }
        #expect(try SenderID("2077", countries: []).notes == [])
    }

    @Test(arguments: ["2077", "31612345678", "+31612345678", "1"])
    func `Dutch networks take names only`(text: String) {
        #expect(check(text, .netherlands) == .failure(.numberNotAllowed))
    }

    @Test(arguments: ["207", "207712", "0777", "+2077", "91234567", "+4791234567"])
    func `a Norwegian number is a short code`(text: String) {
        #expect(check(text, .norway) == .failure(.numberNoShortCode))
    }
}
