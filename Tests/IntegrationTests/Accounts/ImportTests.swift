import Foundation
import Testing

@testable import Auth

/// Accounts of an earlier system come in (Z-28): what is taken, and what may be done with it.
@Suite struct ImportTests {
    @Test func `an imported person signs in with what was imported`() async throws {
        try await TestService.run { service in
            let lines: [(JSON, JSON, [String])] = [
                (.absent, .absent, ["username", "email"]),
                ("x", .absent, ["username", "email"]),
                (.absent, "x", ["username", "email"]),
            ]
            for (password, external, identifiers) in lines {
                let name = AccountLine.name()
                var changes: [String: JSON] = [:]
                if !password.isAbsent {
                    changes["password_hash"] = .absent
                    changes["password"] = .string(AccountLine.password)
                }
                if !external.isAbsent { changes["external_id"] = .string("ext-\(name)") }
                let result = try await service.importLine(AccountLine.with(changes, name: name))
                #expect(result["status"] == "imported")
                #expect(UUID(uuidString: result["account_id"].string ?? "") != nil)
                #expect(result["reason"].isAbsent || result["reason"] == .null)
                for identifier in identifiers {
                    let typed = identifier == "email" ? "\(name)@example.nl" : name
                    let person = AccountLine.person(typed, name: name)
                    _ = try await service.signIn(person)
                }
            }
        }
    }

    @Test func `a username alone or an address alone is enough to have an account`() async throws {
        try await TestService.run { service in
            let (first, second) = (AccountLine.name(), AccountLine.name())
            let nameOnly = try await service.importLine(
                AccountLine.with(["email": .absent, "email_confirmed": .absent], name: first))
            #expect(nameOnly["status"] == "imported")
            let login = try await service.login(AccountLine.person(first, name: first))
            #expect(login.problem == "factor-unavailable")
            let addressOnly = try await service.importLine(
                AccountLine.with(["username": .absent], name: second))
            #expect(addressOnly["status"] == "imported")
            _ = try await service.signIn(
                AccountLine.person("\(second)@example.nl", name: second))
            let byName = try await service.login(AccountLine.person(second, name: second))
            #expect(byName.problem == "login-refused")
        }
    }

