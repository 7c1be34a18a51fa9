import Foundation
import Postgres
import Testing

@testable import Auth

/// Many patients at once, many calls for one patient, and what is brought to mind later.
@Suite struct ManyInvitationTests {
    private static var two: TestService.Settings {
        var settings = TestService.Settings()
        settings.instances = 2
        return settings
    }

    @Test func `a list is answered patient by patient, and can be sent again`() async throws {
        try await TestService.run { service in
            let guests = [try await service.guest(), try await service.guest()]
            let standing = try await service.invited(guests[1])
            _ = try await service.putPatient("P-mute", PatientSample.nobody)
            let person = try await service.person()
            let patients =
                guests.map(\.patient) + ["P-mute", "ext-\(person.username)", "P-none"]
            let list: JSON = ["patients": .array(patients.map(JSON.string))]
            let first = try await service.send("POST", "/v1/invitations/bulk", json: list)
            #expect(first.status == 200, "\(first.text)")
            let report = try first.json()
            #expect(report["invited"] == 1 && report["open"] == 1 && report["refused"] == 3)
            let results = report["results"].array
            #expect(results.map { $0["patient"].string } == patients)
            #expect(results[0]["status"] == "invited" && results[0]["id"].string != nil)
            #expect(results[1]["status"] == "open" && results[1]["id"].string == standing.id)
            #expect(results[2]["reason"] == "patient-incomplete")
            #expect(results[2]["missing"] == ["email"])
            #expect(results[3]["reason"] == "already-active")
            #expect(results[4]["reason"] == "not-found")
            let again = try await service.send("POST", "/v1/invitations/bulk", json: list)
            #expect(try again.json()["open"] == 2)
            try await service.settle()
            #expect(guests.map { service.mail.count(to: $0.email) } == [1, 1])
            for wrong: JSON in [
                ["patients": []], ["patients": ["P-1", "P-1"]], ["patients": ["import"]],
                ["patients": ["P-1"], "channel": "sms"],
            ] {
                let answer = try await service.send("POST", "/v1/invitations/bulk", json: wrong)
                #expect(answer.problem == "field-invalid")
            }
        }
    }

    @Test func `mails to one address say by initials whom each is for`() async throws {
        try await TestService.run { service in
            let mother = try await service.guest(
                ["first_name": "Eva", "last_name": "van den Berg"])
            let son = try await service.guest(
                ["first_name": "Jan", "last_name": "Kok", "email": .string(mother.email)])
            for (number, guest, initials) in [(1, mother, "E.B."), (2, son, "J.K.")] {
                #expect(try await service.invite(guest.patient).status == 201)
                let mail = try await service.mail.message(number, to: mother.email)
                let sentence = "Deze uitnodiging is voor \(initials) en voor niemand anders."
                #expect(mail.text.contains("\n\(sentence)\n"))
                #expect(mail.html?.contains(">\(sentence)<") == true)
                for name in ["Eva", "Berg", "Jan", "Kok"] { #expect(!mail.text.contains(name)) }
            }
        }
    }

    @Test func `the register shows how far each patient's newest invitation came`() async throws {
        try await TestService.run { service in
            let guests = [
                try await service.guest(), try await service.guest(), try await service.guest(),
            ]
            func shown(_ guest: Guest) async throws -> JSON {
                try await service.patient(guest.patient).json()["invitation"]
            }
            #expect(try await shown(guests[0]) == .null)
            let invited = try await service.invited(guests[0])
            try await service.settle()
            let sent = try await shown(guests[0])
            #expect(sent["id"].string == invited.id && sent["status"] == "open")
            #expect(sent["delivery"] == "sent" && sent["opened_at"].isAbsent)
            _ = try await service.opened(invited.token)
            let opened = try await shown(guests[0])
            let first = try #require(opened["opened_at"].string)
            _ = try await service.opened(invited.token)
            #expect(try await shown(guests[0])["opened_at"].string == first)
            #expect(try await service.invitation(invited.id) == opened)
            // The newest, and none of another patient's.
            let former = try await service.invited(guests[1])
            _ = try await service.send("DELETE", "/v1/invitations/\(former.id)")
            #expect(try await shown(guests[1])["status"] == "withdrawn")
            let newer = try await service.invited(guests[1])
            try await service.settle()
            let list = try await service.send("GET", "/v1/patients").json()["data"].array
            #expect(
                list.map { $0["invitation"]["id"].string } == [invited.id, newer.id, nil])
            #expect(list.map { $0["invitation"]["status"] } == ["open", "open", .absent])
            // What a mail came to, with what can be done about it.
            try await service.database.execute(
                """
                update message
                set state = 'failed', reason = 'unknown_mailbox'
                from invitation
                where message.link_id = invitation.link_id
                  and invitation.invitation_id = '\(newer.id)'
                """)
            let failed = try await shown(guests[1])
            #expect(failed["delivery"] == "failed" && failed["reason"] == "unknown_mailbox")
            #expect(failed["advice"].string != nil)
        }
    }

