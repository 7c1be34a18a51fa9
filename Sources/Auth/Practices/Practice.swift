import Foundation
import Postgres

/// One tenant: its country, its language and the policy its patients sign in under.
struct Practice: Sendable, Equatable {
    let id: UUID
    var name: String
    var country: Country
    var timeZone: TimeZone
    var locale: Language
    /// `aud` of every token that opens this practice (Z-6); fixed when the practice is made.
    let audience: String
    /// Where links in messages point, such as `https://portal.example`.
    var portalOrigin: String
    /// The words after "contact …" in a text (SC-10).
    var supportContact: String
    /// E-mail addresses of those who answer for these settings and for the practice's keys (Z-9).
    var adminContacts: [String] = []
    /// What an SMS costs the patient, in the practice's own words (NO-4).
    var smsPriceNote: String?
    /// Whom an SMS comes from, a name or a number (NO-4).
    var senderID: String?
    var policy: Policy
    /// Rises with each change, so that nobody overwrites what they have not seen.
    var revision = 1

    enum Country: String, Sendable, CaseIterable {
        case netherlands = "NL"
        case norway = "NO"
    }

    /// What a ceiling in money counts.
    enum Currency: String, Sendable, CaseIterable {
        case euro = "EUR"
        case norwegianKrone = "NOK"
    }

    /// What a practice may choose about signing in, codes and their cost.
    struct Policy: Sendable, Equatable {
        /// Whether a confirmed mailbox may receive session codes.
        var emailCodes = true
        /// Seconds, at most 600 (SC-5).
        var codeLifetimeSeconds = 600
        /// Seconds before the first resend; the second waits twice, the third four times as long.
        var resendWaitSeconds = 30
        var sendsPerHour = 5
        var sendsPerDay = 10
        /// Whose mobile numbers may receive an SMS (NO-3); ISO 3166-1 alpha-2, never empty.
        var allowedCountries: [String]
        /// SMS a day over all patients (NO-4, SU-6); 0 sends none.
        var smsPerDay = 500
        /// What they may cost a day, in hundredths of ``smsCostCurrency``; 0 sends none.
        var smsCostPerDay: Int
        var smsCostCurrency: Currency
        /// What a new password must be (IN-4).
        var passwordRules = PasswordPolicy.Rules.classic
        /// Whether the register may hold national numbers (V1).
        var nationalNumbers = false
        /// Whether a patient signs in with the one that the register holds (NO-2); never in the
        /// Netherlands (Z-18).
        var nationalNumberLogin = false
        /// Whether national numbers made for tests are taken.
        var syntheticNumbers = false
        /// What the register must hold of a patient before they can enrol (NO-1).
        var requiredForEnrolment: Set<EnrolmentRequirement>
        /// Whether e-mail address, date of birth and postcode prove who somebody is, with a fresh mail
        /// (AC-3); weak, and never for minors or shared addresses (Z-16).
        var identityByDetails = true
        /// Whether an invitation that is still open shortly before its end is brought to mind, once.
        var invitationReminder = false

        /// What a sign-in needs beside the password.
        var secondFactor = SecondFactor.required
        /// Whether patients must make a super-PIN of their own at their first sign-in (AC-5).
        var superPIN = SuperPINRule.optional
        /// Whether a patient may have a device remembered, which is then asked for no code; it lowers the
        /// `acr` of what it signs in.
        var rememberedDevice = false
        /// How old, in seconds, a sign-in may be that a sensitive act rests on (RFC 9470).
        var stepUpMaxAgeSeconds = 300

        /// Whether it lets any SMS go out at all.
        var sendsSMS: Bool { smsPerDay > 0 && smsCostPerDay > 0 }

        enum SecondFactor: String, Sendable, CaseIterable {
            /// A code; by mail too, where ``emailCodes`` lets it.
            case required
            /// The first sign-in goes on until the patient has a phone or an app for codes (AC-7).
            case phoneOrApp = "phone-or-app"
        }

        enum SuperPINRule: String, Sendable, CaseIterable {
            case optional, required
        }

        /// What a practice of that country begins with.
        init(of country: Country) {
            allowedCountries = [country.rawValue]
            smsCostCurrency = country.currency
            smsCostPerDay = country.smsCostPerDay
            requiredForEnrolment = country.requiredForEnrolment
        }
    }
}

extension Practice.Country {
    var currency: Practice.Currency {
        switch self {
        case .netherlands: .euro
        case .norway: .norwegianKrone
        }
    }

