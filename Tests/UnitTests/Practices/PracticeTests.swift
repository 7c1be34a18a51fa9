import Foundation
import Testing

@testable import Auth

/// The time that answer and mail name is the one on the patient's wall (SC-2).
@Suite struct PracticeTests {
    @Test(arguments: ["Europe/Amsterdam", "Europe/Oslo"])
    func `the clock goes forward in the night of 29 March and back in that of 25 October`(
        zone: String
    ) throws {
        let practice = Sample.practice(zone: zone)
        let expected = [
            ("2026-03-29T00:59:59Z", "01:59"),
            ("2026-03-29T01:00:00Z", "03:00"),
            ("2026-10-25T00:59:59Z", "02:59"),
            ("2026-10-25T01:00:00Z", "02:00"),
            ("2026-10-25T01:59:00Z", "02:59"),
            ("2026-01-10T10:50:00Z", "11:50"),
            ("2026-07-10T09:50:00Z", "11:50"),
            ("2026-12-31T23:00:00Z", "00:00"),
        ]
        for (instant, time) in expected {
            #expect(practice.clockTime(try Sample.instant(instant)) == time, "\(instant)")
        }
    }

    @Test func `the zone is the practice's and not the machine's`() throws {
        let instant = try Sample.instant("2026-07-10T09:50:00Z")
        #expect(Sample.practice(zone: "America/Curacao").clockTime(instant) == "05:50")
        #expect(Sample.practice(zone: "UTC").clockTime(instant) == "09:50")
    }

    @Test func `a practice starts with the limits of the product`() {
        let policy = Practice.Policy(of: .netherlands)
        #expect(policy.emailCodes && policy.passwordRules == .classic)
        #expect(policy.codeLifetimeSeconds == 600)
        #expect(policy.resendWaitSeconds == 30)
        #expect(policy.sendsPerHour == 5)
        #expect(policy.sendsPerDay == 10)
    }
}
