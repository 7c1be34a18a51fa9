import Foundation
import Testing

@testable import Auth

/// A practice's system writes, reads, lists and removes entries of the register (api.md, Patients).
@Suite struct PatientRouteTests {
    @Test func `an entry is created, read as it is kept, replaced and taken out`() async throws {
        try await TestService.run { service in
            let created = try await service.putPatient("P-1", PatientSample.emma)
            #expect(created.status == 201, "\(created.text)")
            let body = try created.json()
            #expect(
                body.members.filter { PatientSample.emmaKept[$0.key] != nil }
                    == PatientSample.emmaKept)
            #expect(body["external_id"] == "P-1" && body["has_account"] == false)
            #expect(body["missing"] == [])
            let read = try await service.patient("P-1")
            #expect(read.status == 200 && read.body == created.body)
            #expect(read.header("ETag") == created.header("ETag"))

            // The body is the whole entry.
            let replaced = try await service.putPatient("P-1", PatientSample.nobody)
            #expect(replaced.status == 200)
            let after = try replaced.json()
            #expect(after["id"] == body["id"] && after["created_at"] == body["created_at"])
            #expect(after["first_name"] == "Jo" && after["date_of_birth"] == .null)
            #expect(after["mobile"] == .null && after["locale"] == .null)
            // What is no longer said is no longer there, sealed or not.
            let kept = try await service.database.count(
                "patient",
                where: """
                    num_nonnulls(date_of_birth, postcode, national_number, email, mobile,
                                 general_practitioner, locale) > 0
                    """)
            #expect(kept == 0)
            #expect(replaced.header("ETag") != created.header("ETag"))
            #expect(try await service.patient("P-1").body == replaced.body)

            let removed = try await service.send("DELETE", "/v1/patients/P-1")
            #expect(removed.status == 204)
            #expect(try await service.patient("P-1").problem == "not-found")
            let again = try await service.send("DELETE", "/v1/patients/P-1")
            #expect(again.problem == "not-found")
            let events = try await service.database.rows(
                "select event, object_id from audit where event like 'patient-%' order by audit_id")
            #expect(
                events.map { $0[0] } == ["patient-created", "patient-changed", "patient-deleted"])
            #expect(Set(events.map { $0[1] }) == [body["id"].string])
        }
    }

    @Test func `what is there already is left as it is`() async throws {
        try await TestService.run { service in
            let first = try await service.putPatient("P-1", PatientSample.emma)
            let same = try await service.putPatient(
                "P-1",
                PatientSample.with(
                    ["mobile": "+31 6 1234 5678", "external_id": "P-1"], of: PatientSample.emma))
            #expect(same.status == 200 && same.body == first.body)
            #expect(same.header("ETag") == first.header("ETag"))
            #expect(try await service.database.count("audit", where: "event like 'patient-%'") == 1)
        }
    }

    @Test func `a number of the practice's own system may be any line, spelled one way`()
        async throws
    {
        try await TestService.run { service in
            for (sent, read) in [
                ("a%20b", "a b"), ("Zo%C3%AB%2F1", "Zoë/1"), ("Zoe%CC%88-2", "Zoë-2"),
                (String(repeating: "x", count: 64), String(repeating: "x", count: 64)),
            ] {
                let answer = try await service.putPatient(sent, PatientSample.nobody)
                #expect(answer.status == 201, "\(sent)")
                #expect(try answer.json()["external_id"].string == read)
            }
            #expect(try await service.patient("Zo%C3%AB-2").status == 200)
            for wrong in [
                String(repeating: "x", count: 65), "%20a", "a%C2%A0", "import", "01899010031",
                "018990-10031", "41819010186",
            ] {
                let answer = try await service.putPatient(wrong, PatientSample.nobody)
                if wrong == "import" {
                    #expect(answer.problem == "method-not-allowed")
                    continue
                }
                #expect(answer.problem == "field-invalid", "\(wrong)")
                #expect(try answer.json()["errors"][0]["parameter"] == "external_id")
                #expect(try await service.patient(wrong).problem == "not-found", "\(wrong)")
            }
        }
    }

    @Test func `every fault is named in one answer, and nothing is kept`() async throws {
        try await TestService.run { service in
            let wrong: [String: (JSON, String)] = [
                "first_name": (.absent, "required"), "last_name": ("  ", "too-short"),
                "date_of_birth": ("1987-02-29", "no-such-day"),
                "postcode": ("3512", "wrong-format"),
                "email": ("emma@", "wrong-format"), "mobile": ("020 624 1111", "landline"),
                "national_number": ("999900018", "not-allowed"),
                "general_practitioner": (" x", "wrong-format"), "locale": ("fr", "not-allowed"),
                "external_id": ("P-2", "not-allowed"), "surprise": (1, "unknown"),
            ]
            let answer = try await service.putPatient("P-1", .object(wrong.mapValues(\.0)))
            #expect(answer.status == 422 && answer.problem == "field-invalid")
            let errors = try answer.json()["errors"].array
            let named = Dictionary(
                uniqueKeysWithValues: errors.map {
                    ($0["pointer"].string ?? "", $0["code"].string ?? "")
                })
            #expect(
                named
                    == Dictionary(
                        uniqueKeysWithValues: wrong.map { ("/\($0.key)", $0.value.1) }))
            #expect(try await service.patientCount() == 0)
        }
    }

    @Test func `what keeps a patient from enrolling is named, as the practice chose it`()
        async throws
    {
        try await TestService.run { service in
            #expect(
                try await service.putPatient("P-1", PatientSample.nobody).json()["missing"] == [])
            try await service.setPolicy(["required_for_enrolment": ["general_practitioner"]])
            #expect(
                try await service.patient("P-1").json()["missing"] == ["general_practitioner"])
            let norwegian = try await service.putPatient(
                "P-1", PatientSample.nobody, key: service.foreignKey)
            // A number that may not be kept is not asked for.
            #expect(try norwegian.json()["missing"] == ["mobile", "general_practitioner"])
            try await service.allowNumberLogin()
            let asked = try await service.patient("P-1", key: service.foreignKey)
            #expect(
                try asked.json()["missing"]
                    == ["mobile", "national_number", "general_practitioner"])
            let whole = try await service.putPatient(
                "P-1",
                PatientSample.with([
                    "mobile": "912 34 567", "general_practitioner": "Kari Moe",
                    "national_number": .string(PatientSample.numbers[0]),
                ]), key: service.foreignKey)
            #expect(try whole.json()["missing"] == [])
            let refused = try await service.send(
                "PUT", "/v1/practice",
                json: ["policy": ["required_for_enrolment": ["mobile", "shoe_size"]]])
            #expect(
                try refused.json()["errors"][0]["pointer"] == "/policy/required_for_enrolment/1")
        }
    }

    @Test func `a family shares an address and a mobile number`() async throws {
        try await TestService.run { service in
            for id in ["P-1", "P-2", "P-3"] {
                let answer = try await service.putPatient(id, PatientSample.emma)
                #expect(answer.status == 201)
                #expect(try answer.json()["mobile"] == "+31612345678")
            }
            #expect(try await service.patientCount() == 3)
        }
    }

    @Test func `each practice has a register of its own`() async throws {
        try await TestService.run { service in
            let own = try await service.putPatient("P-1", PatientSample.emma)
            #expect(try await service.patient("P-1", key: service.foreignKey).status == 404)
            let gone = try await service.send(
                "DELETE", "/v1/patients/P-1", key: service.foreignKey)
            #expect(gone.problem == "not-found")
            let other = try await service.putPatient(
                "P-1", PatientSample.nobody, key: service.foreignKey)
            #expect(other.status == 201)
            #expect(try await service.patient("P-1").body == own.body)
            let list = try await service.send("GET", "/v1/patients", key: service.foreignKey)
            #expect(try list.json()["data"].array.map { $0["first_name"] } == ["Jo"])
        }
    }

    @Test func `the register is listed page by page, each entry once`() async throws {
        try await TestService.run { service in
            let lines = (0..<250).map { PatientSample.line("P-\($0)") }
            #expect(try await service.importPatients(lines)["created"].int == 250)
            var cursor: String?
            var seen: [String] = []
            var pages = 0
            repeat {
                let query = cursor.map { "?cursor=\($0)" } ?? ""
                let page = try await service.send("GET", "/v1/patients\(query)")
                #expect(page.status == 200)
                seen += try page.json()["data"].array.compactMap { $0["external_id"].string }
                cursor = try page.json()["next_cursor"].string
                pages += 1
                // What comes in meanwhile is at the end, and what goes takes nothing along.
                if pages == 1 {
                    _ = try await service.putPatient("P-new", PatientSample.nobody)
                    _ = try await service.send("DELETE", "/v1/patients/\(seen[7])")
                }
            } while cursor != nil
            #expect(pages == 3 && seen.count == 251 && Set(seen).count == 251)
            #expect(seen.last == "P-new")
            let wrong = try await service.send("GET", "/v1/patients?cursor=nowhere")
            #expect(wrong.problem == "query-invalid")
        }
    }

    @Test func `the register changes no contact and no factor of an account`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let id = "ext-\(person.username)"
            let facts = """
                select (select string_agg(contact::text, '|' order by contact_id) from contact),
                       (select string_agg(identifier::text, '|' order by value_index)
                        from identifier),
                       (select string_agg(account::text, '|') from account)
                """
            let before = try await service.database.rows(facts)
            let answer = try await service.putPatient(id, PatientSample.emma)
            #expect(answer.status == 200)
            #expect(try answer.json()["has_account"] == true)
            #expect(try await service.patient(id).json()["has_account"] == true)
            #expect(try await service.database.rows(facts) == before)
            _ = try await service.signIn(person)
        }
    }

    @Test func `with an entry goes what accounts saw of the patient, and the account stays`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let id = "ext-\(person.username)"
            _ = try await service.putPatient(id, PatientSample.emma)
            #expect(try await service.send("DELETE", "/v1/patients/\(id)").status == 204)
            #expect(try await service.database.count("patient_link", where: "true") == 0)
            let audited = try await service.database.count(
                "audit", where: "event = 'patient-deleted' and account_id is not null")
            #expect(audited == 1)
            _ = try await service.signIn(person)
        }
    }
}
