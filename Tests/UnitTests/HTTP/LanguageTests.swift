import Testing

@testable import Auth

@Suite struct LanguageTests {
    @Test(arguments: [
        ("nl", Language.dutch), ("nl-NL,nl;q=0.9,en;q=0.8", .dutch), ("NL-be", .dutch),
        ("nb", .bokmål), ("no", .bokmål), ("nn-NO", .bokmål), ("nb-NO,no;q=0.8", .bokmål),
        ("no-nyn", .bokmål), ("en-US,en;q=0.5", .english), ("de,fr;q=0.9,nb;q=0.1", .bokmål),
        ("en;q=0.5,nl;q=0.9", .dutch), ("en;q=0.5, nl;q=0.5", .english),
        ("en ; q=0.2 , nl", .dutch),
        ("nl;q=0,en;q=0.1", .english), ("*,nl;q=0.1", .dutch), ("nl_NL", .dutch),
        ("x;y;z,,nl", .dutch), ("en;q=abc,nb;q=0.3", .bokmål), ("en;level=1,nl", .dutch),
        ("en;q=1.5,nl;q=0.1", .dutch), ("en;q=-1,nl;q=0.1", .dutch), ("en;q=,nl;q=0.1", .dutch),
    ])
    func `the best of our languages is chosen`(header: String, language: Language) {
        #expect(Language(acceptLanguage: header) == language)
    }

    @Test(arguments: [
        "", " ", ",", "*", "de", "de-DE,fr;q=0.9", "nl;q=0", "nlx", "n", "netherlands", "q=1",
        ";q=1", "\u{0}", "en;q=0.0",
    ])
    func `a header that names none of ours leaves the choice to the practice`(header: String) {
        #expect(Language(acceptLanguage: header) == nil)
    }

    @Test func `an endless header costs no time`() {
        let header = String(repeating: "de;q=0.5,", count: 200_000) + "nl"
        let start = ContinuousClock.now
        #expect(Language(acceptLanguage: header) == nil)
        #expect(ContinuousClock.now - start < .seconds(1))
    }
}
