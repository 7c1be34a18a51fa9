import Foundation

/// Whose records an account comes to see by a link, and until when (Z-15).
struct PatientRole: Sendable, Equatable {
    enum Role: String, Sendable, CaseIterable {
        case `self`, parent, representative
    }

    let role: Role
    /// Nil where nothing ends it.
    let endsAt: Date?

    /// From this birthday on a patient decides alone who sees their records (NL: WGBO, article 447 of
    /// book 7 of the civil code; NO: pasient- og brukerrettighetsloven § 4-3).
    static let ageOfOwnRecords = 16
    /// Below it a person is a minor.
    static let ageOfMajority = 18

    /// A child's records are a parent's until the child decides alone. Those of anybody else are one's
    /// own; where the account has a patient of its own here, ``LinkAccount`` makes them those of a person
    /// cared for.
    init(birth: DateOfBirth?, now: Date, in zone: TimeZone) {
        if let birth, let end = birth.birthday(Self.ageOfOwnRecords, in: zone), end > now {
            (role, endsAt) = (.parent, end)
        } else {
            (role, endsAt) = (.self, nil)
        }
    }
}

extension DateOfBirth {
    /// When the day begins on which the person comes to that age; a person of 29 February on 1 March.
    func birthday(_ age: Int, in zone: TimeZone) -> Date? {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        return calendar.date(
            from: DateComponents(year: year + age, month: month, day: day))
    }

    /// Whether somebody born then is a minor.
    func isMinor(now: Date, in zone: TimeZone) -> Bool {
        birthday(PatientRole.ageOfMajority, in: zone).map { $0 > now } ?? false
    }
}
