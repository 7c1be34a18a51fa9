import Foundation
import Postgres
import Testing

@testable import Auth

/// National numbers in the register: kept where the practice says so, one patient each, and what the
/// patient signs in with (NO-2, NO-6, Z-18).
@Suite struct NationalNumberTests {
    private static let numbers = PatientSample.numbers

    private func put(
        _ id: String, _ number: String?, to service: TestService, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await service.putPatient(
            id, PatientSample.with(["national_number": number.map(JSON.string) ?? .null]),
            key: service.foreignKey, instance: instance)
    }

    /// Whether somebody signs in with it and the person's password.
    private func signsIn(
        _ number: String, _ person: Person, _ service: TestService
    ) async throws -> Bool {
        var person = person
        person.identifier = number
        let answer = try await service.login(person, key: service.foreignKey)
        if answer.status == 201 { return true }
        #expect(answer.problem == "login-refused", "\(answer.text)")
        return false
    }

    @Test func `a number is taken only where the practice keeps numbers, and only a right one`()
        async throws
    {
        try await TestService.run { service in
            let off = try await put("P-1", Self.numbers[0], to: service)
            #expect(off.problem == "field-invalid")
            #expect(
                try off.json()["errors"].array.contains {
                    $0["pointer"] == "/national_number" && $0["code"] == "not-allowed"
                })
            try await service.setPolicy(["national_numbers": true], key: service.foreignKey)
            let synthetic = try await put("P-1", Self.numbers[0], to: service)
            #expect(try synthetic.json()["errors"][0]["code"] == "not-allowed")
            try await service.setPolicy(["synthetic_numbers": true], key: service.foreignKey)
            #expect(try await put("P-1", Self.numbers[0], to: service).status == 201)
            let spaced = try await put("P-2", "319285 01283", to: service)
            #expect(try spaced.json()["national_number"].string == Self.numbers[1])
            for (wrong, code) in [
                ("01899010032", "check-digit"), ("30829010085", "no-such-day"),
                ("0189901003", "wrong-format"), ("999900018", "wrong-format"),
            ] {
                let refused = try await put("P-3", wrong, to: service)
                #expect(try refused.json()["errors"][0]["code"].string == code, "\(wrong)")
                #expect(!refused.text.contains(wrong))
            }
            // Switched off, none is shown.
            try await service.setPolicy(
                ["national_numbers": false], key: service.foreignKey)
            let hidden = try await service.patient("P-1", key: service.foreignKey)
            #expect(try hidden.json()["national_number"] == .null)
        }
    }

    @Test func `a Dutch number may be kept and never signs in`() async throws {
        try await TestService.run { service in
            let login = try await service.send(
                "PUT", "/v1/practice", json: ["policy": ["national_number_login": true]])
            #expect(try login.json()["errors"][0]["pointer"] == "/policy/national_number_login")
            try await service.setPolicy(["national_numbers": true])
            let answer = try await service.putPatient(
                "P-1", PatientSample.with(["national_number": "9999.00.018"]))
            #expect(try answer.json()["national_number"] == "999900018")
            let person = try await service.person()
            let moved = try await service.putPatient(
                "ext-\(person.username)", PatientSample.with(["national_number": "999911120"]))
            #expect(moved.status == 200)
            var named = person
            named.identifier = "999911120"
            #expect(try await service.login(named).problem == "login-refused")
            // Nor by changing the country alone.
            try await service.allowNumberLogin()
            let country = try await service.send(
                "PUT", "/v1/practice", json: ["country": "NL"], key: service.foreignKey)
            #expect(try country.json()["errors"][0]["pointer"] == "/country")
            let off = try await service.send(
                "PUT", "/v1/practice", json: ["policy": ["national_numbers": false]],
                key: service.foreignKey)
            #expect(try off.json()["errors"][0]["pointer"] == "/policy/national_numbers")
        }
    }

    @Test func `a number that another patient of the practice has is refused`() async throws {
        try await TestService.run { service in
            try await service.allowNumberLogin()
            #expect(try await put("P-1", Self.numbers[0], to: service).status == 201)
            let taken = try await put("P-2", Self.numbers[0], to: service)
            #expect(taken.status == 409 && taken.problem == "national-number-taken")
            #expect(!taken.text.contains(Self.numbers[0]))
            let absent = try await service.patient("P-2", key: service.foreignKey)
            #expect(absent.status == 404)
            let refused = try await service.database.count(
                "audit", where: "result = 'refused' and reason = 'national-number-taken'")
            #expect(refused == 1)
            // Given up by the one, it is free for the other.
            #expect(try await put("P-1", nil, to: service).status == 200)
            #expect(try await put("P-2", Self.numbers[0], to: service).status == 201)
            #expect(
                try await service.send("DELETE", "/v1/patients/P-2", key: service.foreignKey)
                    .status == 204)
            #expect(try await put("P-1", Self.numbers[0], to: service).status == 200)
        }
    }

    @Test func `it is no external id, neither here nor in an import of accounts`() async throws {
        try await TestService.run { service in
            try await service.setPolicy(["national_numbers": true])
            let own = try await service.putPatient(
                "999900018", PatientSample.with(["national_number": "999900018"]))
            #expect(try own.json()["errors"][0]["parameter"] == "external_id")
            // Nine digits may well be a practice's own number of somebody else.
            let other = try await service.putPatient(
                "999900018", PatientSample.with(["national_number": "999911120"]))
            #expect(other.status == 201)
            let line = try AccountLine.with(["external_id": .string(Self.numbers[0])])
            let refused = try await service.importLine(line)
            #expect(refused["field"] == "external_id" && refused["reason"] == "not-allowed")
        }
    }

    @Test func `a patient signs in with it, and a changed one moves the login at once`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person(in: service.foreignKey)
            let id = "ext-\(person.username)"
            try await service.setPolicy(
                ["national_numbers": true, "synthetic_numbers": true], key: service.foreignKey)
            #expect(try await put(id, Self.numbers[5], to: service).status == 200)
            // Kept is not yet a way in.
            #expect(try await !signsIn(Self.numbers[5], person, service))
            try await service.allowNumberLogin()
            #expect(try await signsIn(Self.numbers[5], person, service))
            #expect(try await signsIn("418190 10186", person, service))

            // A D-number becomes a national identity number (NO-6).
            #expect(try await put(id, Self.numbers[0], to: service).status == 200)
            #expect(try await signsIn(Self.numbers[0], person, service))
            #expect(try await !signsIn(Self.numbers[5], person, service))
            #expect(try await signsIn(person.email, person, service))
            let moved = try await service.database.rows(
                """
                select account_id is not null, client_id is not null
                from audit
                where event = 'patient-changed'
                  and reason = 'national-number-moved'
                """)
            #expect(moved == [["t", "t"]])

            #expect(try await put(id, nil, to: service).status == 200)
            #expect(try await !signsIn(Self.numbers[0], person, service))
            #expect(try await signsIn(person.email, person, service))
        }
    }

    @Test func `switched off, numbers are of no use at once and soon gone, and none comes back`()
        async throws
    {
        try await TestService.run { service in
            try await service.allowNumberLogin()
            let person = try await service.person(in: service.foreignKey)
            let id = "ext-\(person.username)"
            #expect(try await put(id, Self.numbers[0], to: service).status == 200)
            #expect(try await put("P-2", Self.numbers[1], to: service).status == 201)
            #expect(try await signsIn(Self.numbers[0], person, service))
            try await service.setPolicy(["national_numbers": true])
            let dutch = try await service.putPatient(
                "P-3", PatientSample.with(["national_number": "999900018"]))
            #expect(dutch.status == 201)

            let off: JSON = ["national_numbers": false, "national_number_login": false]
            try await service.setPolicy(off, key: service.foreignKey)
            #expect(try await !signsIn(Self.numbers[0], person, service))
            #expect(
                try await service.patient("P-2", key: service.foreignKey)
                    .json()["national_number"] == .null)
            try await keepHouse(service)
            // Those of another practice stay.
            for (table, rows) in [
                ("patient", "national_number is not null"), ("patient_number", "true"),
            ] {
                #expect(try await service.database.count(table, where: rows) == 1, "\(table)")
            }
            let audited = try await service.database.rows(
                """
                select account_id is not null, client_id is not null
                from audit
                where event = 'patient-changed'
                  and reason = 'national-number-forgotten'
                order by 1
                """)
            #expect(audited == [["f", "f"], ["t", "f"]])

            // Switched on again they are not there, and free for whoever has them.
            try await service.allowNumberLogin()
            #expect(try await !signsIn(Self.numbers[0], person, service))
            #expect(try await put("P-2", Self.numbers[0], to: service).status == 200)
            #expect(try await put(id, Self.numbers[1], to: service).status == 200)
            #expect(try await signsIn(Self.numbers[1], person, service))
            // Nor does the housekeeper have to come between.
            try await service.setPolicy(off, key: service.foreignKey)
            try await service.allowNumberLogin()
            #expect(try await !signsIn(Self.numbers[1], person, service))
            #expect(
                try await service.patient(id, key: service.foreignKey)
                    .json()["national_number"] == .null)
        }
    }

    @Test func `numbers are switched on only when none is left of those before`() async throws {
        try await TestService.run { service in
            try await service.setPolicy(["national_numbers": true])
            let kept = try await service.putPatient(
                "P-1", PatientSample.with(["national_number": "999900018"]))
            #expect(kept.status == 201)
            try await service.setPolicy(["national_numbers": false])
            let keys = try await service.database.rows("select distinct key_id from patient")
            let held = HoldFormerPatients(keyID: try #require(keys.first?.first ?? nil))
            // Whoever holds the entry keeps it from being changed.
            let answer = try await service.service.database.transaction { transaction in
                _ = try await transaction.run(held)
                return try await service.send(
                    "PUT", "/v1/practice", json: ["policy": ["national_numbers": true]])
            }
            #expect(answer.status == 503, "\(answer.text)")
            let practice = try await service.send("GET", "/v1/practice").json()
            #expect(practice["policy"]["national_numbers"] == false)
            try await service.setPolicy(["national_numbers": true])
            #expect(
                try await service.patient("P-1").json()["national_number"] == .null)
        }
    }

    /// A whole round, whoever's turn it was.
    private func keepHouse(_ service: TestService) async throws {
        repeat {
            try await service.database.execute("delete from housekeeping_turn")
        } while try await service.service.housekeeper.round() == nil
    }

    @Test func `what only looks like a move is none`() async throws {
        try await TestService.run { service in
            try await service.allowNumberLogin()
            _ = try await put("P-1", Self.numbers[0], to: service)
            let same = try await service.putPatient(
                "P-1",
                PatientSample.with([
                    "national_number": .string(Self.numbers[0]), "mobile": "912 34 567",
                ]), key: service.foreignKey)
            #expect(same.status == 200)
            let moves = try await service.database.count(
                "audit", where: "reason = 'national-number-moved'")
            #expect(moves == 0)
        }
    }

    @Test func `it is the same person's in each practice, and signs in to neither for the other`()
        async throws
    {
        try await TestService.run { service in
            try await service.allowNumberLogin()
            let person = try await service.person(in: service.foreignKey)
            _ = try await put("ext-\(person.username)", Self.numbers[0], to: service)
            var named = person
            named.identifier = Self.numbers[0]
            #expect(try await service.login(named).problem == "login-refused")
        }
    }
}
