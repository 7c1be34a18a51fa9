/// Who a practice's text messages seem to come from, checked by the rules of its country's networks
/// (NO-4; GSM 03.40 section 9.1.2.5).
///
/// What networks demand beyond spelling (a name registered, a number leased) can't be seen from here:
/// ``notes`` says it, for whoever configures the practice.
struct SenderID: Hashable, Sendable {
    /// A shorter name is refused by several networks.
    static let shortest = 3
    /// An address field has room for eleven characters of the SMS alphabet.
    static let longest = 11

    let text: String
    /// What else has to be arranged before messages arrive under it; never a reason to refuse.
    let notes: [Note]

    /// Why networks of the country would refuse or overwrite it.
    enum Fault: String, Error, CaseIterable, Sendable {
        case tooShort = "too-short"
        case tooLong = "too-long"
        /// Blanks at an end, which some networks cut off and others refuse.
        case blankAtEnd = "blank-at-end"
        /// A character that is not in the SMS alphabet.
        case foreignCharacter = "foreign-character"
        /// A name that could be anybody's, which networks forbid since fraud uses it.
        case generic
        /// A number where the country takes names only.
        case numberNotAllowed = "number-not-allowed"
        /// A number that is no short code of the country: a telephone number as sender is replaced or
        /// blocked.
        case numberNoShortCode = "number-no-short-code"
    }

    enum Note: String, CaseIterable, Sendable {
        /// The networks deliver names only after registering them, through the gateway's provider.
        case registerName = "register-name"
        /// A short code is leased from the networks; others' messages never go out under it.
        case leaseShortCode = "lease-short-code"
        /// Some networks replace all but letters, digits and blanks.
        case plainCharactersAreSafer = "plain-characters-are-safer"
    }

    /// A sender for the networks of one country.
    ///
    /// - Throws: the first thing that is wrong.
    init(_ text: String, country: Practice.Country) throws(Fault) {
        try self.init(text, countries: [country])
    }

    /// A sender for networks of several countries: each has to take it, and each adds its notes. With
    /// none, only what holds everywhere is checked.
    ///
    /// - Throws: the first thing that is wrong.
    init(_ text: String, countries: [Practice.Country]) throws(Fault) {
        guard let septets = GSM7.septets(of: text), !text.contains(where: \.isNewline) else {
            throw .foreignCharacter
        }
        guard text.first != " ", text.last != " " else { throw .blankAtEnd }
        var found: [Note] = []
        let digits = text.hasPrefix("+") ? text.dropFirst() : text[...]
        if !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            for country in countries { found += try Self.notes(onNumber: text, country) }
        } else {
            guard text.unicodeScalars.count >= Self.shortest else { throw .tooShort }
            guard septets <= Self.longest else { throw .tooLong }
            guard !Self.generic.contains(text.lowercased()) else { throw .generic }
            for country in countries { found += Self.notes(onName: text, country) }
        }
        notes = Note.allCases.filter(found.contains)
        self.text = text
    }

    private static func notes(
        onNumber text: String, _ country: Practice.Country
    ) throws(Fault) -> [Note] {
        switch country {
        case .netherlands: throw .numberNotAllowed
        // Norwegian short codes have four or five digits: 2077.
        case .norway:
            guard text.wholeMatch(of: /[1-9][0-9]{3,4}/) != nil else { throw .numberNoShortCode }
            return [.leaseShortCode]
        }
    }

    private static func notes(onName text: String, _ country: Practice.Country) -> [Note] {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x20: true
            default: false
            }
        }
        let plainness: [Note] = isPlain ? [] : [.plainCharactersAreSafer]
        switch country {
        case .netherlands: return plainness
        case .norway: return [.registerName] + plainness
        }
    }

    private static let generic: Set<String> = [
        "info", "sms", "code", "codes", "otp", "pin", "tan", "verify", "verification", "auth",
        "login", "security", "alert", "notice", "message", "service", "support", "test", "kode",
        "melding", "bericht", "beveiliging", "inloggen", "varsel",
    ]
}
