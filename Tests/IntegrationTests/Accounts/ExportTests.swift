import Foundation
import Testing

@testable import Auth

/// What a person takes along of what is kept of them (SU-3, V4).
@Suite struct ExportTests {
    @Test func `it has everything, in words that a person can read`() async throws {
        try await TestService.run { service in
            let known = try await service.known()
            let answer = try await service.export(known.token)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.header("Cache-Control") == "no-store")
            let export = try answer.json()
            #expect(export["practice"] == "Huisartsenpraktijk De Linde")
            let account = export["account"]
            #expect(account["last_name"] == "Oosterkanarie" && account["locale"] == "nl")
            #expect(account["username"] == "mina.kanarie")
            // Each instant, and what the clock on the practice's wall showed.
            let instant = try #require(account["created_at"].string)
            #expect(instant.hasSuffix("Z") && instant.contains("T"))
            let local = try #require(account["created_at_local"].string)
            #expect(local.wholeMatch(of: /\d{1,2} [a-z]+ \d{4}, \d\d:\d\d/) != nil, "\(local)")
            let entry = export["register"][0]
            #expect(entry["external_id"].string == known.patient)
            #expect(entry["date_of_birth"] == "1987-05-03" && entry["postcode"] == "3512JC")
            func all(_ section: String, _ member: String) -> Set<String> {
                Set(export[section].array.compactMap { $0[member].string })
            }
            #expect(all("identifiers", "kind") == ["email", "username"])
            #expect(
                all("contacts", "address")
                    == [
                        known.person.email, "kanarie.tweede@example.nl",
                        "kanarie.vroeger@example.nl", "+31611112222",
                    ])
            #expect(all("customer_numbers", "number") == [known.customerNumber])
            #expect(all("patients", "role") == ["self"])
            #expect(all("consents", "title") == ["Titel terms", "Titel privacy"])
            #expect(all("factors", "type") == ["sms", "totp"])
            #expect(all("super_pins", "kind") == ["own", "activation"])
            #expect(all("sessions", "client") == ["portal"])
            #expect(export["sessions"][1]["methods"] == ["pwd", "email"])
            #expect(all("codes", "purpose") == ["sign-in", "kanarie-recept"])
            #expect(all("codes", "destination") == ["p•••@e•••.nl"])
            #expect(all("codes", "delivery") == ["sent"])
            #expect(export["invitations"][0]["end_reason"] == "accepted")
            #expect(
                all("activity", "event").isSuperset(of: [
                    "account-created", "login-started", "login-completed", "super-pin-issued",
                    "own-super-pin-activated", "change-told",
                ]))
            #expect(all("activity", "acting_staff") == ["a.dewit"])
        }
    }

    @Test func `no secret is in it, and nothing of a child but that it is linked`() async throws {
        try await TestService.run { service in
            let known = try await service.known()
            _ = try await service.putPatient(
                "P-child",
                PatientSample.with(["first_name": "Kind"], of: PatientSample.emma))
            try await service.database.execute(
                """
                insert into patient_link
                    (practice_id, account_id, patient_id, role, identity_level)
                select practice_id, '\(known.account)', patient_id, 'parent', 'kbv'
                from patient
                where external_id = 'P-child'
                """)
            let text = try await service.export(known.token).text
            #expect(text.contains("P-child") && !text.contains("Kind"))
            let stored = try await service.database.rows(
                """
                select encode(password, 'hex') from account
                union all select encode(hash, 'hex') from recovery_pin
                union all select encode(hash, 'hex') from activation_pin
                union all select encode(refresh_hash, 'hex') from session
                union all select encode(code_hash, 'hex') from code
                union all select encode(value_index, 'hex') from identifier
                union all select encode(secret, 'hex') from factor where secret is not null
                union all select encode(date_of_birth, 'hex') from patient
                """
            ).compactMap { $0[0] }
            #expect(stored.count >= 8)
            for secret in stored + ["argon2", known.person.password, "\\x"] {
                #expect(!text.contains(secret), "\(secret.prefix(12))")
            }
        }
    }

    @Test func `it is told to every mailbox, and asks for a new sign-in`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.token(person)
            let sent = service.mail.count(to: person.email)
            #expect(try await service.export(token).status == 200)
            let mail = try await service.mail.message(sent + 1, to: person.email)
            #expect(mail.text.contains("Er is een overzicht van al uw gegevens opgehaald."))
            #expect(
                try await service.database.count(
                    "audit", where: "event = 'account-exported' and result = 'done'") == 1)
            try await service.travel(301)
            let stale = try await service.export(token)
            #expect(stale.status == 401)
            #expect(stale.problem == "insufficient-user-authentication")
            #expect(try await service.export("x").problem == "token-invalid")
            #expect(
                try await service.own("GET", "/export", token: token, key: service.secondKey)
                    .problem == "token-invalid")
        }
    }
}
