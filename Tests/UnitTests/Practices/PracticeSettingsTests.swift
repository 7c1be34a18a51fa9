import Foundation
import Testing

@testable import Auth

/// What the settings of a practice may be.
@Suite struct PracticeSettingsTests {
    @Test(arguments: [
        ("https://portal.example", true), ("https://portal.example:8443", true),
        ("https://localhost", true), ("https://xn--prktik-fua.example", true),
        ("http://portal.example", false), ("https://portal.example/", false),
        ("https://portal.example/login", false), ("https://Portal.example", false),
        ("https://user@portal.example", false), ("https://portal.example:0", false),
        ("https://portal.example:65536", false), ("https://portal..example", false),
        ("https://-portal.example", false), ("https://portal.example?a", false),
        ("https://", false), ("portal.example", false), ("https://pörtal.example", false),
        ("https://portal.example\n", false), ("javascript:alert(1)", false),
    ])
    func `an origin is https, a host and perhaps a port`(text: String, isOrigin: Bool) {
        #expect(Practice.isOrigin(text) == isOrigin)
    }

    @Test(arguments: [
        ("2026-03-01T10:50:07Z", true), ("2026-03-01T10:50:07.125Z", true),
        ("2024-02-29T00:00:00Z", true), ("2026-02-29T00:00:00Z", false),
        ("2026-03-01T24:00:00Z", false), ("2026-03-01T10:50:60Z", false),
        ("2026-03-01T10:50:07+01:00", false), ("2026-03-01 10:50:07Z", false),
        ("2026-03-01", false), ("2026-13-01T10:50:07Z", false), ("", false),
    ])
    func `an instant is RFC 3339 in UTC, and exists`(text: String, isInstant: Bool) {
        var fields = FieldReader([JSONMember("at", .string(text))])
        #expect((fields.optionalInstant("at") != nil) == isInstant)
        #expect(fields.faults.isEmpty == isInstant)
    }

    @Test func `what is not named stays as it is`() throws {
        var practice = Sample.practice()
        practice.senderID = "DeLinde"
        practice.policy.smsPerDay = 7
        var nothing = FieldReader([])
        #expect(try nothing.read { practice.changed(by: &$0) } == practice)
        var empty = FieldReader([JSONMember("policy", .object([]))])
        #expect(try empty.read { practice.changed(by: &$0) } == practice)
    }
}
