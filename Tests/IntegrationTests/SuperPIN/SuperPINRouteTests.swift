import Cryptography
import Foundation
import Testing

@testable import Auth

/// A practice makes the numbers of a letter (AC-1, AC-8, Z-11).
@Suite struct SuperPINRouteTests {
    @Test func `a patient gets a number once, and a super-PIN that voids the one before`()
        async throws
    {
        try await TestService.run { service in
            try #require(try await service.putPatient("P-1", PatientSample.emma).status == 201)
            let first = try await service.makeSuperPIN("P-1")
            try #require(first.status == 201, "\(first.text)")
            let (one, other) = (
                try first.json(), try await service.makeSuperPIN("P-1", way: "pin-desk").json()
            )
            let number = try #require(one["customer_number"].string)
            #expect(try CustomerNumber(typed: number).digits == number)
            #expect(other["customer_number"].string == number)
            #expect(one["way"] == "pin-post" && other["way"] == "pin-desk")
            #expect(one["activation_url"] == "https://portal.example/activate")
            let pins = [one, other].compactMap { $0["super_pin"].string }
            try #require(Set(pins).count == 2)
            #expect(try pins.allSatisfy { try SuperPIN(typed: $0).printed.expose() == $0 })
            #expect(try await !service.holds(pins[0], "P-1"))
            #expect(try await service.holds(pins[1], "P-1"))
            let row = try await service.database.rows(
                """
                select tries_left, used_at, way,
                       round(extract(epoch from expires_at - created_at) / 86400)
                from activation_pin
                """)
            #expect(row == [["10", nil, "pin-desk", "30"]])
            let days = try [one, other].map { made in
                let times = try ["created_at", "expires_at"].map {
                    try Date(
                        try #require(made[$0].string),
                        strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
                }
                return (times[1].timeIntervalSince(times[0]) / 86_400).rounded()
            }
            #expect(days == [30, 30])
        }
    }

    @Test func `a reissue gives tries and time back, and a used one is no longer used`()
        async throws
    {
        try await TestService.run { service in
            _ = try await service.putPatient("P-1", PatientSample.emma)
            _ = try await service.makeSuperPIN("P-1")
            try await service.database.execute(
                "update activation_pin set tries_left = 0, used_at = clock_timestamp()")
            let pin = try await service.makeSuperPIN("P-1").json()["super_pin"].string ?? ""
            #expect(try await service.holds(pin, "P-1"))
            let row = try await service.database.rows(
                "select tries_left, used_at from activation_pin")
            #expect(row == [["10", nil]])
        }
    }

    @Test func `who acts has to be said, and is kept`() async throws {
        try await TestService.run { service in
            _ = try await service.putPatient("P-1", PatientSample.emma)
            let path = "/v1/patients/P-1/super-pin"
            for (headers, code) in [
                ([], "required"), ([("X-Acting-Staff", "")], "wrong-format"),
                ([("X-Acting-Staff", String(repeating: "x", count: 65))], "wrong-format"),
                ([("X-Acting-Staff", "Zo\u{EB}")], "wrong-format"),
                ([TestService.staff, TestService.staff], "duplicate"),
            ] as [([(String, String)], String)] {
                let answer = try await service.send("POST", path, headers: headers)
                #expect(answer.status == 400 && answer.problem == "header-invalid")
                let fault = try answer.json()["errors"][0]
                #expect(fault["header"] == "X-Acting-Staff")
                #expect(fault["code"].string == code, "\(headers)")
            }
            #expect(try await service.database.count("activation_pin", where: "true") == 0)
            #expect(try await service.makeSuperPIN("P-1").status == 201)
            let audit = try await service.database.rows(
                """
                select event, result, reason, acting_staff, object_id = patient.patient_id
                from audit
                cross join patient
                where event = 'super-pin-issued'
                """)
            #expect(audit == [["super-pin-issued", "done", "pin-post", "a.dewit", "t"]])
        }
    }

    @Test func `five a day are made, and the last stays good`() async throws {
        try await TestService.run { service in
            _ = try await service.putPatient("P-1", PatientSample.emma)
            var last = ""
            for _ in 0..<5 {
                let made = try await service.makeSuperPIN("P-1")
                try #require(made.status == 201)
                last = try made.json()["super_pin"].string ?? ""
                try await service.travel(3_600)
            }
            let refused = try await service.makeSuperPIN("P-1", idempotencyKey: "sixth")
            #expect(refused.status == 429 && refused.problem == "super-pin-limit-reached")
            // The first of them leaves the day in 19 hours.
            let wait = Int(refused.header("Retry-After") ?? "") ?? 0
            #expect((68_300...68_400).contains(wait), "\(wait)")
            #expect(try await service.holds(last, "P-1"))
            // Another patient's are another count.
            _ = try await service.putPatient("P-2", PatientSample.nobody)
            #expect(try await service.makeSuperPIN("P-2").status == 201)
            try await service.travel(68_401)
            let again = try await service.makeSuperPIN("P-1", idempotencyKey: "sixth")
            #expect(again.status == 201)
            #expect(try await service.makeSuperPIN("P-1").status == 429)
        }
    }

    @Test func `the same request gets the same super-PIN for a minute, while it is good`()
        async throws
    {
        try await TestService.run { service in
            for id in ["P-1", "P-2"] { _ = try await service.putPatient(id, PatientSample.emma) }
            let first = try await service.makeSuperPIN("P-1", idempotencyKey: "letter-1")
            let again = try await service.makeSuperPIN("P-1", idempotencyKey: "letter-1")
            #expect(first.status == 201 && again.status == 201 && again.body == first.body)
            #expect(try await service.database.count("audit", where: "acting_staff <> ''") == 1)
            for other in [
                try await service.makeSuperPIN("P-2", idempotencyKey: "letter-1"),
                try await service.makeSuperPIN("P-1", way: "pin-desk", idempotencyKey: "letter-1"),
            ] {
                #expect(other.status == 422 && other.problem == "idempotency-key-reused")
            }
            // Another client's key of that name is another key.
            let theirs = try await service.makeSuperPIN(
                "P-2", key: service.secondKey, idempotencyKey: "letter-1")
            #expect(theirs.status == 201)

            // A newer one voids it, and a void one is not given again.
            let second = try await service.makeSuperPIN("P-1", idempotencyKey: "letter-2")
            let void = try await service.makeSuperPIN("P-1", idempotencyKey: "letter-1")
            #expect(void.status == 409 && void.problem == "idempotency-secret-gone")
            try await service.database.execute("update activation_pin set used_at = created_at")
            let used = try await service.makeSuperPIN("P-1", idempotencyKey: "letter-2")
            #expect(second.status == 201 && used.problem == "idempotency-secret-gone")

            _ = try await service.makeSuperPIN("P-2", idempotencyKey: "letter-3")
            try await service.database.execute(
                "update idempotency set answered_at = answered_at - interval '61 s'")
            let late = try await service.makeSuperPIN("P-2", idempotencyKey: "letter-3")
            #expect(late.status == 409 && late.problem == "idempotency-secret-gone")
        }
    }

    @Test func `the mailboxes of the patient's own account are told, in its language`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person(extra: ["locale": "nb"])
            let answer = try await service.makeSuperPIN("ext-\(person.username)")
            try #require(answer.status == 201, "\(answer.text)")
            let mail = try await service.mail.message(1, to: person.email)
            #expect(mail.locale == "nb" && mail.code.isEmpty && mail.staysTrue)
            #expect(mail.subject?.hasPrefix("Det er laget en ny super-PIN (") == true)
            let made = try answer.json()
            for secret in ["super_pin", "customer_number"].compactMap({ made[$0].string }) {
                #expect(!mail.text.contains(secret) && mail.html?.contains(secret) == false)
            }
            let linked = try await service.database.value(
                """
                select count(*)
                from customer_number
                join patient_link using (practice_id, patient_id, account_id)
                join audit using (practice_id, account_id)
                where audit.event = 'super-pin-issued'
                """)
            #expect(linked == "1")
            // Who has no account is not written to.
            _ = try await service.putPatient("P-1", PatientSample.emma)
            #expect(try await service.makeSuperPIN("P-1").status == 201)
            #expect(try await service.database.count("message", where: "true") == 1)
        }
    }

    @Test func `before there is an account the register's mobile is told of a reissue`()
        async throws
    {
        try await TestService.run { service in
            let mobile = "+31687\(Int.random(in: 100_000...999_999))"
            let guest = try await service.guest(["mobile": .string(mobile), "locale": "en"])
            _ = try await service.letter(for: guest)
            try await service.settle()
            #expect(service.mail.count(to: mobile) == 0)
            let second = try await service.letter(for: guest)
            let told = try await service.mail.message(1, to: mobile)
            #expect(told.channel == .sms && told.staysTrue && told.message.code == nil)
            #expect(told.text.contains("made a new super-PIN for E.J. on"), "\(told.text)")
            #expect(GSM7.septets(of: told.text).map { $0 <= 160 } == true)
            #expect(!told.text.contains(second.superPIN))
            #expect(!told.text.contains(second.customerNumber))
            #expect(
                try await service.database.rows(
                    """
                    select audit.result, audit.reason, audit.account_id,
                           audit.object_id = patient.patient_id, message.sms_lane
                    from audit
                    cross join patient
                    cross join message
                    where audit.event = 'change-told'
                    """) == [["done", "sms", nil, "t", "letters"]])
            // One that opened nothing any more is no loss.
            try await service.database.execute(
                "update activation_pin set used_at = clock_timestamp()")
            _ = try await service.letter(for: guest)
            try await service.settle()
            #expect(service.mail.count(to: mobile) == 1 && service.mail.count(to: guest.email) == 0)
        }
    }

    @Test func `initials that an SMS has no letters for are left out of it`() async throws {
        try await TestService.run { service in
            let mobile = "+31687\(Int.random(in: 100_000...999_999))"
            let guest = try await service.guest(
                [
                    "mobile": .string(mobile), "locale": "en", "first_name": "Иван",
                    "last_name": "Жуков",
                ])
            _ = try await service.letter(for: guest)
            _ = try await service.letter(for: guest)
            let told = try await service.mail.message(1, to: mobile)
            #expect(told.text.contains("made a new super-PIN for you on"), "\(told.text)")
            #expect(GSM7.septets(of: told.text).map { $0 <= 160 } == true)
        }
    }

    @Test func `without a mobile the register's mailbox is told of a reissue`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest(["mobile": .null])
            _ = try await service.letter(for: guest)
            let second = try await service.letter(for: guest)
            let mail = try await service.mail.message(1, to: guest.email)
            #expect(mail.subject?.hasPrefix("Er is een nieuwe super-PIN gemaakt (") == true)
            #expect(mail.text.contains("De super-PIN in een eerdere brief werkt niet meer."))
            #expect(!mail.text.contains(second.superPIN))
        }
    }

    @Test func `a ceiling keeps the message of a reissue back, and never the super-PIN`()
        async throws
    {
        try await TestService.run { service in
            // Of one a day a register's own acts have no part.
            try await service.setPolicy(["sms_per_day": 1])
            let guest = try await service.guest()
            _ = try await service.letter(for: guest)
            _ = try await service.letter(for: guest)
            #expect(
                try await service.database.count(
                    "message", where: "template = 'super-pin-replaced'") == 0)
            #expect(
                try await service.database.rows(
                    "select result, reason from audit where event = 'change-told'")
                    == [["refused", "limit-reached"]])
        }
    }

    @Test func `nobody gets one who is not in the register`() async throws {
        try await TestService.run { service in
            _ = try await service.putPatient("P-1", PatientSample.emma)
            let number = try await service.makeSuperPIN("P-1").json()["customer_number"].string
            for answer in [
                try await service.makeSuperPIN("P-2"), try await service.makeSuperPIN("import"),
                try await service.makeSuperPIN("P-1", key: service.foreignKey),
            ] {
                #expect(answer.status == 404 && answer.problem == "not-found")
            }
            #expect(try await service.makeSuperPIN("P-1", way: "by-mail").status == 422)
            let surplus = try await service.send(
                "POST", "/v1/patients/P-1/super-pin", json: ["super_pin": "mine"],
                headers: [TestService.staff])
            #expect(surplus.status == 422)
            let refused = try await service.makeSuperPIN("P-1", accept: "image/png")
            #expect(refused.status == 406 && refused.problem == "not-acceptable")
            #expect(try await service.makeSuperPIN("P-1", accept: "image/png, */*").status == 201)

            // With the patient goes the PIN; the number is never anybody else's.
            let gone = try await service.send("DELETE", "/v1/patients/P-1")
            #expect(gone.status == 204)
            #expect(try await service.database.count("activation_pin", where: "true") == 0)
            _ = try await service.putPatient("P-1", PatientSample.emma)
            let next = try await service.makeSuperPIN("P-1").json()["customer_number"].string
            #expect(next != nil && next != number)
            #expect(try await service.database.count("customer_number", where: "true") == 2)
        }
    }
}
