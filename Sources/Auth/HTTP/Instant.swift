import Foundation

extension Date {
    /// The instant in UTC as RFC 3339 with milliseconds, such as `2026-03-01T10:50:07.125Z`.
    ///
    /// Cut, never rounded up: an instant in an answer must not lie after the one in the database,
    /// which counts microseconds, so much of the date is exact.
    var rfc3339: String {
        let microseconds = Int((timeIntervalSince1970 * 1_000_000).rounded())
        let milliseconds = microseconds.flooredQuotientAndRemainder(by: 1000).0
        let (days, ofDay) = milliseconds.flooredQuotientAndRemainder(by: 86_400_000)
        let (year, month, day) = Self.civilDate(daysSinceEpoch: days)
        let (seconds, fraction) = ofDay.quotientAndRemainder(dividingBy: 1000)
        let (minutes, second) = seconds.quotientAndRemainder(dividingBy: 60)
        let (hour, minute) = minutes.quotientAndRemainder(dividingBy: 60)
        return "\(year.padded(4))-\(month.padded(2))-\(day.padded(2))"
            + "T\(hour.padded(2)):\(minute.padded(2)):\(second.padded(2)).\(fraction.padded(3))Z"
    }

    /// The instant as HTTP writes it, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 5.6.7).
    var imfFixdate: String {
        let total = Int(timeIntervalSince1970.rounded(.down))
        let (days, ofDay) = total.flooredQuotientAndRemainder(by: 86_400)
        let (year, month, day) = Self.civilDate(daysSinceEpoch: days)
        // 1 January 1970 was a Thursday.
        let weekday = Self.weekdays[(days + 4).flooredQuotientAndRemainder(by: 7).1]
        let (minutes, second) = ofDay.quotientAndRemainder(dividingBy: 60)
        let (hour, minute) = minutes.quotientAndRemainder(dividingBy: 60)
        return "\(weekday), \(day.padded(2)) \(Self.months[month - 1]) \(year.padded(4)) "
            + "\(hour.padded(2)):\(minute.padded(2)):\(second.padded(2)) GMT"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Year, month and day of the proleptic Gregorian calendar, by counting from 1 March of year 0,
    /// so that the leap day is the last of its year; Foundation's calendars cost a hundred times
    /// this.
    private static func civilDate(daysSinceEpoch: Int) -> (year: Int, month: Int, day: Int) {
        let (era, dayOfEra) = (daysSinceEpoch + 719_468).flooredQuotientAndRemainder(by: 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

extension Int {
    fileprivate func flooredQuotientAndRemainder(by divisor: Int) -> (Int, Int) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }

    fileprivate func padded(_ width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
    }
}
