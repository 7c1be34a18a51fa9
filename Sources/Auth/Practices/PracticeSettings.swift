import Foundation

/// What the settings of a practice may be: the one place that knows, for `PUT /v1/practice` and for
/// `practice create` alike.
extension Practice {
    /// Characters (Unicode scalars) of a setting.
    enum Longest {
        static let name = 100
        static let supportContact = 200
        static let smsPriceNote = 200
        static let portalOrigin = 253
        static let audience = 255
    }

    /// People who answer for a practice.
    static let adminContactLimit = 5
    static let smsPerDayRange = 0...1_000_000
    /// Hundredths of the currency.
    static let smsCostPerDayRange = 0...1_000_000_00

    /// This practice with what `fields` hold; what they do not name stays as it is, so that a caller
    /// that knows fewer settings than we do resets none of them.
    ///
    /// Every fault is noted in `fields`; the result means nothing where there is one.
    func changed(by fields: inout FieldReader) -> Practice {
        var changed = self
        fields.demand("id", toBe: id.text)
        fields.demand("audience", toBe: audience)
        _ = fields.take("sender_id_notes")  // Follows from the others.
        if let name = fields.optionalTrimmed("name", max: Longest.name) { changed.name = name }
        if let country = fields.optionalChoice("country", of: Country.self) {
            changed.country = country
        }
        if let zone = fields.optionalString("time_zone", max: 64) {
            if TimeZone.knownTimeZoneIdentifiers.contains(zone),
                let timeZone = TimeZone(identifier: zone)
            {
                changed.timeZone = timeZone
            } else {
                fields.refuse("time_zone", .notAllowed)
            }
        }
        if let locale = fields.optionalChoice("locale", of: Language.self) {
            changed.locale = locale
        }
        if let origin = fields.optionalString("portal_origin", max: Longest.portalOrigin) {
            if !Self.isOrigin(origin) { fields.refuse("portal_origin", .wrongFormat) }
            changed.portalOrigin = origin
        }
        if let contact = fields.optionalTrimmed("support_contact", max: Longest.supportContact) {
            changed.supportContact = contact
        }
        if let contacts = fields.optionalElements(
            "admin_contacts", max: EmailAddress.longest, count: 0...Self.adminContactLimit,
            orElse: .wrongFormat, { EmailAddress($0)?.typed })
        {
            changed.adminContacts = contacts
        }
        changed.smsPriceNote = fields.nullable("sms_price_note", now: smsPriceNote) { fields in
            fields.optionalTrimmed("sms_price_note", max: Longest.smsPriceNote)
        }
        changed.senderID = fields.nullable("sender_id", now: senderID) { fields in
            fields.optionalString("sender_id", max: 16)
        }
        fields.optionalObject("policy") { [country = changed.country] in
            changed.policy.change(by: &$0, in: country)
        }
        if let sender = changed.senderID {
            // A change of country, or of where messages may go, changes what their networks take.
            do throws(SenderID.Fault) {
                _ = try SenderID(sender, countries: changed.ownSenderCountries)
            } catch {
                fields.refuse("sender_id", error.code)
            }
        }
        if changed.policy == policy, policy.nationalNumberLogin, !changed.country.allowsNumberLogin
        {
            // Another country alone would leave it with a login that is against the law there.
            fields.refuse("country", .notAllowed)
        }
        return changed
    }

    /// `https://host` or `https://host:port`, in lower case: an origin as browsers write it
    /// (RFC 6454), which links and the last line of an SMS are made from.
    static func isOrigin(_ text: String) -> Bool {
        let shape = /https:\/\/([a-z0-9.-]+)(:[1-9][0-9]{0,4})?/
        guard let match = text.wholeMatch(of: shape) else { return false }
        if let port = match.2, (Int(port.dropFirst()) ?? 65_536) > 65_535 { return false }
        return match.1.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
        }
    }

    /// Whose networks see its sender id, wherever a gateway has none of its own.
    private var ownSenderCountries: [Practice.Country] {
        [country] + policy.senderCountries.filter { $0 != country }
    }

    /// What else has to be arranged before messages arrive under its sender id, and under those that
    /// its SMS gateways have of their own.
    func senderIDNotes(with gateways: [Gateway]) -> [String] {
        let own = senderID.flatMap { try? SenderID($0, countries: ownSenderCountries) }
        let theirs = gateways.filter { $0.kind == .sms }.compactMap(\.settings.sender)
            .compactMap { try? SenderID($0, countries: policy.senderCountries) }
        let notes = ([own].compactMap(\.self) + theirs).flatMap(\.notes)
        return SenderID.Note.allCases.filter(notes.contains).map(\.rawValue)
    }
}

