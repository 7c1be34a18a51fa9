import Foundation

/// An instant as the patient's clock shows it, `11:50` (SC-2).
enum LocalTime {
    /// Hours and minutes in the zone, 24 hours, two digits each.
    static func text(_ instant: Date, in zone: TimeZone) -> String {
        let secondsOfDay =
            Int(
                (instant.timeIntervalSince1970 + Double(zone.secondsFromGMT(for: instant)))
                    .rounded(.down)
            ) % 86_400
        let minutes = (secondsOfDay < 0 ? secondsOfDay + 86_400 : secondsOfDay) / 60
        return "\(minutes / 60 < 10 ? "0" : "")\(minutes / 60):"
            + "\(minutes % 60 < 10 ? "0" : "")\(minutes % 60)"
    }

    /// With the day, `22 november, 11:50`; in English for a language that has no names of months here.
    static func dated(_ instant: Date, in zone: TimeZone, locale: String) -> String {
        let language = Language(rawValue: locale) ?? .english
        return "\(date(instant, in: zone, language).day), \(text(instant, in: zone))"
    }

    /// The day alone, as a letter has it: `22 november 2026`.
    static func day(_ instant: Date, in zone: TimeZone, language: Language) -> String {
        let date = date(instant, in: zone, language)
        return "\(date.day) \(date.year)"
    }

    private static func date(
        _ instant: Date, in zone: TimeZone, _ language: Language
    ) -> (day: String, year: Int) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let parts = calendar.dateComponents([.day, .month, .year], from: instant)
        let month = language.months[(parts.month ?? 1) - 1]
        let day = language == .bokmål ? "\(parts.day ?? 1)." : "\(parts.day ?? 1)"
        return ("\(day) \(month)", parts.year ?? 1970)
    }
}

extension Language {
    fileprivate var months: [String] {
        switch self {
        case .dutch:
            [
                "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus",
                "september", "oktober", "november", "december",
            ]
        case .bokmål:
            [
                "januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september",
                "oktober", "november", "desember",
            ]
        case .english:
            [
                "January", "February", "March", "April", "May", "June", "July", "August",
                "September", "October", "November", "December",
            ]
        }
    }
}
