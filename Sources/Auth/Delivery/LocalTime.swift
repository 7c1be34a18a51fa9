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
}
