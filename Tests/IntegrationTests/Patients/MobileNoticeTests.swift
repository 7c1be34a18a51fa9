import Foundation
import Testing

@testable import Auth

/// Another mobile in the register moves no factor: the account's owner hears of it by mail and by the
/// phone that gets the codes, and adds it or does not (NO-2, Z-13).
@Suite struct MobileNoticeTests {
    private func register(
        _ mobile: String?, of person: Person, _ service: TestService
    ) async throws -> HTTPAnswer {
        try await service.putPatient(
            "ext-\(person.username)",
            PatientSample.with(["mobile": mobile.map(JSON.string) ?? .null]))
    }

    @Test func `mailbox and phone are told, and codes go where they went`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            #expect(try await register("06 11 22 33 44", of: person, service).status == 200)
            let phone = try await service.phone(person)
            // Neither a first number nor the same one is a change.
            #expect(try await register("0611223344", of: person, service).status == 200)
            #expect(try await service.database.count("message", where: "true") == 0)

            #expect(try await register("06 55 66 77 88", of: person, service).status == 200)
            let mail = try await service.mail.message(1, to: person.email)
            #expect(mail.text.contains("een ander mobiel nummer van u genoteerd: •••88"))
            #expect(mail.text.contains("not-me"))
            #expect(!mail.text.contains("5566"))
            let text = try await service.mail.message(1, to: phone.number)
            #expect(text.message.code == nil && text.text.contains("is gewijzigd"))
            // The number that nobody proved hears of nothing, and gets no code.
            try await service.settle()
            #expect(service.mail.count(to: "+31655667788") == 0)
            let login = try await service.login(person).json()
            #expect(
                login["code"]["destination"].string == MaskedDestination.phone(phone.number))
            #expect(
                try await service.database.rows(
                    "select result, reason from audit where event = 'change-told' order by audit_id"
                ) == [["done", nil], ["done", "sms"]])
        }
    }

    @Test func `a number that gets the codes already is no news`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            #expect(try await register("06 11 22 33 44", of: person, service).status == 200)
            let phone = try await service.phone(person)
            #expect(try await register(phone.number, of: person, service).status == 200)
            #expect(try await register(nil, of: person, service).status == 200)
            #expect(try await service.database.count("message", where: "true") == 0)
        }
    }

    @Test func `an import tells each, and its line says whom nobody could be told of`()
        async throws
    {
        try await TestService.run { service in
            let reached = try await service.person()
            let silent = try await service.person(extra: ["email_confirmed": false])
            func notes(_ mobile: String, dryRun: Bool = false) async throws -> [JSON] {
                let report = try await service.importPatients(
                    [reached, silent].map {
                        PatientSample.line("ext-\($0.username)", ["mobile": .string(mobile)])
                    }, dryRun: dryRun)
                return report["results"].array.map { $0["notes"] }
            }
            #expect(try await notes("0611223344") == [[], []])
            #expect(try await notes("0655667788", dryRun: true) == [[], []])
            #expect(try await notes("0655667788") == [[], ["not-told"]])
            _ = try await service.mail.message(1, to: reached.email)
            // What a register changes has a ceiling of its own: a thief's change is told all the same.
            try await service.database.execute(
                """
                update send_count set amount = \(SendLimit.noticesPerDay) where counter = 'mobiles'
                """)
            #expect(try await notes("0644556677") == [["not-told"], ["not-told"]])
            let token = try await service.tokens(of: reached).access
            #expect(
                try await service.changePassword(
                    reached, to: TestService.newPassword, token: token
                ).status == 204)
            _ = try await service.told("wachtwoord is gewijzigd", reached)
        }
    }

    @Test func `no SMS that the practice can't pay keeps the change back`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            #expect(try await register("06 11 22 33 44", of: person, service).status == 200)
            let phone = try await service.phone(person)
            try await service.setPolicy(["sms_per_day": 0])
            #expect(try await register("06 55 66 77 88", of: person, service).status == 200)
            _ = try await service.mail.message(1, to: person.email)
            try await service.settle()
            #expect(service.mail.count(to: phone.number) == 0)
            #expect(
                try await service.database.rows(
                    "select result, reason from audit where event = 'change-told' order by audit_id"
                ) == [["done", nil], ["refused", "limit-reached"]])
        }
    }

    @Test func `numbers to and fro spend neither the day's codes nor a thief's notice`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let phone = try await service.phone(person)
            try await service.setPolicy(["sms_per_day": 10])
            for last in 0...6 {
                let put = try await register("06 55 66 77 8\(last)", of: person, service)
                #expect(put.status == 200)
            }
            // A fifth of ten.
            try await service.settle()
            #expect(service.mail.count(to: phone.number) == 2)
            let token = try await service.signInByPhone(person, phone.number).access
            #expect(
                try await service.changePassword(
                    person, to: TestService.newPassword, token: token
                ).status == 204)
            _ = try await service.told("wachtwoord is gewijzigd", person)
            try await service.settle()
            #expect(service.mail.count(to: phone.number) == 4)
        }
    }
}
