import Foundation
import Testing

@testable import Auth

/// Whoever lost the mailbox to a thief hears by phone of what lets somebody in or keeps somebody out
/// (S4, Z-32).
@Suite struct PhoneNoticeTests {
    private static func texts(_ service: TestService, to number: String) -> [RecordedMessage] {
        service.mail.messages.filter { $0.to == number && $0.message.code == nil }
    }

    @Test func `a new password is told to every phone, once each`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let first = try await service.phone(person, daysOld: 2)
            let second = try await service.phone(person)
            try await service.database.execute(
                """
                insert into contact (account_id, contact_id, kind, address, confirmed_at)
                values ('\(try await service.accountID(person))', gen_random_uuid(), 'sms',
                        '\(first.number)', clock_timestamp())
                """)
            let token = try await service.signInByPhone(person, first.number).access
            #expect(
                try await service.changePassword(
                    person, to: TestService.newPassword, token: token
                ).status == 204)
            try await service.settle()
            for number in [first.number, second.number] {
                let told = Self.texts(service, to: number)
                #expect(told.count == 1)
                #expect(told.first?.text.contains("Lees onze e-mail erover") == true)
                #expect(told.first?.text.contains("http") == false)
            }
        }
    }

    @Test func `a phone that is taken away hears of it, and one that was just proven does not`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let former = try await service.phone(person)
            let token = try await service.signInByPhone(person, former.number).access
            let number = TestService.freshMobile()
            _ = try await service.phone(token, number)
            try await service.settle()
            #expect(Self.texts(service, to: former.number).count == 1)
            #expect(Self.texts(service, to: number).isEmpty)
            let removed = try await service.account("DELETE", "factors/\(former.id)", token)
            #expect(removed.status == 204, "\(removed.text)")
            try await service.settle()
            #expect(Self.texts(service, to: former.number).count == 2)
            #expect(Self.texts(service, to: number).count == 1)
        }
    }

    @Test func `what lets nobody in is told by mail alone`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let phone = try await service.phone(person)
            let token = try await service.signInByPhone(person, phone.number).access
            #expect(try await service.account("GET", "export", token).status == 200)
            _ = try await service.told("overzicht", person)
            try await service.settle()
            #expect(Self.texts(service, to: phone.number).isEmpty)
        }
    }

    @Test func `an SMS that may not go keeps neither mail nor change back`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let phone = try await service.phone(person)
            let token = try await service.signInByPhone(person, phone.number).access
            try await service.setPolicy(["sms_per_day": 0])
            #expect(
                try await service.changePassword(
                    person, to: TestService.newPassword, token: token
                ).status == 204)
            _ = try await service.told("wachtwoord is gewijzigd", person)
            try await service.settle()
            #expect(Self.texts(service, to: phone.number).isEmpty)
            #expect(
                try await service.database.count(
                    "audit", where: "event = 'change-told' and reason = 'limit-reached'") == 1)
        }
    }
}