    /// A Norwegian portal asks for all three (NO-1); a Dutch one for a way to reach the patient, which
    /// the invitation itself has.
    fileprivate var requiredForEnrolment: Set<EnrolmentRequirement> {
        switch self {
        case .netherlands: []
        case .norway: Set(EnrolmentRequirement.allCases)
        }
    }

    /// Some five hundred SMS.
    var smsCostPerDay: Int {
        switch self {
        case .netherlands: 50_00
        case .norway: 500_00
        }
    }
}

extension Practice {
    /// The columns of `practice` that ``init(_:)`` reads.
    static let columns = """
        practice.practice_id, practice.name as practice_name, practice.country,
               practice.time_zone, practice.locale as practice_locale, practice.audience,
               practice.portal_origin, practice.support_contact, practice.admin_contacts,
               practice.sms_price_note, practice.sender_id, practice.email_codes,
               practice.code_lifetime_seconds, practice.resend_wait_seconds,
               practice.sends_per_hour, practice.sends_per_day, practice.allowed_countries,
               practice.sms_per_day, practice.sms_cost_per_day, practice.sms_cost_currency,
               practice.password_rules,
               practice.national_numbers, practice.national_number_login,
               practice.synthetic_numbers, practice.required_for_enrolment,
               practice.identity_by_details, practice.invitation_reminder,
               practice.second_factor, practice.super_pin, practice.remembered_device,
               practice.step_up_max_age_seconds, practice.revision as practice_revision
        """

    init(_ row: Row) throws {
        let zone = try row.text("time_zone")
        guard
            let timeZone = TimeZone(identifier: zone),
            let country = Country(rawValue: try row.text("country")),
            let locale = Language(rawValue: try row.text("practice_locale"))
        else { throw PostgresError.undecodable("practice") }
        self.init(
            id: try row.uuid("practice_id"),
            name: try row.text("practice_name"),
            country: country,
            timeZone: timeZone,
            locale: locale,
            audience: try row.text("audience"),
            portalOrigin: try row.text("portal_origin"),
            supportContact: try row.text("support_contact"),
            adminContacts: try row.texts("admin_contacts"),
            smsPriceNote: try row.textIfPresent("sms_price_note"),
            senderID: try row.textIfPresent("sender_id"),
            policy: try Policy(row, country: country),
            revision: try row.int("practice_revision")
        )
    }

    /// An instant as the patient's clock shows it, such as `11:50` (SC-2).
    func clockTime(_ instant: Date) -> String {
        LocalTime.text(instant, in: timeZone)
    }
}

extension Practice.Policy {
    init(_ row: Row, country: Practice.Country) throws {
        self.init(of: country)
        emailCodes = try row.bool("email_codes")
        codeLifetimeSeconds = try row.int("code_lifetime_seconds")
        resendWaitSeconds = try row.int("resend_wait_seconds")
        sendsPerHour = try row.int("sends_per_hour")
        sendsPerDay = try row.int("sends_per_day")
        smsPerDay = try row.int("sms_per_day")
        nationalNumbers = try row.bool("national_numbers")
        nationalNumberLogin = try row.bool("national_number_login")
        syntheticNumbers = try row.bool("synthetic_numbers")
        identityByDetails = try row.bool("identity_by_details")
        invitationReminder = try row.bool("invitation_reminder")
        rememberedDevice = try row.bool("remembered_device")
        stepUpMaxAgeSeconds = try row.int("step_up_max_age_seconds")
        // What was never chosen goes by the country.
        if let required = try row.textsIfPresent("required_for_enrolment") {
            requiredForEnrolment = Set(required.compactMap(EnrolmentRequirement.init))
        }
        if let countries = try row.textsIfPresent("allowed_countries") {
            allowedCountries = countries
        }
        if let cost = try row.intIfPresent("sms_cost_per_day") { smsCostPerDay = cost }
        if let currency = try row.textIfPresent("sms_cost_currency") {
            guard let known = Practice.Currency(rawValue: currency) else {
                throw PostgresError.undecodable("sms_cost_currency")
            }
            smsCostCurrency = known
        }
        guard let rules = PasswordPolicy.Rules(rawValue: try row.text("password_rules")) else {
            throw PostgresError.undecodable("password_rules")
        }
        passwordRules = rules
        guard let factor = SecondFactor(rawValue: try row.text("second_factor")),
            let superPIN = SuperPINRule(rawValue: try row.text("super_pin"))
        else { throw PostgresError.undecodable("second_factor") }
        secondFactor = factor
        self.superPIN = superPIN
    }
}
