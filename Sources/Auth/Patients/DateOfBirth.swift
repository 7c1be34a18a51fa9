import Foundation

/// The day on which a person was born, in the Gregorian calendar.
struct DateOfBirth: Sendable, Hashable {
    let year: Int
    let month: Int
    let day: Int

    /// The oldest person alive was born later.
    static let earliestYear = 1900

    /// Reads `1950-03-12` (ISO 8601), spelled exactly so (AC-2).
    ///
    /// - Parameters:
    ///   - now: the present, which nobody was born after.
    ///   - zone: where it is today; the practice's.
    init(_ text: String, now: Date, in zone: TimeZone) throws(Fault) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2],
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
        else { throw .wrongFormat }
        guard Self.exists(year: year, month: month, day: day) else { throw .noSuchDay }
        guard year >= Self.earliestYear else { throw .tooLongAgo }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let today = calendar.dateComponents([.year, .month, .day], from: now)
        guard (year, month, day) <= (today.year ?? 0, today.month ?? 0, today.day ?? 0) else {
            throw .inFuture
        }
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// `1950-03-12`.
    var text: String { String(format: "%04d-%02d-%02d", year, month, day) }

    static func exists(year: Int, month: Int, day: Int) -> Bool {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...12).contains(month) && day >= 1 && day <= days[month - 1]
    }

    /// Why a text is no date of birth; a closed list.
    enum Fault: Error, Hashable, Sendable {
        /// Not spelled as `1950-03-12`.
        case wrongFormat
        case noSuchDay
        case inFuture
        case tooLongAgo
    }
}
