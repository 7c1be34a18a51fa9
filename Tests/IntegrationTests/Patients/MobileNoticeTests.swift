import Foundation
import Testing

@testable import Auth

/// A new mobile in the register moves no factor: the account's owner hears of it by mail and by the phone
/// that gets the codes, and adds it or does not (NO-2, Z-13).
@Suite struct MobileNoticeTests {
    private func register(
        _ mobile: String?, of patient: String, _ service: TestService
    ) async throws -> Int {
        try await service.putPatient(
            patient, PatientSample.with(["mobile": mobile.map(JSON.string) ?? .null])
        ).status
    }

    /// Somebody whom the register had, with a mobile, before there was an account.
    private func registered(
        _ service: TestService, extra: [String: JSON] = [:]
    ) async throws -> (person: Person, patient: String) {
        let patient = "P-" + UUID().uuidString
        #expect(try await register("06 11 22 33 44", of: patient, service) == 201)
        let person = try await service.person(
            extra: extra.merging(["external_id": .string(patient)]) { old, _ in old })
        return (person, patient)
    }

    @Test func `mailbox and phone are told, and codes go where they went`() async throws {
        try await TestService.run { service in
            let (person, patient) = try await registered(service)
            let phone = try await service.phone(person)
            // The same number is no change.
            #expect(try await register("0611223344", of: patient, service) == 200)
            #expect(try await service.database.count("message", where: "true") == 0)

            #expect(try await register("06 55 66 77 88", of: patient, service) == 200)
            let mail = try await service.mail.message(1, to: person.email)
            #expect(mail.text.contains("een nieuw mobiel nummer van u genoteerd: •••88"))
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

    @Test func `a number that the account has already is no news`() async throws {
        try await TestService.run { service in
            let (person, patient) = try await registered(
                service, extra: ["mobile": "06 44 55 66 99", "mobile_confirmed": true])
            let phone = try await service.phone(person)
            for number in [phone.number, nil, phone.number, "06 44 55 66 99"] {
                #expect(try await register(number, of: patient, service) == 200)
            }
            #expect(try await service.database.count("message", where: "true") == 0)
        }
    }

    @Test func `one that is taken away first and set anew is told like any other`() async throws {
        try await TestService.run { service in
            let (person, patient) = try await registered(service)
            let phone = try await service.phone(person)
            #expect(try await register(nil, of: patient, service) == 200)
            #expect(try await service.database.count("message", where: "true") == 0)
            #expect(try await register("06 55 66 77 88", of: patient, service) == 200)
            #expect(try await service.told("•••88", person).text.contains("not-me"))
            _ = try await service.mail.message(1, to: phone.number)
        }
    }

    @Test func `the first is told to who has an account, and to nobody else`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let patient = "ext-\(person.username)"
            #expect(try await register(nil, of: patient, service) == 200)
            #expect(try await register(nil, of: "P-1", service) == 201)
            #expect(try await register("06 44 55 66 77", of: "P-1", service) == 200)
            #expect(try await service.database.count("message", where: "true") == 0)
            #expect(try await register("06 55 66 77 88", of: patient, service) == 200)
            _ = try await service.told("•••88", person)
            try await service.settle()
            #expect(try await service.database.count("message", where: "true") == 1)
        }
    }

    @Test func `an import tells each, and its line says whom nobody could be told of`()
        async throws
    {
        try await TestService.run { service in
            let (reached, patient) = try await registered(service)
            let silent = try await registered(service, extra: ["email_confirmed": false])
            func notes(_ mobile: String, dryRun: Bool = false) async throws -> [JSON] {
                let report = try await service.importPatients(
                    [patient, silent.patient].map {
                        PatientSample.line($0, ["mobile": .string(mobile)])
                    }, dryRun: dryRun)
                return report["results"].array.map { $0["notes"] }
            }
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

    @Test func `of many in one import each is told of their own number, in their language`()
        async throws
    {
        try await TestService.run { service in
            var people: [(person: Person, patient: String, phone: String)] = []
            for locale: JSON in ["nl", "nb", "en"] {
                let (person, patient) = try await registered(service, extra: ["locale": locale])
                people.append((person, patient, try await service.phone(person).number))
            }
            let report = try await service.importPatients(
                people.indices.map { index in
                    PatientSample.line(
                        people[index].patient, ["mobile": .string("06 55 66 77 8\(index)")])
                })
            #expect(report["results"].array.map { $0["notes"] } == [[], [], []])
            let words = ["mobiel nummer", "mobilnummer", "mobile number"]
            for (index, (person, _, phone)) in people.enumerated() {
                let mail = try await service.mail.message(1, to: person.email)
                #expect(mail.text.contains(words[index]), "\(mail.text)")
                #expect(mail.text.contains("•••8\(index)"), "\(mail.text)")
                #expect(try await service.mail.message(1, to: phone).locale == mail.locale)
            }
            try await service.settle()
            #expect(try await service.database.count("message", where: "true") == 6)
        }
    }

    @Test func `no SMS that the practice can't pay keeps the change back`() async throws {
        try await TestService.run { service in
            let (person, patient) = try await registered(service)
            let phone = try await service.phone(person)
            try await service.setPolicy(["sms_per_day": 0])
            #expect(try await register("06 55 66 77 88", of: patient, service) == 200)
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
            let (person, patient) = try await registered(service)
            let phone = try await service.phone(person)
            try await service.setPolicy(["sms_per_day": 10])
            for last in 0...6 {
                #expect(try await register("06 55 66 77 8\(last)", of: patient, service) == 200)
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
