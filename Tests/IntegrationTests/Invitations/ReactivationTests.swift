import Foundation
import Postgres
import Testing

@testable import Auth

/// A patient whose account lies dormant is invited back to it: by a mail to a confirmed contact that grants
/// nothing; the way back is a recovery (NO-5, Z-13).
@Suite struct ReactivationTests {
    @Test func `the way back is mailed to the account's confirmed mailbox, and nowhere else`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person(extra: ["locale": "nb"])
            let patient = "ext-\(person.username)"
            let registered = "register-\(person.email)"
            let put = try await service.putPatient(
                patient, PatientSample.with(["email": .string(registered), "locale": "en"]))
            #expect(put.status == 200)

            let answer = try await service.reactivate(patient)
            #expect(answer.status == 201, "\(answer.text)")
            let body = try answer.json()
            #expect(body["patient"].string == patient && body["channel"] == "email")
            #expect(body["destination"] == "p•••@e•••.nl")
            #expect(["queued", "sent"].contains(body["delivery"].string))
            #expect(!body["sent_at"].isAbsent)

            // In the account's language, with the two pages and where to look for further mail.
            let mail = try await service.mail.message(1, to: person.email)
            #expect(mail.locale == "nb" && mail.code == "" && mail.staysTrue)
            #expect(mail.subject?.contains("Huisartsenpraktijk De Linde") == true)
            for part in [
                "Du har allerede en konto hos Huisartsenpraktijk De Linde.",
                "\nhttps://portal.example/sign-in\n", "\nhttps://portal.example/recover\n",
                "søppelposten (spam)", "030 000 00 00",
            ] {
                #expect(mail.text.contains(part), "\(part)")
            }
            #expect(mail.html?.contains("<a href=\"https://portal.example/sign-in\"") == true)
            #expect(mail.html?.contains("<a href=\"https://portal.example/recover\"") == true)
            try await service.settle()
            #expect(service.mail.count(to: registered) == 0)
            let audited = try await service.database.rows(
                """
                select audit.result, audit.account_id::text, patient.external_id
                from audit
                join patient on patient.patient_id = audit.object_id
                where audit.event = 'reactivation-sent'
                """)
            #expect(audited == [["done", try await service.accountID(person), patient]])
        }
    }

    @Test func `nothing in it or behind it grants access, and mailed links stay as they are`()
        async throws
    {
        try await TestService.run { service in
            let guest = try await service.guest()
            let invited = try await service.invited(guest)
            let person = try await service.person(
                extra: ["external_id": .string(guest.patient)])
            let secrets = """
                select (select count(*) from code), (select count(*) from freeze_code),
                       (select count(*) from login_pass), (select count(*) from session),
                       (select count(*) from recovery), (select count(*) from enrolment),
                       (select string_agg(mailed_link::text, '|') from mailed_link),
                       (select string_agg(invitation::text, '|') from invitation),
                       (select string_agg(account::text, '|') from account),
                       (select string_agg(contact::text, '|') from contact)
                """
            let before = try await service.database.rows(secrets)
            let answer = try await service.reactivate(guest.patient)
            #expect(answer.status == 201, "\(answer.text)")
            let mail = try await service.mail.message(1, to: person.email)
            // No link of it goes further than the page.
            for link in (mail.text + (mail.html ?? "")).matches(of: /https:\/\/[^\s"<]+/) {
                #expect(
                    ["https://portal.example/sign-in", "https://portal.example/recover"]
                        .contains(String(link.0)))
            }
            for word in ["#", "token", "code=", "pass="] { #expect(!mail.text.contains(word)) }
            #expect(!answer.text.contains("token"))
            #expect(try await service.database.rows(secrets) == before)
            let message = try await service.database.rows(
                "select code_id, link_id from message where template = 'reactivation'")
            #expect(message == [[nil, nil]])
            // The invitation went with the import, and its link says so.
            #expect(try await service.openLink(invited.token).problem == "already-active")
            #expect(service.mail.count(to: guest.email) == 1)
        }
    }

    @Test func `then two proofs lead back, the factors are kept, and nobody is signed in`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let phone = try await service.phone(person)
            let sent = try await service.reactivate("ext-\(person.username)")
            #expect(sent.status == 201, "\(sent.text)")
            _ = try await service.mail.message(1, to: person.email)

            let id = try await service.recovery(person.identifier)
            let half = try await service.proveContact(id, to: person.email)
            #expect(half["next"].string == "proof")
            // The mailbox that the invitation came to is one proof, and not enough.
            #expect(try await service.setPassword(id).problem == "step-out-of-order")
            let whole = try await service.proveContact(id, "sms", to: phone.number)
            #expect(whole["next"].string == "change")
            let done = try await service.setPassword(id)
            #expect(try done.status == 200 && done.json()["status"].string == "done")
            #expect(!done.text.contains("token"))
            let kept = try await service.database.rows(
                "select factor_id::text, address from factor where activated_at is not null")
            #expect(kept == [[phone.id, phone.number]])
            #expect(try await service.database.count("session", where: "true") == 0)
            // The next sign-in asks for a code, by the phone as before.
            let login = try await service.login(person, password: TestService.newPassword)
            #expect(try login.json()["next"].string == "code")
            #expect(try login.json()["code"]["channel"].string == "sms")
        }
    }

    @Test func `where there is nothing to come back to the practice is told what is missing`()
        async throws
    {
        try await TestService.run { service in
            let guest = try await service.guest()
            _ = try await service.invited(guest)
            let unconfirmed = try await service.person(extra: ["email_confirmed": false])
            let stopped = try await service.person()
            try await service.database.execute(
                """
                update account set disabled_at = clock_timestamp()
                where account_id = '\(try await service.accountID(stopped))'
                """)
            for (patient, missing) in [
                (guest.patient, "account"), ("ext-\(unconfirmed.username)", "confirmed_email"),
                ("ext-\(stopped.username)", "account"),
            ] {
                let answer = try await service.reactivate(patient)
                #expect(answer.status == 409 && answer.problem == "patient-incomplete")
                #expect(try answer.json()["missing"] == [.string(missing)], "\(patient)")
            }
            #expect(try await service.reactivate("P-none").problem == "not-found")
            let foreign = try await service.reactivate(
                "ext-\(stopped.username)", key: service.foreignKey)
            #expect(foreign.status == 404)
            let none = try await service.database.count(
                "message", where: "template = 'reactivation'")
            #expect(none == 0)
            // What its owner froze a recovery opens again.
            let frozen = try await service.person()
            try await service.freeze(frozen)
            #expect(try await service.reactivate("ext-\(frozen.username)").status == 201)
        }
    }

    @Test func `the same request sends one mail, and says how far it got`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let patient = "ext-\(person.username)"
            let first = try await service.reactivate(patient, idempotencyKey: "one")
            #expect(first.status == 201, "\(first.text)")
            try await service.settle()
            let again = try await service.reactivate(patient, idempotencyKey: "one")
            #expect(again.status == 201)
            #expect(try again.json()["delivery"] == "sent")
            #expect(try again.json()["sent_at"] == first.json()["sent_at"])
            #expect(try again.json()["destination"] == first.json()["destination"])
            #expect(service.mail.count(to: person.email) == 1)
            let other = try await service.person()
            let reused = try await service.reactivate(
                "ext-\(other.username)", idempotencyKey: "one")
            #expect(reused.problem == "idempotency-key-reused")
            #expect(service.mail.count(to: other.email) == 0)
        }
    }

    @Test func `a practice says it in words of its own, with both links in them`() async throws {
        try await TestService.run { service in
            let path = "/v1/practice/texts/reactivation/nl"
            let words = "Welkom terug bij {{practice}}. {{sign_in_link}} {{support_contact}}"
            let half = try await service.send("PUT", path, json: ["text": .string(words)])
            #expect(
                try half.json()["text_faults"] == ["reactivation.txt: {{recovery_link}} is missing"]
            )
            let whole: JSON = ["text": .string(words + " {{recovery_link}}")]
            let preview = try await service.send("POST", path + "/preview", json: whole)
            #expect(
                try preview.json()["text"].string == """
                    Welkom terug bij Huisartsenpraktijk De Linde. https://portal.example/sign-in \
                    030 000 00 00 https://portal.example/recover
                    """)
            #expect(try await service.send("PUT", path, json: whole).status == 200)
            let person = try await service.person()
            #expect(try await service.reactivate("ext-\(person.username)").status == 201)
            let mail = try await service.mail.message(1, to: person.email)
            #expect(try mail.text == preview.json()["text"].string)
        }
    }

    @Test func `a mail that does not leave is seen, with what can be done`() async throws {
        var settings = TestService.Settings()
        settings.channel = ReluctantChannel(refused: "away@example.nl")
        try await TestService.run(settings) { service in
            let person = try await service.person(email: "away@example.nl")
            let patient = "ext-\(person.username)"
            _ = try await service.reactivate(patient, idempotencyKey: "one")
            try await eventually {
                let answer = try await service.reactivate(patient, idempotencyKey: "one").json()
                return answer["reason"].string != nil && answer["advice"].string != nil
            }
        }
    }
}

