import Foundation
import Testing

@testable import Auth

/// How sure a sign-in is to be, and by which factor that is reached (RFC 9470, Z-3).
@Suite struct AskedLevelTests {
    @Test(arguments: [
        ("1", ["1"]), ("2r", ["2r"]), ("2 2r", ["2", "2r"]), ("3 2 1", ["3", "2", "1"]),
        ("enrol", ["enrol"]),
    ])
    func `values of acr stand one beside the other`(text: String, levels: [String]) throws {
        let asked = try #require(AskedLevel(acrValues: text))
        #expect(asked.levels.map(\.rawValue) == levels && !asked.isAny)
    }

    @Test(arguments: ["", " ", "2 ", " 2", "2  1", "4", "2R", "aal2", "2,1", "3", "3 3"])
    func `anything else is none`(text: String) {
        #expect(AskedLevel(acrValues: text) == nil)
    }

    @Test(
        arguments: [
            (nil, "sms"), ("1", "sms"), ("2r", "sms"), ("2", "totp"), ("2 2r", "totp"),
            ("2r 2", "sms"), ("3 1", "sms"),
        ] as [(String?, String?)])
    func `of a phone and an app the one that came first is taken that reaches it`(
        text: String?, type: String?
    ) throws {
        let asked = try text.map { try #require(AskedLevel(acrValues: $0)) } ?? .any
        let factors = [Self.factor(.sms), Self.factor(.totp), Self.factor(.email)]
        #expect(asked.best(of: factors)?.type.rawValue == type)
    }

    @Test func `an app that was there first is not passed over for a phone`() throws {
        let asked = try #require(AskedLevel(acrValues: "2r"))
        #expect(asked.best(of: [Self.factor(.totp), Self.factor(.sms)])?.type == .totp)
        #expect(asked.best(of: [Self.factor(.email)]) == nil)
    }

    @Test func `what is missing is named, and a code on paper is a phone's worth`() throws {
        func asked(_ text: String) throws -> AskedLevel {
            try #require(AskedLevel(acrValues: text))
        }
        #expect(try asked("2r").factorTypes == [.sms, .totp])
        #expect(try asked("2").factorTypes == [.totp])
        #expect(try asked("2r").isReached(by: .recoveryCode))
        #expect(try !asked("2").isReached(by: .recoveryCode))
        #expect(try asked("2 1").isReached(by: .email) && !asked("2r").isReached(by: .device))
    }

    private static func factor(_ type: Factor.Kind) -> Factor {
        Factor(id: UUID(), type: type, address: nil)
    }
}