extension Practice.Policy {
    static let codeLifetimeRange = 30...600
    static let resendWaitRange = 1...600
    static let sendsPerHourRange = 1...1_000
    static let sendsPerDayRange = 1...10_000
    /// Time to type a code; and never more than five minutes (Z-15).
    static let stepUpMaxAgeRange = 60...300

    fileprivate mutating func change(
        by fields: inout FieldReader, in country: Practice.Country
    ) {
        func take(_ name: String, _ range: ClosedRange<Int>, _ value: inout Int) {
            if let number = fields.optionalInt(name, in: range) { value = number }
        }
        if let choice = fields.optionalBool("email_codes") { emailCodes = choice }
        take("code_lifetime_seconds", Self.codeLifetimeRange, &codeLifetimeSeconds)
        take("resend_wait_seconds", Self.resendWaitRange, &resendWaitSeconds)
        take("sends_per_hour", Self.sendsPerHourRange, &sendsPerHour)
        take("sends_per_day", Self.sendsPerDayRange, &sendsPerDay)
        if let countries = fields.optionalElements(
            "allowed_countries", max: 2, count: 1...Self.countryLimit, orElse: .notAllowed,
            { PhoneNumber.isCountry($0) ? $0 : nil })
        {
            allowedCountries = countries
        }
        take("sms_per_day", Practice.smsPerDayRange, &smsPerDay)
        take("sms_cost_per_day", Practice.smsCostPerDayRange, &smsCostPerDay)
        if let currency = fields.optionalChoice(
            "sms_cost_currency", of: Practice.Currency.self)
        {
            smsCostCurrency = currency
        }
        if let rules = fields.optionalChoice("password_rules", of: PasswordPolicy.Rules.self) {
            passwordRules = rules
        }
        changeNumbers(by: &fields, in: country)
        if let choice = fields.optionalBool("identity_by_details") { identityByDetails = choice }
        if let choice = fields.optionalBool("invitation_reminder") { invitationReminder = choice }
        if let choice = fields.optionalChoice("second_factor", of: SecondFactor.self) {
            secondFactor = choice
        }
        if let choice = fields.optionalChoice("super_pin", of: SuperPINRule.self) {
            superPIN = choice
        }
        if let choice = fields.optionalBool("remembered_device") { rememberedDevice = choice }
        take("step_up_max_age_seconds", Self.stepUpMaxAgeRange, &stepUpMaxAgeSeconds)
    }

    /// A login by national number needs the number in the register, and a country that allows it.
    private mutating func changeNumbers(
        by fields: inout FieldReader, in country: Practice.Country
    ) {
        let kept = fields.optionalBool("national_numbers")
        if let choice = fields.optionalBool("national_number_login") {
            nationalNumberLogin = choice
        }
        if nationalNumberLogin, !country.allowsNumberLogin {
            fields.refuse("national_number_login", .notAllowed)
        }
        if nationalNumberLogin, kept == false { fields.refuse("national_numbers", .notAllowed) }
        nationalNumbers = nationalNumberLogin || kept ?? nationalNumbers
        if let choice = fields.optionalBool("synthetic_numbers") { syntheticNumbers = choice }
        if let required = fields.optionalElements(
            "required_for_enrolment", max: 32, count: 0...EnrolmentRequirement.allCases.count,
            orElse: .notAllowed, EnrolmentRequirement.init)
        {
            requiredForEnrolment = Set(required)
        }
    }

    /// More than there are.
    private static let countryLimit = 300

    /// The countries that get an SMS and whose networks have rules for its sender.
    var senderCountries: [Practice.Country] {
        allowedCountries.compactMap(Practice.Country.init(rawValue:))
    }
}

extension Practice.Country {
    /// Whether a national number may be a login name: the Dutch citizen service number may not
    /// (UAVG article 46, Z-18).
    var allowsNumberLogin: Bool { self != .netherlands }
}

extension SenderID.Fault {
    /// What a field that holds a sender id is refused for.
    var code: Problem.Fault.Code {
        switch self {
        case .tooShort: .tooShort
        case .tooLong: .tooLong
        case .blankAtEnd, .foreignCharacter: .wrongFormat
        case .generic, .numberNotAllowed, .numberNoShortCode: .notAllowed
        }
    }
}
