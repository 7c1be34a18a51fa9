import Foundation
import Postgres

/// One tenant: its country, its language and the policy its patients sign in under.
struct Practice: Sendable, Equatable {
    let id: UUID
    let name: String
    let country: Country
    let timeZone: TimeZone
    let locale: Language
    /// `aud` of every token that opens this practice (Z-6).
    let audience: String
    /// Where links in messages point, such as `https://portal.example`.
    let portalOrigin: String
    /// The words after "contact …" in a text (SC-10).
    let supportContact: String
    let policy: Policy

    enum Country: String, Sendable, CaseIterable {
        case netherlands = "NL"
        case norway = "NO"
    }

    /// What a practice may choose about signing in.
    struct Policy: Sendable, Equatable {
        /// Whether a confirmed mailbox may receive session codes.
        var emailCodes = true
        /// Seconds, at most 600 (SC-5).
        var codeLifetimeSeconds = 600
        /// Seconds before the first resend; the second waits twice, the third four times as long.
        var resendWaitSeconds = 30
        var sendsPerHour = 5
        var sendsPerDay = 10
    }
}

extension Practice {
    /// The columns of `practice` that ``init(_:)`` reads.
    static let columns = """
        practice.practice_id, practice.name as practice_name, practice.country,
               practice.time_zone, practice.locale as practice_locale, practice.audience,
               practice.portal_origin, practice.support_contact, practice.email_codes,
               practice.code_lifetime_seconds, practice.resend_wait_seconds,
               practice.sends_per_hour, practice.sends_per_day
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
            policy: Policy(
                emailCodes: try row.bool("email_codes"),
                codeLifetimeSeconds: try row.int("code_lifetime_seconds"),
                resendWaitSeconds: try row.int("resend_wait_seconds"),
                sendsPerHour: try row.int("sends_per_hour"),
                sendsPerDay: try row.int("sends_per_day")
            )
        )
    }

    /// An instant as the patient's clock shows it, such as `11:50` (SC-2).
    func clockTime(_ instant: Date) -> String {
        LocalTime.text(instant, in: timeZone)
    }
}
