import Foundation
import Testing

@testable import Auth

/// Whoever signs in by national number is told when the register changes it (Z-18).
@Suite struct MoveNoticeTests {
    private static let numbers = PatientSample.numbers

    /// A person of the Norwegian practice, and the register's entry with the first number.
    private func numbered(
        _ service: TestService, extra: [String: JSON] = [:]
    ) async throws -> Person {
        try await service.allowNumberLogin()
        let person = try await service.person(in: service.foreignKey, extra: extra)
        #expect(try await move(person, to: Self.numbers[0], service).status == 200)
        return person
    }

    private func move(
        _ person: Person, to number: String?, _ service: TestService, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await service.putPatient(
            "ext-\(person.username)",
            PatientSample.with(["national_number": number.map(JSON.string) ?? .null]),
            key: service.foreignKey, instance: instance)
    }

    /// Result, reason, and whether account and caller are named.
    private func audited(_ service: TestService) async throws -> [[String?]] {
        try await service.database.rows(
            """
            select result, reason, account_id is not null, client_id is not null,
                   object_id = (select patient_id from patient)
            from audit
            where event = 'move-told'
            order by audit_id
            """)
    }

    @Test func `every confirmed address is told in its owner's language, without the number`()
        async throws
    {
        try await TestService.run { service in
            let person = try await numbered(service, extra: ["locale": "en"])
            let (second, unconfirmed) = (TestService.freshAddress(), TestService.freshAddress())
            for (address, confirmed) in [
                (second, "clock_timestamp()"), (unconfirmed, "null"),
                // The same mailbox, typed otherwise.
                (person.email.replacing("@example.nl", with: "@EXAMPLE.nl"), "clock_timestamp()"),
            ] {
                try await service.database.execute(
                    """
                    insert into contact (account_id, contact_id, kind, address, confirmed_at)
                    select account_id, gen_random_uuid(), 'email', '\(address)', \(confirmed)
                    from contact
                    where address = '\(person.email)'
                    """)
            }
            // A first number is no move, and neither is the same one.
            #expect(try await move(person, to: Self.numbers[0], service).status == 200)
            #expect(try await service.database.count("message", where: "true") == 0)

            #expect(try await move(person, to: Self.numbers[1], service).status == 200)
            for address in [person.email, second] {
                let mail = try await service.mail.message(1, to: address)
                #expect(mail.locale == "en" && mail.message.code == nil && mail.staysTrue)
                #expect(
                    mail.subject?.hasPrefix("Your national identity number was changed (") == true)
                #expect(
                    mail.text.contains("Contact Bryggen legesenter at once: 030 000 00 00"),
                    "\(mail.text)")
                for number in Self.numbers {
                    #expect(!mail.text.contains(number) && mail.html?.contains(number) == false)
                }
            }
            // Taken away, it signs in to nothing either.
            #expect(try await move(person, to: nil, service).status == 200)
            _ = try await service.mail.message(2, to: person.email)
            _ = try await service.mail.message(2, to: second)
            try await service.settle()
            #expect(try await service.database.count("message", where: "true") == 4)
            #expect(service.mail.count(to: unconfirmed) == 0)
            let told = ["done", nil, "t", "t", "t"]
            #expect(try await audited(service) == [told, told])
        }
    }

    @Test func `a change is made although nobody can be told, and says so`() async throws {
        try await TestService.run { service in
            let person = try await numbered(service, extra: ["email_confirmed": false])
            #expect(try await move(person, to: Self.numbers[1], service).status == 200)
            #expect(try await audited(service) == [["refused", "no-mailbox", "t", "t", "t"]])
            let line = PatientSample.line(
                "ext-\(person.username)", ["national_number": .string(Self.numbers[2])])
            for dryRun in [true, false] {
                let report = try await service.importPatients(
                    [line], dryRun: dryRun, key: service.foreignKey)
                #expect(report["results"][0]["status"] == "changed")
                #expect(
                    report["results"][0]["notes"]
                        == (dryRun ? ["no-mobile"] : ["no-mobile", "not-told"]))
            }
            #expect(try await audited(service).count == 2)
        }
    }

    @Test func `ceilings of the practice and the mailbox keep mails back, and never the change`()
        async throws
    {
        var settings = TestService.Settings()
        settings.sendsPerHour = 2
        try await TestService.run(settings) { service in
            let person = try await numbered(service)
            func notes(_ number: String) async throws -> JSON {
                let line = PatientSample.line(
                    "ext-\(person.username)", ["national_number": .string(number)])
                let report = try await service.importPatients([line], key: service.foreignKey)
                #expect(report["changed"].int == 1)
                return report["results"][0]["notes"]
            }
            #expect(try await notes(Self.numbers[1]) == ["no-mobile"])
            #expect(try await notes(Self.numbers[2]) == ["no-mobile"])
            // Nobody floods a mailbox by moving a number to and fro.
            #expect(try await notes(Self.numbers[1]) == ["no-mobile", "not-told"])
            // Codes have a lane of their own.
            var named = person
            named.identifier = Self.numbers[1]
            #expect(try await service.login(named, key: service.foreignKey).status == 201)

            try await service.database.execute("update destination set sends = '{}'")
            try await service.database.execute(
                """
                update send_count set amount = \(SendLimit.noticesPerDay) where counter = 'moves'
                """)
            #expect(try await move(person, to: Self.numbers[3], service).status == 200)
            named.identifier = Self.numbers[3]
            #expect(try await service.login(named, key: service.foreignKey).status == 201)
            #expect(
                try await audited(service).map { $0[1] }
                    == [nil, nil, "limit-reached", "limit-reached"])
            let notices = try await service.database.count(
                "message", where: "template = 'national-number-changed'")
            #expect(notices == 2)
        }
    }

    @Test func `of moves at the same time each is told, on two instances`() async throws {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            let person = try await numbered(service)
            let answers = try await parallel(6) { index in
                try await move(
                    person, to: Self.numbers[1 + index], service, instance: index)
            }
            #expect(answers.allSatisfy { $0.status == 200 })
            let moves = try await service.database.count(
                "audit", where: "reason = 'national-number-moved'")
            #expect(moves == 6)
            #expect(try await service.database.count("message", where: "true") == moves)
            #expect(try await audited(service).count == moves)
            // The last one stands, and signs in alone.
            #expect(try await service.database.count("patient_number", where: "true") == 1)
            #expect(try await signsIn(person, with: Self.numbers.prefix(7), service).count == 1)
        }
    }

    @Test func `of a move and an import of the former number at once one stands whole`()
        async throws
    {
        try await TestService.run { service in
            let person = try await numbered(service)
            for round in 0..<6 {
                let line = PatientSample.line(
                    "ext-\(person.username)",
                    [
                        "national_number": .string(Self.numbers[0]),
                        "general_practitioner": .string("Arzt \(round)"),
                    ])
                async let moved = move(person, to: Self.numbers[1], service)
                async let imported = service.importPatients(
                    String(decoding: line.bytes, as: UTF8.self), key: service.foreignKey)
                #expect(try await moved.status == 200)
                #expect(try await imported["refused"] == 0)
                let entry = try await service.patient(
                    "ext-\(person.username)", key: service.foreignKey
                ).json()
                #expect(try await service.database.count("patient_number", where: "true") == 1)
                #expect(
                    try await signsIn(person, with: Self.numbers.prefix(2), service)
                        == [try #require(entry["national_number"].string)], "\(entry)")
            }
        }
    }

    /// Those by which the person comes in.
    private func signsIn(
        _ person: Person, with numbers: some Sequence<String>, _ service: TestService
    ) async throws -> [String] {
        var found: [String] = []
        for number in numbers {
            let named = Person(identifier: number, email: person.email, username: "")
            let answer = try await service.login(named, key: service.foreignKey)
            if answer.status == 201 { found.append(number) }
            // Sends and failures are not what is looked at.
            try await service.travel(3_700)
        }
        return found
    }
}