    @Test func `an address that nobody vouches for names no account and gets no code`()
        async throws
    {
        try await TestService.run { service in
            let name = AccountLine.name()
            let result = try await service.importLine(
                AccountLine.with(["email_confirmed": false], name: name))
            #expect(result["status"] == "imported")
            let byAddress = try await service.login(
                AccountLine.person("\(name)@example.nl", name: name))
            #expect(byAddress.problem == "login-refused")
            let byName = try await service.login(AccountLine.person(name, name: name))
            #expect(byName.problem == "factor-unavailable")
            #expect(
                try await service.database.count("contact", where: "confirmed_at is not null") == 0)
            // It takes the address from nobody either.
            let other = try await service.importLine(
                AccountLine.with(["email": .string("\(name)@example.nl")]))
            #expect(other["status"] == "imported")
        }
    }

    @Test func `a disabled account comes in disabled`() async throws {
        try await TestService.run { service in
            let name = AccountLine.name()
            let result = try await service.importLine(
                AccountLine.with(["disabled": true], name: name))
            #expect(result["status"] == "imported")
            let login = try await service.login(AccountLine.person(name, name: name))
            #expect(login.problem == "login-refused")
        }
    }

    @Test func `the other practice is never looked at`() async throws {
        try await TestService.run { service in
            let name = AccountLine.name()
            let line = try AccountLine.with(["external_id": "P-1"], name: name)
            let here = try await service.importLine(line)
            let there = try await service.importLine(line, key: service.foreignKey)
            #expect(here["status"] == "imported")
            #expect(there["status"] == "imported")
            #expect(here["account_id"] != there["account_id"])
            _ = try await service.signIn(AccountLine.person(name, name: name))
        }
    }

    @Test func `an address of several accounts names none of them, and their usernames do`()
        async throws
    {
        try await TestService.run { service in
            let family = AccountLine.name()
            let address = "\(family)@example.nl"
            let names = [AccountLine.name(), AccountLine.name(), AccountLine.name()]
            for name in names {
                let result = try await service.importLine(
                    AccountLine.with(["email": .string(address)], name: name))
                #expect(result["status"] == "imported")
            }
            let shared = try await service.login(AccountLine.person(address, name: family))
            #expect(shared.problem == "login-refused")
            for (number, name) in names.enumerated() {
                let started = try await service.login(AccountLine.person(name, name: family))
                #expect(started.status == 201)
                let mail = try await service.mail.message(number + 1, to: address)
                let id = try #require(try started.json()["id"].string)
                #expect(try await service.verify(id, mail.code).status == 200)
            }
        }
    }

    @Test func `an address is shared only where everybody keeps a username`() async throws {
        try await TestService.run { service in
            let name = AccountLine.name()
            let alone = try AccountLine.with(["username": .absent], name: name)
            #expect(try await service.importLine(alone)["status"] == "imported")
            // Neither a namesake without a name nor one with a name may lock its owner out.
            let address: JSON = .string("\(name)@example.nl")
            for line in [alone, try AccountLine.with(["email": address])] {
                let result = try await service.importLine(line)
                #expect(result["status"] == "refused")
                #expect(result["reason"] == "taken")
                #expect(result["field"] == "email")
            }
            let named = AccountLine.name()
            #expect(
                try await service.importLine(AccountLine.with(name: named))["status"] == "imported")
            let nameless = try await service.importLine(
                AccountLine.with(["username": .absent], name: named))
            #expect(nameless["field"] == "email")
            _ = try await service.signIn(
                AccountLine.person("\(name)@example.nl", name: name))
            _ = try await service.signIn(
                AccountLine.person("\(named)@example.nl", name: named))
        }
    }

    @Test func `an address that somebody signs in with is nobody else's`() async throws {
        try await TestService.run { service in
            let name = AccountLine.name()
            let address = "\(name)@example.nl"
            _ = try await service.importLine(AccountLine.with(name: name))
            // A wrong password is no use of it, and neither is the username.
            let owner = AccountLine.person(address, name: name)
            _ = try await service.login(owner, password: "x")
            _ = try await service.signIn(AccountLine.person(name, name: name))
            let unused = try await service.database.count("identifier", where: "used_at is null")
            #expect(unused == 1)
            _ = try await service.signIn(owner)
            let result = try await service.importLine(
                AccountLine.with(["email": .string(address)]))
            #expect(result["reason"] == "taken")
            #expect(result["field"] == "email")
            _ = try await service.signIn(owner)
        }
    }

    @Test func `nothing that exists is changed by a line that is refused`() async throws {
        try await TestService.run { service in
            let name = AccountLine.name()
            let line = try AccountLine.with(["external_id": "P-1"], name: name)
            _ = try await service.importLine(line)
            let before = try await Self.everything(service)
            let attempts: [([String: JSON], String)] = [
                (["email": "other@example.nl", "external_id": .absent], "username"),
                (["username": .string(name.uppercased()), "external_id": .absent], "username"),
                (
                    ["username": .string(AccountLine.name()), "email": "other@example.nl"],
                    "external_id"
                ),
            ]
            for (changes, field) in attempts {
                let changed = line.merging(changes) { _, new in new }
                    .merging(["first_name": "Eve", "disabled": true]) { _, new in new }
                    .filter { !$0.value.isAbsent }
                let result = try await service.importLine(changed)
                #expect(result["status"] == "refused")
                #expect(result["reason"] == "taken")
                #expect(result["field"].string == field)
                #expect(result["account_id"].isAbsent || result["account_id"] == .null)
            }
            #expect(try await Self.everything(service) == before)
            _ = try await service.signIn(AccountLine.person(name, name: name))
        }
    }

    @Test func `a mobile that is vouched for gets codes of other systems, and no other does`()
        async throws
    {
        try await TestService.run { service in
            let digits = String(Int.random(in: 10_000_000...49_999_999))
            func code(_ changes: [String: JSON]) async throws -> HTTPAnswer {
                let result = try await service.importLine(AccountLine.with(changes))
                let account = try #require(result["account_id"].string, "\(result)")
                return try await service.send(
                    "POST", "/v1/codes",
                    json: [
                        "channel": "sms", "account_id": .string(account), "purpose": "pick-up",
                    ])
            }
            let sent = try await code(
                ["mobile": .string("06-\(digits)"), "mobile_confirmed": true])
            #expect(sent.status == 201, "\(sent.text)")
            let id = try #require(try sent.json()["id"].string)
            let text = try await service.mail.message(1, to: "+316\(digits)")
            let verified = try await service.send(
                "POST", "/v1/codes/\(id)/verify", json: ["code": .string(text.code)])
            #expect(verified.status == 200)
            for changes in [["mobile": .string("06\(digits)")], [:]] as [[String: JSON]] {
                #expect(try await code(changes).problem == "channel-unavailable")
            }
            // A number is nobody's name: a family has one.
            let shared = try await service.importLine(
                AccountLine.with(["mobile": .string("06\(digits)"), "mobile_confirmed": true]))
            #expect(shared["status"] == "imported")
            let landline = try await service.importLine(
                AccountLine.with(["mobile": "020 624 1111"]))
            #expect(landline["reason"] == "landline" && landline["field"] == "mobile")
        }
    }

    @Test func `each line that reached the database is in the audit, with ids only`() async throws {
        try await TestService.run { service in
            let name = AccountLine.name()
            let vouched = try AccountLine.with(name: name)
            let plain = try AccountLine.with(["email_confirmed": false])
            let mobile: [String: JSON] = ["mobile": "06 12345678", "mobile_confirmed": true]
            let both = try AccountLine.with(mobile)
            let one = try AccountLine.with(
                mobile.merging(["email_confirmed": false]) { _, new in new })
            for line in [vouched, plain, vouched, both, one] {
                _ = try await service.importLine(line)
            }
            let rows = try await service.database.execute(
                """
                select audit.result, audit.reason, account.account_id is not null,
                       audit.client_id is not null
                from audit
                left join account using (account_id)
                where event = 'account-imported'
                order by audit_id
                """)
            #expect(
                rows == [
                    ["done", "email-vouched-for", "t", "t"], ["done", nil, "t", "t"],
                    ["refused", "username-taken", "f", "t"],
                    ["done", "email-and-mobile-vouched-for", "t", "t"],
                    ["done", "mobile-vouched-for", "t", "t"],
                ])
        }
    }

    /// All rows of the tables that an import writes to, but the audit.
    private static func everything(_ service: TestService) async throws -> [[String?]] {
        try await service.database.execute(
            """
            select string_agg(account::text, '|') from account
            union all select string_agg(membership::text, '|') from membership
            union all select string_agg(identifier::text, '|') from identifier
            union all select string_agg(contact::text, '|') from contact
            union all select string_agg(patient::text, '|') from patient
            union all select string_agg(patient_link::text, '|') from patient_link
            """)
    }
}
