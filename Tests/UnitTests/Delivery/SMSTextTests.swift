import Testing

@testable import Auth

/// What a text message costs (3GPP TS 23.038), and what makes it dearer.
@Suite struct SMSTextTests {
    @Test(arguments: [
        ("", 1), ("a", 1), (String(repeating: "a", count: 160), 1),
        (String(repeating: "a", count: 161), 2), (String(repeating: "a", count: 306), 2),
        (String(repeating: "a", count: 307), 3), (String(repeating: "€", count: 80), 1),
        (String(repeating: "€", count: 81), 2),
        // An extended character is not cut in two: 152 of 153 septets are used.
        (String(repeating: "€", count: 153), 3),
        (String(repeating: "ø", count: 160), 1), (String(repeating: "ë", count: 70), 1),
        (String(repeating: "ë", count: 71), 2), (String(repeating: "ë", count: 135), 3),
        (String(repeating: "💊", count: 35), 1), (String(repeating: "💊", count: 36), 2),
        // Nor is a pair of surrogates: 66 of 67.
        (String(repeating: "💊", count: 67), 3),
    ])
    func `a text is counted in the messages that the network makes of it`(
        text: String, segments: Int
    ) {
        #expect(SMSText(text).segments == segments)
    }

    @Test func `what forces a text out of the alphabet is named once each`() {
        #expect(SMSText("Øvre Årdal: æøå ÆØÅ, één à ü ñ ß £ ¥ @ _ § ¿").foreign.isEmpty)
        #expect(SMSText("[1] {2} ~ ^ \\ | €").foreign.isEmpty)
        #expect(SMSText("Zoë’s café – ë").foreign.map(String.init) == ["ë", "’", "–"])
        #expect(SMSText("ç`á").foreign.map(String.init) == ["ç", "`", "á"])
    }

    /// 3GPP TS 23.038: 128 places less the escape; ten of the extension table.
    @Test func `the alphabet has 127 characters and ten more`() {
        let widths = (0...0xFFFF).compactMap { Unicode.Scalar($0) }.map(GSM7.septets(of:))
        #expect(widths.count { $0 == 1 } == 127)
        #expect(widths.count { $0 == 2 } == 10)
    }

    @Test(arguments: [
        ("Huisartsenpraktijk De Linde", "Huisartsenpraktijk De Linde"),
        ("Zoë & Daniël – tandartsen", "Zoe & Daniel - tandartsen"),
        ("Legekontoret på Bryggen", "Legekontoret på Bryggen"),
        ("Praktijk ‘t Hoenders", "Praktijk 't Hoenders"), ("Garçon", "Garcon"),
        ("ŠIAULIŲ klinika", "SIAULIU klinika"), ("Łódź", "Lodz"), ("De\u{A0}Linde", "De Linde"),
        ("De\nLinde ™", "De Linde TM"), ("诊所", ""), ("诊所 De Linde 💊", "De Linde"),
    ])
    func `a name is spelled in the alphabet`(name: String, spelled: String) {
        #expect(GSM7.transliterated(name) == spelled)
        #expect(SMSText(GSM7.transliterated(name)).foreign.isEmpty)
    }

    @Test(arguments: [
        ("Huisartsenpraktijk De Linde", 27, "Huisartsenpraktijk De Linde"),
        ("Huisartsenpraktijk De Linde", 26, "Huisartsenpraktijk"),
        ("Huisartsenpraktijk De Linde", 20, "Huisartsenpraktijk"),
        ("Huisartsenpraktijk De Linde", 11, "Huisartsenp"),
        ("Legekontoret på Bryggen", 20, "Legekontoret"),
        ("Centrum voor Tandheelkunde, Mondzorg en meer", 34, "Centrum voor Tandheelkunde"),
        ("Linde & Zn. apotheek", 10, "Linde"), ("Linde-apotheek", 6, "Linde"),
        ("€€€€", 5, "€€"), ("De Linde", 0, ""),
    ])
    func `a long name is cut to its first words`(name: String, room: Int, shown: String) {
        #expect(SMSName.cut(name, to: room) == shown)
    }
}
