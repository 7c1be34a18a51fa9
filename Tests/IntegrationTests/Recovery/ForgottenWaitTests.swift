import Foundation
import Testing

@testable import Auth

/// Whoever forgot a password tried a few before they said so: a recovery ends the waits that came of it,
/// and those alone (AC-9, Z-20).
@Suite struct ForgottenWaitTests {
    private static let home = "203.0.113.21"
    private static let elsewhere = "198.51.100.21"

    @Test func `after it the owner signs in at once, by whichever name they had tried`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            let number = try await service.customerNumber(of: person)
            let names = [person.email, person.username, number]
            for name in names {
                try await Self.exhaust(name, service, ip: Self.home)
                try await Self.exhaust(name, service, ip: Self.elsewhere)
            }
            try await Self.exhaust("somebody@example.nl", service, ip: Self.home)

            let id = try await service.recovery(person.identifier, ip: Self.home)
            try await service.proveContact(id, to: person.email, ip: Self.home)
            _ = try await service.recover(
                id, "verify", ["super_pin": .string(pin)], ip: Self.home)
            // Proofs alone end no wait.
            for name in names {
                #expect(try await Self.login(name, service, ip: Self.home) == "login-throttled")
            }
            let done = try await service.recover(
                id, "password", ["password": .string(TestService.newPassword)], ip: Self.home)
            #expect(done.status == 200, "\(done.text)")
            for name in names {
                #expect(try await Self.login(name, service, ip: Self.home) == "", "\(name)")
                let away = try await Self.login(name, service, ip: Self.elsewhere)
                #expect(away == "login-throttled")
            }
            let other = try await Self.login("somebody@example.nl", service, ip: Self.home)
            #expect(other == "login-throttled")
        }
    }

    @Test func `a national number is such a name, however it is parted`() async throws {
        try await TestService.run { service in
            let key = service.foreignKey
            try await service.allowNumberLogin()
            let person = try await service.person(in: key)
            let number = PatientSample.numbers[0]
            let entry = try await service.putPatient(
                "ext-\(person.username)",
                PatientSample.with(["national_number": .string(number)]), key: key)
            try #require(entry.status == 200, "\(entry.text)")
            let typed = number.prefix(6) + " " + number.dropFirst(6)
            try await Self.exhaust(String(typed), service, ip: Self.home, key: key)
            #expect(
                try await Self.login(number, service, ip: Self.home, key: key)
                    == "login-throttled")

            let paper = try await service.paperCodes(person)[0]
            let begun = try await service.beginRecovery(number, ip: Self.home, key: key)
            let id = try #require(try begun.json()["id"].string)
            func step(_ name: String, _ body: JSON) async throws -> HTTPAnswer {
                let answer = try await service.recover(id, name, body, ip: Self.home, key: key)
                try #require(answer.status < 300, "\(answer.text)")
                return answer
            }
            let sent = try await step("codes", ["channel": "email"])
            let code = try await service.mail.code(of: sent.json(), to: person.email)
            _ = try await step("verify", ["code": .string(code)])
            _ = try await step("verify", ["recovery_code": .string(paper)])
            _ = try await step("password", ["password": .string(TestService.newPassword)])
            #expect(try await Self.login(number, service, ip: Self.home, key: key) == "")
        }
    }

    /// Types wrong passwords until a wait begins.
    private static func exhaust(
        _ name: String, _ service: TestService, ip: String, key: String? = nil
    ) async throws {
        for _ in 1...LoginLimits.freeTries {
            let typed = Person(identifier: name, email: "", username: "", password: "vergeten")
            #expect(
                try await service.login(typed, ip: ip, key: key).problem == "login-refused")
        }
        let waiting = try await login(name, service, ip: ip, key: key)
        #expect(waiting == "login-throttled")
    }

    /// The problem of a sign-in with the new password; none where it is right.
    private static func login(
        _ name: String, _ service: TestService, ip: String, key: String? = nil
    ) async throws -> String {
        let typed = Person(
            identifier: name, email: "", username: "", password: TestService.newPassword)
        return try await service.login(typed, ip: ip, key: key).problem ?? ""
    }
}
