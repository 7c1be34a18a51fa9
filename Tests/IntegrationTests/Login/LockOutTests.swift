import Cryptography
import Foundation
import Testing

@testable import Auth

/// A hundred networks hammer one account for ten minutes with whatever a stranger can try; nothing of it
/// keeps its owner out (Z-4, Z-12, Z-19, Z-20, SU-5).
@Suite struct LockOutTests {
    private static let home = "203.0.113.5"
    private static let elsewhere = "198.51.100.77"

    @Test
    func `the owner signs in from a new network within a minute, by the pass that was mailed`()
        async throws
    {
        try await Self.hammered { service, person, app in
            let began = ContinuousClock.now
            let refused = try await service.login(person, ip: Self.elsewhere)
            #expect(refused.problem == "login-refused")
            let pass = SignInPass.text(in: try await service.passMail(to: person).text)
            let new = try await Self.signIn(service, person, app, ip: Self.elsewhere, pass: pass)
            #expect(new.status == 200, "\(new.text)")
            #expect(ContinuousClock.now - began < .seconds(60))
        }
    }

    @Test func `the owner signs in at once from a known network, and can recover from any`()
        async throws
    {
        try await Self.hammered { service, person, app in
            let known = try await Self.signIn(service, person, app, ip: Self.home)
            #expect(known.status == 200, "\(known.text)")
            // What needs no message proves itself everywhere.
            let paper = try await service.paperCodes(person, 1)[0]
            let away = try await service.recovery(person.identifier, ip: Self.elsewhere)
            try await service.renew(app)
            for body: JSON in [
                ["recovery_code": .string(paper)], ["totp": .string(app.code())],
            ] {
                let shown = try await service.recover(away, "verify", body, ip: Self.elsewhere)
                #expect(shown.status == 200, "\(shown.text)")
            }
            let standing = try await service.recover(
                away, "verify", ["totp": .string(app.code(1))], ip: Self.elsewhere)
            #expect(standing.problem == "proof-repeated")
            // Mails that strangers had sent are counted apart from those of a known network.
            let pin = try await service.ownSuperPIN(person)
            let id = try await service.recovery(person.identifier, ip: Self.home)
            try await service.proveContact(id, to: person.email, ip: Self.home)
            let shown = try await service.recover(
                id, "verify", ["super_pin": .string(pin)], ip: Self.home)
            #expect(shown.status == 200, "\(shown.text)")
            #expect(try await service.setPassword(id).status == 200)
        }
    }

    /// Ten networks more each minute, at most so many mails to one address as the product allows.
    private static func hammered(
        _ check: @escaping @Sendable (TestService, Person, TestApp) async throws -> Void
    ) async throws {
        var settings = TestService.Settings()
        settings.sendsPerHour = 5
        settings.sendsPerDay = 10
        try await TestService.run(settings) { service in
            let person = try await service.person()
            let app = try await service.enrolledApp(person)
            _ = try await service.ownSuperPIN(person)
            let before = try await signIn(service, person, app, ip: home)
            #expect(before.status == 200, "\(before.text)")
            for minute in 0..<10 {
                _ = try await parallel(10) { number in
                    try await hammer(service, person, ip: "10.\(minute).\(number).1")
                }
                try await service.travel(60)
            }
            // It came to something: unknown networks are refused. Nothing else is spent.
            let failures = try await service.database.value("select strange_failures from account")
            #expect(failures == "\(LoginLimits.strangeFailures)")
            let untouched = try await service.database.rows(
                """
                select factor.failures, factor.disabled_at is null, recovery_pin.tries_left,
                       recovery_pin.ended_at is null
                from factor, recovery_pin
                """)
            #expect(untouched == [["0", "t", "10", "t"]])
            try await check(service, person, app)
        }
    }

    /// What one stranger tries in a minute.
    private static func hammer(_ service: TestService, _ person: Person, ip: String) async throws {
        for guess in ["Zomer-aan-Zee-41!", "Zomer-aan-Zee-43!"] {
            let login = try await service.login(person, password: guess, ip: ip)
            #expect(login.problem == "login-refused")
        }
        // Of a login that the stranger could not begin.
        let code = try await service.verify(UUID().text, "482913", ip: ip)
        #expect(code.problem == "code-unknown")
        let id = try await service.recovery(person.identifier, ip: ip)
        _ = try await service.recover(id, "codes", [:], ip: ip)
        for (name, text) in [
            ("code", "482913"), ("totp", "482913"),
            ("super_pin", SuperPIN.random().printed.expose()),
            ("recovery_code", RecoveryCode.random().printed.expose()),
            ("desk_code", "4821 0937 5562 1804"),
        ] {
            let shown = try await service.recover(
                id, "verify", .object([name: .string(text)]), ip: ip)
            #expect((400...499).contains(shown.status), "\(name): \(shown.text)")
        }
    }

    private static func signIn(
        _ service: TestService, _ person: Person, _ app: TestApp, ip: String,
        pass: String? = nil
    ) async throws -> HTTPAnswer {
        let begun = try await service.login(person, ip: ip, pass: pass)
        guard begun.status == 201 else { return begun }
        try await service.renew(app)
        let id = try #require(try begun.json()["id"].string)
        return try await service.verify(id, app.code(), ip: ip)
    }
}
