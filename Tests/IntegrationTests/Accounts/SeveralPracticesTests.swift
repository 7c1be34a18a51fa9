import Foundation
import Testing

@testable import Auth

/// An account that another practice has too: a change of it is a change there (S10).
@Suite struct SeveralPracticesTests {
    @Test(arguments: ["password", "super-pin", "factor"])
    func `a change ends what was signed in or under way in the other practice, in the same commit`(
        change: String
    ) async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let tokens = try await service.tokens(of: person)
            let account = try await service.id(of: person)
            try await joinBergen(account, service)
            switch change {
            case "password":
                let changed = try await service.changePassword(
                    person, to: "Herfst-in-de-Duinen-17!", token: tokens.access)
                #expect(changed.status == 204, "\(changed.text)")
            case "super-pin":
                #expect(try await service.makeOwnSuperPIN(tokens.access).status == 201)
                let activated = try await service.activateOwnSuperPIN(tokens.access)
                #expect(activated.status == 200, "\(activated.text)")
            default: _ = try await service.phone(tokens.access)
            }
            for table in ["session", "login", "remembered_device"] {
                let left = try await service.database.count(
                    table, where: "practice_id <> '\(service.practice)' and ended_at is null")
                #expect(left == 0, "\(table)")
            }
            let audited = try await service.database.rows(
                """
                select event, result, client_id is null
                from audit
                where practice_id <> '\(service.practice)'
                  and account_id = '\(account)'
                """)
            #expect(audited == [["session-ended", "done", "t"]])
            #expect(try await service.isActive(tokens.access))
        }
    }

    @Test func `a sign-in asks for what the strictest of the practices asks for`() async throws {
        try await TestService.run { service in
            let bergen = service.foreignKey
            let (person, tokens) = try await service.rememberer()
            let phone = try await service.phone(tokens.access)
            let device = try await service.deviceToken(
                try await service.signInByPhone(person).access)
            #expect(try await service.isRemembered(person, device))
            try await service.setPolicy(
                [
                    "super_pin": "required", "second_factor": "phone-or-app",
                    "remembered_device": true,
                ], key: bergen)
            // As long as it is none of theirs, another practice's policy is nothing to them.
            #expect(try await service.isRemembered(person, device))
            try await service.database.execute(
                """
                insert into membership (practice_id, account_id)
                select practice_id, '\(try await service.id(of: person))'
                from practice
                where practice_id <> '\(service.practice)'
                """)
            let begun = try await service.login(person, deviceToken: device).json()
            #expect(begun["next"] == "code" && begun["tokens"].isAbsent)
            #expect(begun["steps"].array.map { $0["name"] } == ["code", "create_super_pin"])

            try await service.setPolicy(
                ["super_pin": "optional", "remembered_device": false], key: bergen)
            let asked = try await service.login(person, deviceToken: device).json()
            #expect(asked["next"] == "code" && asked["tokens"].isAbsent)
            let token = try await service.signInByPhone(person).access
            let remembered = try await service.rememberDevice(token)
            #expect(remembered.problem == "remembered-device-off", "\(remembered.text)")
            let removed = try await service.account("DELETE", "factors/\(phone)", token)
            #expect(removed.problem == "factor-required", "\(removed.text)")

            try await service.setPolicy(
                ["second_factor": "required", "remembered_device": true], key: bergen)
            #expect(try await service.isRemembered(person, device))
        }
    }

    @Test func `a sign-in grows old, and the last phone is kept, by the strictest of them`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.personOfBoth()
            let app = try await service.app(try await service.tokens(of: person).access)
            try await service.renew(app)
            let token = try await service.signIn(person, by: app).access
            try await service.setPolicy(
                ["step_up_max_age_seconds": 60, "email_codes": false], key: service.foreignKey)
            let removed = try await service.account("DELETE", "factors/\(app.id)", token)
            #expect(removed.problem == "factor-required", "\(removed.text)")
            try await service.travel(61)
            let stale = try await service.account("POST", "recovery-codes", token)
            #expect(stale.problem == "insufficient-user-authentication", "\(stale.text)")
            #expect(try stale.json()["max_age"] == 60)
        }
    }

    /// Makes the person a member of the other practice, signed in there, about to be once more, and on a
    /// remembered device.
    private func joinBergen(_ account: String, _ service: TestService) async throws {
        try await service.database.execute(
            """
            insert into membership (practice_id, account_id)
            select practice_id, '\(account)' from practice where practice_id <> '\(service.practice)';
            insert into session
                (practice_id, session_id, account_id, client_id, proofs, authenticated_at,
                 refresh_hash, rotated_at, expires_at)
            select practice_id, gen_random_uuid(), '\(account)', client_id, proof('pwd'),
                   clock_timestamp(), '\\x00', clock_timestamp(),
                   clock_timestamp() + interval '1 hour'
            from client where practice_id <> '\(service.practice)';
            insert into login
                (practice_id, login_id, client_id, account_id, plan, steps, proofs, expires_at)
            select practice_id, gen_random_uuid(), client_id, '\(account)', array['code'],
                   array['code'], proof('pwd'), clock_timestamp() + interval '10 minutes'
            from client where practice_id <> '\(service.practice)';
            insert into remembered_device
                (practice_id, account_id, device_id, client_id, token_hash, expires_at)
            select practice_id, '\(account)', gen_random_uuid(), client_id, '\\x00',
                   clock_timestamp() + interval '1 day'
            from client where practice_id <> '\(service.practice)'
            """)
    }
}
