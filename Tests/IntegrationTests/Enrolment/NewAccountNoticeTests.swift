import Foundation
import Testing

@testable import Auth

/// Whoever the register means is told of a new account, so that the second way can't make one behind
/// their back (Z-16).
@Suite struct NewAccountNoticeTests {
    @Test func `the register's mobile is told, and the practice sees it at the invitation`()
        async throws
    {
        try await TestService.run { service in
            let mobile = "+31687\(Int.random(in: 100_000...999_999))"
            let guest = try await service.guest(["mobile": .string(mobile), "locale": "en"])
            let invitation = try await service.invited(guest)
            let id = try await service.proven(guest, invitation.token)
            #expect(try await service.step(id, "profile", TestService.profile).status == 200)
            let done = try await service.step(id, "complete", idempotencyKey: "once")
            #expect(done.status == 200)
            let told = try await service.mail.message(1, to: mobile)
            #expect(told.channel == .sms && told.staysTrue && told.message.code == nil)
            #expect(
                told.text.hasPrefix("An account was made for you at Huisartsenpraktijk De Linde on")
            )
            #expect(!told.text.contains("http") && !told.text.contains("@"))
            #expect(GSM7.septets(of: told.text).map { $0 <= 160 } == true)
            #expect(try await service.invitation(invitation.id)["status"] == "accepted")
            // Once, also where the request comes again.
            #expect(try await service.step(id, "complete", idempotencyKey: "once").status == 200)
            try await service.settle()
            #expect(service.mail.count(to: mobile) == 1)
            #expect(service.mail.count(to: guest.email) == 2)
            #expect(
                try await service.database.rows(
                    """
                    select result, reason, account_id = (select account_id from account)
                    from audit
                    where event = 'change-told'
                    """) == [["done", "sms", "t"]])
        }
    }

    @Test func `without a mobile that the practice sends to the mailbox is told`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest(["mobile": .null])
            let id = try await service.ready(guest)
            #expect(try await service.step(id, "complete").status == 200)
            let mail = try await service.mail.message(3, to: guest.email)
            #expect(mail.subject?.hasPrefix("Er is een account voor u gemaakt (") == true)
            #expect(mail.text.contains("030 000 00 00"))
        }
    }

    @Test func `whose records are joined to an account is told, and so is its owner`()
        async throws
    {
        try await TestService.run { service in
            let owner = try await service.person()
            let mobile = "+31687\(Int.random(in: 100_000...999_999))"
            let guest = try await service.guest(["mobile": .string(mobile), "locale": "en"])
            let id = try await service.proven(guest, try await service.invited(guest).token)
            let token = try #require(
                try await service.signIn(owner)["tokens"]["access_token"].string)
            let sent = service.mail.count(to: owner.email)
            for _ in 0..<2 {
                let linked = try await service.step(
                    id, "link", idempotencyKey: "once", token: token)
                #expect(linked.status == 200, "\(linked.text)")
            }
            let told = try await service.mail.message(1, to: mobile)
            #expect(told.text.hasPrefix("Since "), "\(told.text)")
            #expect(told.text.contains("an account has access to your data at"))
            #expect(GSM7.septets(of: told.text).map { $0 <= 160 } == true)
            let mail = try await service.mail.message(sent + 1, to: owner.email)
            #expect(
                mail.text.contains("Er is een patiënt van de praktijk aan uw account gekoppeld."))
            try await service.settle()
            #expect(service.mail.count(to: mobile) == 1)
            #expect(service.mail.count(to: owner.email) == sent + 1)
        }
    }

    @Test func `a ceiling keeps the message back, and never the account`() async throws {
        try await TestService.run { service in
            try await service.setPolicy(["sms_per_day": 1])
            for _ in 1...2 {
                let id = try await service.ready(try await service.guest())
                #expect(try await service.step(id, "complete").status == 200)
            }
            #expect(
                try await service.database.count("message", where: "channel = 'sms'") == 1)
            #expect(
                try await service.database.rows(
                    "select result, reason from audit where event = 'change-told' order by audit_id"
                ) == [["done", "sms"], ["refused", "limit-reached"]])
        }
    }

    @Test func `where the practice sends no SMS the mailbox is told`() async throws {
        try await TestService.run { service in
            try await service.setPolicy(["sms_per_day": 0])
            let guest = try await service.guest()
            let id = try await service.ready(guest)
            let sent = service.mail.count(to: guest.email)
            #expect(try await service.step(id, "complete").status == 200)
            let told = try await service.mail.message(sent + 1, to: guest.email)
            #expect(told.subject?.hasPrefix("Er is een account voor u gemaakt (") == true)
        }
    }
}