/// How often a mailbox may be mailed the way back, and by whom (Z-22).
@Suite struct ReactivationLimitTests {
    @Test func `a mailbox has its wait, its hour, and one budget with the invitations`()
        async throws
    {
        var settings = TestService.Settings()
        settings.sendsPerHour = 2
        try await TestService.run(settings) { service in
            let person = try await service.person()
            let patient = "ext-\(person.username)"
            #expect(try await service.reactivate(patient).status == 201)
            let soon = try await service.reactivate(patient)
            #expect(soon.status == 429 && soon.problem == "resend-too-soon")
            #expect(soon.header("Retry-After") != nil)
            try await service.travel(31)
            #expect(try await service.reactivate(patient).status == 201)
            try await service.travel(31)
            let third = try await service.reactivate(patient)
            #expect(third.status == 429 && third.problem == "sends-exhausted")
            #expect(third.header("Retry-After") != nil)
            // A child at the same address is no way around it.
            let child = try await service.guest(["email": .string(person.email)])
            #expect(try await service.invite(child.patient).problem == "sends-exhausted")
            try await service.settle()
            #expect(service.mail.count(to: person.email) == 2)
            let refused = try await service.database.rows(
                """
                select reason from audit
                where event = 'reactivation-sent' and result = 'refused'
                order by happened_at
                """)
            #expect(refused == [["too-soon"], ["sends-exhausted"]])
            try await service.travel(3_601)
            #expect(try await service.reactivate(patient).status == 201)
        }
    }

