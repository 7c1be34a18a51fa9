import Foundation
import Testing

@testable import Auth

/// What a recovery in one practice changes opens that practice alone, until something that was bound before
/// is proven again (Z-7).
@Suite struct RecoveredAccessTests {
    @Test func `a password opens its own practice, and the other after the wait`() async throws {
        try await TestService.run { service in
            var person = try await service.personOfBoth()
            try await Self.recover(person, service)
            person.password = TestService.newPassword
            #expect(try await service.login(person).status == 201)
            let elsewhere = try await service.login(person, key: service.foreignKey)
            #expect(
                elsewhere.status == 409 && elsewhere.problem == "factor-unavailable",
                "\(elsewhere.text)")
            // The mailbox is what it rested on: signing in here with it opens nothing more.
            _ = try await service.signIn(person)
            #expect(
                try await service.login(person, key: service.foreignKey).problem
                    == "factor-unavailable")

            try await service.travel(Double(RecoveryLimits.usualWaitHours) * 3_600 + 1)
            _ = try await service.signInElsewhere(person)
            #expect(try await service.database.count("account", where: "reproven_at is null") == 0)
        }
    }

    @Test(arguments: [true, false])
    func `what it did not rest on opens both at once`(provenHere: Bool) async throws {
        try await TestService.run { service in
            var person = try await service.personOfBoth()
            let app = try await service.app(try await service.tokens(of: person).access)
            try await Self.recover(person, service)
            person.password = TestService.newPassword
            try await service.renew(app)
            let key = provenHere ? service.key : service.foreignKey
            let begun = try await service.login(person, key: key)
            #expect(begun.status == 201, "\(begun.text)")
            #expect(try begun.json()["factors"][0]["type"] == "totp", "\(begun.text)")
            let id = try #require(try begun.json()["id"].string)
            let done = try await service.verify(id, app.code(), key: key)
            #expect(done.status == 200, "\(done.text)")
            #expect(try await service.database.count("account", where: "reproven_at is null") == 0)
        }
    }

    @Test func `a phone that it bound opens the other practice once an app is proven`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.personOfBoth()
            let token = try await service.tokens(of: person).access
            let app = try await service.app(token)
            try await service.database.execute(
                """
                insert into factor
                    (account_id, factor_id, practice_id, type, address, activated_at, recovered_at)
                select account_id, gen_random_uuid(), '\(service.practice)', 'sms', '+31687650009',
                       clock_timestamp(), clock_timestamp()
                from account;
                update account
                set recovered_at = clock_timestamp(),
                    recovered_by = array(
                        select factor.factor_id from factor where factor.type = 'sms')
                """)
            func ways(_ key: String) async throws -> Set<String> {
                let begun = try await service.login(person, key: key)
                return Set(try begun.json()["factors"].array.compactMap { $0["type"].string })
            }
            #expect(try await ways(service.key) == ["sms", "totp"])
            #expect(try await ways(service.foreignKey) == ["totp"])
            try await service.renew(app)
            let begun = try await service.login(person, key: service.foreignKey)
            let id = try #require(try begun.json()["id"].string)
            #expect(
                try await service.verify(id, app.code(), key: service.foreignKey).status == 200)
            #expect(try await ways(service.foreignKey) == ["sms", "totp"])
        }
    }

    @Test func `a mailbox that it bound is no way into the other practice`() async throws {
        try await TestService.run { service in
            let person = try await service.personOfBoth()
            try await service.database.execute(
                """
                update account set recovered_at = clock_timestamp();
                update contact
                set recovered_at = clock_timestamp(), recovered_in = '\(service.practice)'
                """)
            #expect(try await service.login(person).status == 201)
            let elsewhere = try await service.login(person, key: service.foreignKey)
            #expect(elsewhere.problem == "factor-unavailable", "\(elsewhere.text)")
            // Nor a proof there.
            let begun = try await service.beginRecovery(
                person.identifier, key: service.foreignKey)
            let id = try #require(try begun.json()["id"].string)
            let sent = service.mail.count(to: person.email)
            let asked = try await service.recover(
                id, "codes", ["channel": "email"], key: service.foreignKey)
            #expect(asked.status == 201, "\(asked.text)")
            try await service.settle()
            #expect(service.mail.count(to: person.email) == sent)
        }
    }

    /// Sets a new password here, by the mailbox and the super-PIN.
    private static func recover(_ person: Person, _ service: TestService) async throws {
        let id = try await service.provenRecovery(person, try await service.ownSuperPIN(person))
        let changed = try await service.setPassword(id)
        try #require(changed.status == 200, "\(changed.text)")
    }
}
