import Foundation
import Testing

@testable import Auth

@Suite struct LocalTimeTests {
    @Test(arguments: [
        ("2026-09-01T09:50:00Z", "Europe/Amsterdam", "11:50"),
        ("2026-12-01T10:50:00Z", "Europe/Amsterdam", "11:50"),
        ("2026-09-01T09:50:59Z", "Europe/Oslo", "11:50"),
        ("2026-09-01T22:05:00Z", "Europe/Oslo", "00:05"),
        ("2026-09-01T06:07:00Z", "Europe/Oslo", "08:07"),
        // The hour that comes twice: the reference tells the two apart.
        ("2026-10-25T00:30:00Z", "Europe/Oslo", "02:30"),
        ("2026-10-25T01:30:00Z", "Europe/Oslo", "02:30"),
        ("1969-12-31T23:59:00Z", "UTC", "23:59"),
    ])
    func `an instant reads as the clock on the wall`(
        instant: String, zone: String, expected: String
    ) throws {
        let date = try Date.ISO8601FormatStyle().parse(instant)
        #expect(LocalTime.text(date, in: try #require(TimeZone(identifier: zone))) == expected)
    }

    @Test(arguments: [
        ("2026-11-22T10:50:00Z", "nl", "22 november, 11:50"),
        ("2026-01-01T22:59:00Z", "nl", "1 januari, 23:59"),
        ("2026-12-31T23:05:00Z", "nb", "1. januar, 00:05"),
        ("2026-05-17T10:00:00Z", "nb", "17. mai, 12:00"),
        ("2026-03-09T10:50:00Z", "en", "9 March, 11:50"),
        ("2026-12-09T10:50:00Z", "fy", "9 December, 11:50"),
    ])
    func `an instant reads with its day where it may be another one`(
        instant: String, locale: String, expected: String
    ) throws {
        let date = try Date.ISO8601FormatStyle().parse(instant)
        let zone = try #require(TimeZone(identifier: "Europe/Amsterdam"))
        #expect(LocalTime.dated(date, in: zone, locale: locale) == expected)
    }

    @Test func `a minute is never rounded up`() throws {
        let date = try Date.ISO8601FormatStyle().parse("2026-09-01T09:50:59Z") + 0.9996
        #expect(LocalTime.text(date, in: .gmt) == "09:50")
    }
}