    @Test func `of many calls at once one sends`() async throws {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            let person = try await service.person()
            let patient = "ext-\(person.username)"
            // The second time the row that they count in is there already.
            for round in 1...2 {
                let answers = try await parallel(8) { number in
                    try await service.reactivate(patient, instance: number)
                }
                #expect(answers.count { $0.status == 201 } == 1)
                #expect(answers.count { $0.problem == "resend-too-soon" } == 7)
                try await service.settle()
                #expect(service.mail.count(to: person.email) == round)
                try await service.travel(31)
            }
        }
    }

    @Test func `a client's mails of an hour are those with its invitations`() async throws {
        var settings = TestService.Settings()
        settings.configure = { $0.sending.perClientAndHour = 2 }
        try await TestService.run(settings) { service in
            _ = try await service.invited(try await service.guest())
            let people = [try await service.person(), try await service.person()]
            #expect(try await service.reactivate("ext-\(people[0].username)").status == 201)
            let third = try await service.reactivate("ext-\(people[1].username)")
            #expect(third.status == 429 && third.problem == "send-limit-reached")
            #expect(try third.json()["limit"] == "client")
            try await service.settle()
            #expect(service.mail.count(to: people[1].email) == 0)
        }
    }

    @Test func `a mailbox that is no longer the account's is not written to`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let database = service.service.database
            let practice = try await database.run(FindPractice(practice: service.practice))
            let found = try await database.run(
                FindDormantAccount(
                    practice: practice.id, externalID: try ExternalID("ext-\(person.username)")))
            let account = try #require(found?.account)
            let mailbox = try #require(account.mailbox)
            #expect(mailbox.address.typed == person.email)
            func send() async throws -> Answered<SendReactivation.Outcome> {
                try await database.run(
                    SendReactivation(
                        act: Act(
                            practiceID: practice.id, clientID: nil, key: nil, requestID: UUID()),
                        patientID: try #require(found?.patientID), account: account,
                        mailbox: mailbox, in: practice, limits: [], keys: service.service.keys))
            }
            // Read, and then: no longer confirmed; no longer there; no longer this patient's.
            let (id, contact) = (account.id.text, mailbox.contactID.text)
            for change in [
                "update contact set confirmed_at = null where account_id = '\(id)'",
                """
                update contact
                set confirmed_at = clock_timestamp(), contact_id = gen_random_uuid()
                where account_id = '\(id)'
                """,
                """
                update contact set contact_id = '\(contact)' where account_id = '\(id)';
                delete from patient_link where account_id = '\(id)'
                """,
            ] {
                try await service.database.execute(change)
                guard case .now(.overtaken) = try await send() else {
                    Issue.record("sent after: \(change)")
                    continue
                }
            }
            let sent = try await service.database.count(
                "message", where: "template = 'reactivation'")
            #expect(sent == 0)
        }
    }
}