    @Test func `of many calls at once one invites, and all answer the same invitation`()
        async throws
    {
        try await TestService.run(Self.two) { service in
            for _ in 0..<3 {
                let guest = try await service.guest()
                let answers = try await parallel(12) { number in
                    try await service.invite(guest.patient, instance: number)
                }
                #expect(answers.count { $0.status == 201 } == 1)
                #expect(answers.count { $0.status == 200 } == 11)
                #expect(Set(try answers.map { try $0.json()["id"].string }).count == 1)
                try await service.settle()
                #expect(service.mail.count(to: guest.email) == 1)
            }
        }
    }

    @Test func `of many links that are made at once one opens it`() async throws {
        try await TestService.run(Self.two) { service in
            let guest = try await service.guest()
            let invited = try await service.invited(guest)
            let answers = try await parallel(8) { number in
                try await service.resendInvitation(invited.id, instance: number)
            }
            #expect(answers.allSatisfy { $0.status == 200 })
            #expect(try await service.database.count("live_link", where: "true") == 1)
            let status = try await service.invitation(invited.id)["status"]
            #expect(status == "open")
        }
    }

    @Test func `a repeated request is answered once more and sends nothing`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let first = try await service.invite(guest.patient, idempotencyKey: "one")
            let again = try await service.invite(guest.patient, idempotencyKey: "one")
            #expect(first.status == 201 && again.status == 201)
            let id = try #require(try first.json()["id"].string)
            #expect(try again.json()["id"].string == id)
            let other = try await service.guest()
            let reused = try await service.invite(other.patient, idempotencyKey: "one")
            #expect(reused.problem == "idempotency-key-reused")
            for _ in 1...2 {
                #expect(try await service.resendInvitation(id, idempotencyKey: "two").status == 200)
            }
            let second = try await service.invited(other)
            let misused = try await service.resendInvitation(second.id, idempotencyKey: "two")
            #expect(misused.problem == "idempotency-key-reused")
            try await service.settle()
            #expect(service.mail.count(to: guest.email) == 2)
        }
    }

    @Test func `an open invitation is brought to mind once, where the practice wants it`()
        async throws
    {
        try await TestService.run { service in
            try await service.setPolicy(["invitation_reminder": true])
            let (silent, spoken, gone) = (
                try await service.guest(), try await service.guest(), try await service.guest()
            )
            let token = try await service.invited(spoken).token
            let withdrawn = try await service.invited(gone)
            try await service.setPolicy(["invitation_reminder": false])
            _ = try await service.invited(silent)
            try await service.settle()
            // It waits in the outbox, where it counts for nothing yet.
            let waiting = try await service.service.database.run(MeasureOutbox())
            #expect(waiting.queued == 0 && waiting.oldestAge == 0)
            _ = try await service.send("DELETE", "/v1/invitations/\(withdrawn.id)")
            try await service.travel(10.9 * 86_400)
            try await service.settle()
            #expect(service.mail.count(to: spoken.email) == 1)
            try await service.travel(0.2 * 86_400)
            service.service.dispatcher.nudge()
            let mail = try await service.mail.message(2, to: spoken.email)
            #expect(LinkToken.text(in: mail.text) == token)
            #expect(mail.text.contains("Dit is de enige herinnering."))
            try await service.travel(2 * 86_400)
            try await service.settle()
            #expect(service.mail.count(to: spoken.email) == 2)
            #expect(service.mail.count(to: silent.email) == 1)
            #expect(service.mail.count(to: gone.email) == 1)
        }
    }
    @Test func `sent again it is brought to mind only if it was not before`() async throws {
        try await TestService.run { service in
            try await service.setPolicy(["invitation_reminder": true])
            let (early, late) = (try await service.guest(), try await service.guest())
            let before = try await service.invited(early).id
            let after = try await service.invited(late).id
            #expect(try await service.resendInvitation(before).status == 200)
            _ = try await service.mail.message(2, to: early.email)
            try await service.travel(11.1 * 86_400)
            service.service.dispatcher.nudge()
            // The reminder is the newer link's, and the only one.
            let mail = try await service.mail.message(3, to: early.email)
            #expect(mail.text.contains("Dit is de enige herinnering."))
            let reminded = try await service.mail.message(2, to: late.email)
            #expect(reminded.text.contains("Dit is de enige herinnering."))
            for id in [before, after] {
                #expect(try await service.resendInvitation(id).status == 200)
            }
            // What is not on its way yet goes with its link.
            _ = try await service.mail.message(3, to: late.email)
            #expect(try await service.resendInvitation(after).status == 200)
            _ = try await service.mail.message(4, to: late.email)
            _ = try await service.mail.message(4, to: early.email)
            try await service.travel(13 * 86_400)
            try await service.settle()
            #expect(service.mail.count(to: early.email) == 4)
            #expect(service.mail.count(to: late.email) == 4)
        }
    }
}
