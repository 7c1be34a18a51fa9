import Cryptography
import Foundation
import Testing

@testable import Auth

/// A practice's system invites patients, sends again, takes back, and sees what became of it (IN-1).
@Suite struct InvitationTests {
    @Test func `a patient is invited by a mail that names the practice and all three choices`()
        async throws
    {
        try await TestService.run { service in
            let guest = try await service.guest()
            let answer = try await service.invite(guest.patient)
            #expect(answer.status == 201, "\(answer.text)")
            let body = try answer.json()
            let id = try #require(body["id"].string)
            #expect(answer.header("Location") == "/v1/invitations/\(id)")
            #expect(body["patient"].string == guest.patient && body["status"] == "open")
            #expect(body["channel"] == "email" && body["destination"] == "p•••@e•••.nl")
            #expect(["queued", "sent"].contains(body["delivery"].string))
            // "Als de ontvanger wordt uitgenodigd voor een veilige conversatie, verschijnt het
            // onderstaande bericht in de e-mail inbox van de ontvanger."
            let mail = try await service.mail.message(1, to: guest.email)
            #expect(mail.locale == "nl" && mail.code == "" && !mail.staysTrue)
            #expect(mail.subject?.contains("Huisartsenpraktijk De Linde") == true)
            // "Maak je account aan", "Ik heb al een account", "de uitnodiging … afwijzen".
            for choice in [
                "een account maken", "koppelen aan een account dat u al hebt",
                "de uitnodiging afwijzen",
            ] {
                #expect(mail.text.contains(choice))
            }
            #expect(mail.text.contains("\nhttps://portal.example/invitation#token="))
            let token = LinkToken.text(in: mail.text)
            #expect(token.utf8.count == 32)
            #expect(
                mail.html?.contains("<a href=\"https://portal.example/invitation#token=") == true)
            // No answer has it, and neither has the database.
            try await service.settle()
            let read = try await service.send("GET", "/v1/invitations/\(id)")
            #expect(try read.json()["delivery"] == "sent")
            #expect(!answer.text.contains(token) && !read.text.contains(token))
            let kept = try await service.database.rows(
                "select string_agg(mailed_link::text, '|') from mailed_link")
            #expect(kept[0][0]?.contains(token) == false)
            let events = try await service.database.rows(
                """
                select result, object_id::text from audit where event = 'invitation-sent'
                """)
            #expect(events == [["done", id]])
        }
    }

    @Test func `a link leads to the practice's portal, whatever host a caller names`()
        async throws
    {
        try await TestService.run { service in
            let guest = try await service.guest()
            let forged = [
                ("Host", "evil.example"), ("X-Forwarded-Host", "evil.example"),
                ("X-Forwarded-Proto", "http"), ("Forwarded", "host=evil.example;proto=http"),
                ("X-Original-Host", "evil.example"), ("Origin", "https://evil.example"),
                ("Referer", "https://evil.example/invitation"),
            ]
            func send(_ path: String, _ json: JSON? = nil) async throws -> JSON {
                let answer = try await service.send("POST", path, json: json, headers: forged)
                #expect((200...201).contains(answer.status), "\(path): \(answer.text)")
                #expect(!answer.text.contains("evil"), "\(path)")
                #expect(answer.header("Location")?.contains("evil") != true, "\(path)")
                return try answer.json()
            }
            let invited = try await send(
                "/v1/invitations", ["patient": .string(guest.patient)])
            let id = try #require(invited["id"].string)
            // A link that gives way before its mail has left is never sent.
            _ = try await service.mail.message(1, to: guest.email)
            _ = try await send("/v1/invitations/\(id)/resend")
            let token = LinkToken.text(in: try await service.mail.message(2, to: guest.email).text)
            let opened = try await send("/v1/enrolments", ["invitation_token": .string(token)])
            let enrolment = try #require(opened["id"].string)
            _ = try await send("/v1/enrolments/\(enrolment)/identity", service.details(of: guest))
            for number in 1...3 {
                let mail = try await service.mail.message(number, to: guest.email)
                #expect(LinkToken.text(in: mail.text).utf8.count == 32, "\(number)")
                for part in [mail.text, mail.html ?? "", mail.subject ?? ""] {
                    #expect(!part.contains("evil") && !part.contains("http://"), "\(number)")
                }
            }
        }
    }

    @Test func `the same patient again gets the open one, and nothing is sent`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let first = try await service.invited(guest)
            let again = try await service.invite(guest.patient)
            #expect(again.status == 200)
            #expect(try again.json()["id"].string == first.id)
            #expect(again.header("Location") == "/v1/invitations/\(first.id)")
            try await service.settle()
            #expect(service.mail.count(to: guest.email) == 1)
            // Once it has expired another one takes its place.
            try await service.travel(14 * 86_400 + 60)
            #expect(try await service.invitation(first.id)["status"] == "expired")
            let second = try await service.invited(guest)
            #expect(second.id != first.id)
            #expect(try await service.invitation(first.id)["status"] == "expired")
        }
    }

    @Test func `sending again makes another link for fourteen days and voids the earlier`()
        async throws
    {
        try await TestService.run { service in
            let guest = try await service.guest()
            let first = try await service.invited(guest)
            try await service.travel(10 * 86_400)
            let answer = try await service.resendInvitation(first.id)
            #expect(answer.status == 200, "\(answer.text)")
            let second = LinkToken.text(in: try await service.mail.message(2, to: guest.email).text)
            #expect(second.utf8.count == 32 && second != first.token)
            let live = try await service.database.rows(
                """
                select encode(token_hash, 'hex') from mailed_link
                join live_link using (practice_id, link_id)
                """)
            #expect(
                live == [
                    [LinkToken.hash(Secret(second)).map { String(format: "%02x", $0) }.joined()]
                ])
            // After its end, too: nobody is left without a way in.
            try await service.travel(20 * 86_400)
            #expect(try await service.invitation(first.id)["status"] == "expired")
            #expect(try await service.resendInvitation(first.id).status == 200)
            #expect(try await service.invitation(first.id)["status"] == "open")
        }
    }

    @Test func `a mail that is still here when its link dies is never sent`() async throws {
        var settings = TestService.Settings()
        settings.channel = ReluctantChannel(refused: "late@example.nl")
        try await TestService.run(settings) { service in
            let guest = try await service.guest(["email": "late@example.nl"])
            let answer = try await service.invite(guest.patient)
            let id = try #require(try answer.json()["id"].string)
            _ = try await service.resendInvitation(id)
            let states = try await service.database.rows(
                """
                select message.message_id = any (
                           select message_id from live_message where practice_id = message.practice_id)
                from message where template = 'invitation' order by created_at
                """)
            #expect(states == [["f"], ["t"]])
            let gone = try await service.send("DELETE", "/v1/invitations/\(id)")
            #expect(gone.status == 204)
            #expect(try await service.database.count("live_message", where: "true") == 0)
            #expect(try await service.invitation(id)["delivery"] == "withdrawn")
        }
    }

    @Test func `one that was taken back opens nothing, and the practice can invite anew`()
        async throws
    {
        try await TestService.run { service in
            let guest = try await service.guest()
            let first = try await service.invited(guest)
            for _ in 1...2 {
                let gone = try await service.send("DELETE", "/v1/invitations/\(first.id)")
                #expect(gone.status == 204)
            }
            let body = try await service.invitation(first.id)
            #expect(body["status"] == "withdrawn" && body["ended_at"].string != nil)
            #expect(try await service.resendInvitation(first.id).problem == "invitation-closed")
            #expect(try await service.invited(guest).id != first.id)
            let events = try await service.database.count(
                "audit", where: "event = 'invitation-withdrawn'")
            #expect(events == 1)
        }
    }

    @Test(
        arguments: [
            ["email": "other@example.nl"], ["date_of_birth": "1987-05-04"], ["postcode": "3512 JD"],
        ] as [[String: JSON]])
    func `a change of what proves identity voids it`(change: [String: JSON]) async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let first = try await service.invited(guest)
            let details = PatientSample.with(
                ["email": .string(guest.email)], of: PatientSample.emma)
            // Other spellings and other fields change nothing.
            for harmless: [String: JSON] in [
                ["email": .string(guest.email.uppercased()), "postcode": "3512JC"],
                ["last_name": "Jansen-de Vries", "mobile": .null],
            ] {
                let put = try await service.putPatient(
                    guest.patient, PatientSample.with(harmless, of: details))
                #expect(put.status == 200)
                #expect(try await service.invitation(first.id)["status"] == "open")
            }
            _ = try await service.putPatient(
                guest.patient, PatientSample.with(change, of: details))
            #expect(try await service.invitation(first.id)["status"] == "details-changed")
            #expect(try await service.resendInvitation(first.id).problem == "invitation-closed")
            #expect(try await service.database.count("live_link", where: "true") == 0)
            let anew = try await service.invite(guest.patient)
            #expect(anew.status == 201)
            #expect(try await service.invitation(first.id)["status"] == "details-changed")
        }
    }

    @Test(
        arguments: [
            ["email": "other@example.nl"], ["date_of_birth": "1987-05-04"], ["postcode": "3512 JD"],
        ] as [[String: JSON]])
    func `a change back revives no link, no enrolment and no fresh mail`(
        change: [String: JSON]
    ) async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let first = try await service.invited(guest)
            let asked = try await service.opened(first.token)
            let named = try await service.step(asked, "identity", service.details(of: guest))
            #expect(named.status == 200, "\(named.text)")
            let fresh = LinkToken.text(in: try await service.mail.message(2, to: guest.email).text)
            let details = PatientSample.with(
                ["email": .string(guest.email)], of: PatientSample.emma)
            for changes in [change, [:]] {
                let put = try await service.putPatient(
                    guest.patient, PatientSample.with(changes, of: details))
                #expect(put.status == 200)
            }
            let ended = try await service.invitation(first.id)
            #expect(ended["status"] == "details-changed" && ended["ended_at"].string != nil)
            #expect(try await service.resendInvitation(first.id).problem == "invitation-closed")
            for token in [first.token, fresh] {
                #expect(try await service.openLink(token).problem == "invitation-closed")
            }
            #expect(try await service.enrolment(asked)["status"] == "closed")
            let confirmed = try await service.step(
                asked, "email-confirmation", ["token": .string(fresh)])
            #expect(confirmed.problem == "invitation-closed")
            #expect(try await service.database.count("live_link", where: "true") == 0)
            // Invited anew, the patient gets on.
            _ = try await service.proven(guest, try await service.invited(guest).token)
        }
    }

    @Test func `a patient who has an account gets nothing`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let id = "ext-\(person.username)"
            _ = try await service.putPatient(
                id, PatientSample.with(["email": .string(person.email)]))
            let answer = try await service.invite(id)
            #expect(answer.status == 409 && answer.problem == "already-active")
            try await service.settle()
            #expect(service.mail.count(to: person.email) == 0)
            #expect(try await service.database.count("invitation", where: "true") == 0)
            // Nor does one who came to it by another way since.
            let guest = try await service.guest()
            let invited = try await service.invited(guest)
            _ = try await service.person(extra: ["external_id": .string(guest.patient)])
            #expect(try await service.resendInvitation(invited.id).problem == "already-active")
        }
    }

    @Test func `what keeps a patient from enrolling is named, and nothing is sent`() async throws {
        try await TestService.run { service in
            try await service.setPolicy(
                ["required_for_enrolment": ["mobile", "general_practitioner"]])
            _ = try await service.putPatient("P-1", PatientSample.nobody)
            let answer = try await service.invite("P-1")
            #expect(answer.status == 409 && answer.problem == "patient-incomplete")
            #expect(try answer.json()["missing"] == ["email", "mobile", "general_practitioner"])
            // The patient is told whom to ask, and nothing of the register.
            #expect(try answer.json()["detail"].string?.contains("030 000 00 00") == true)
            let guest = try await service.guest()
            let invited = try await service.invited(guest)
            let put = try await service.putPatient(
                guest.patient,
                PatientSample.with(
                    ["email": .string(guest.email), "mobile": .null], of: PatientSample.emma))
            #expect(put.status == 200)
            let again = try await service.resendInvitation(invited.id)
            #expect(again.problem == "patient-incomplete")
            #expect(try again.json()["missing"] == ["mobile"])
            #expect(try await service.invite("P-2").problem == "not-found")
        }
    }

    @Test func `with a patient who is taken out go the invitations`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let invited = try await service.invited(guest)
            let gone = try await service.send("DELETE", "/v1/patients/\(guest.patient)")
            #expect(gone.status == 204)
            let answer = try await service.send("GET", "/v1/invitations/\(invited.id)")
            #expect(answer.problem == "not-found")
            #expect(try await service.database.count("mailed_link", where: "true") == 0)
        }
    }

    @Test func `a mailbox has its messages of an hour, and its links stay as they are`()
        async throws
    {
        var settings = TestService.Settings()
        settings.sendsPerHour = 2
        try await TestService.run(settings) { service in
            let guest = try await service.guest()
            let invited = try await service.invited(guest)
            #expect(try await service.resendInvitation(invited.id).status == 200)
            let live = try await service.database.rows("select * from live_link")
            let third = try await service.resendInvitation(invited.id)
            #expect(third.status == 429 && third.problem == "sends-exhausted")
            #expect(third.header("Retry-After") != nil)
            #expect(try await service.database.rows("select * from live_link") == live)
            // A sister at the same address is no way around it.
            let sister = try await service.guest(["email": .string(guest.email)])
            #expect(try await service.invite(sister.patient).problem == "sends-exhausted")
            try await service.travel(3_601)
            #expect(try await service.resendInvitation(invited.id).status == 200)
        }
    }

    @Test func `a client has its mails of an hour, apart from its codes`() async throws {
        var settings = TestService.Settings()
        settings.configure = { $0.sending.perClientAndHour = 2 }
        try await TestService.run(settings) { service in
            let guest = try await service.guest()
            let invited = try await service.invited(guest)
            #expect(try await service.resendInvitation(invited.id).status == 200)
            let other = try await service.guest()
            for answer in [
                try await service.resendInvitation(invited.id),
                try await service.invite(other.patient),
            ] {
                #expect(answer.status == 429 && answer.problem == "send-limit-reached")
                #expect(try answer.json()["limit"] == "client")
            }
            _ = try await service.signIn(try await service.person())
        }
    }
}
