import Foundation
import Testing

@testable import Auth

/// Two systems, or two instances, write one register at the same time.
@Suite struct PatientRaceTests {
    private static var two: TestService.Settings {
        var settings = TestService.Settings()
        settings.instances = 2
        return settings
    }

    private static func jo(_ number: Int) -> JSON {
        PatientSample.with(["general_practitioner": .string("Dr. \(number)")])
    }

    @Test func `who has not seen the last change overwrites nothing`() async throws {
        try await TestService.run { service in
            let created = try await service.putPatient("P-1", PatientSample.nobody)
            let tag = try #require(created.header("ETag"))
            func put(_ number: Int, _ header: String, _ tag: String) async throws -> HTTPAnswer {
                try await service.putPatient("P-1", Self.jo(number), headers: [(header, tag)])
            }
            let first = try await put(1, "If-Match", tag)
            #expect(first.status == 200)
            let late = try await put(2, "If-Match", tag)
            #expect(late.status == 412 && late.problem == "precondition-failed")
            let current = try #require(first.header("ETag"))
            #expect(try await put(3, "If-Match", "W/" + current).status == 412)
            #expect(try await put(4, "If-Match", "\"other\", \(current)").status == 200)
            #expect(try await put(5, "If-Match", "*").status == 200)
            #expect(try await put(6, "If-None-Match", "*").status == 412)
            let now = try #require(try await service.patient("P-1").header("ETag"))
            #expect(try await put(7, "If-None-Match", now).status == 412)
            #expect(try await put(8, "If-None-Match", tag).status == 200)
            for (header, value) in [("If-Match", "*"), ("If-Match", now)] {
                let absent = try await service.putPatient(
                    "P-2", PatientSample.nobody, headers: [(header, value)])
                #expect(absent.status == 412)
            }
            let stale = try await service.send(
                "DELETE", "/v1/patients/P-1", headers: [("If-Match", now)])
            #expect(stale.status == 412)
            let last = try #require(try await service.patient("P-1").header("ETag"))
            let gone = try await service.send(
                "DELETE", "/v1/patients/P-1", headers: [("If-Match", last)])
            #expect(gone.status == 204)
            // An entry that is made again is another one.
            let again = try await service.putPatient("P-1", PatientSample.nobody)
            #expect(again.header("ETag") != tag)
        }
    }

    @Test func `of many that create one entry one does, and the rest replace it`() async throws {
        try await TestService.run(Self.two) { service in
            for round in 0..<3 {
                let id = "P-\(round)"
                let answers = try await parallel(12) { number in
                    try await service.putPatient(id, Self.jo(number), instance: number)
                }
                #expect(answers.count { $0.status == 201 } == 1)
                #expect(answers.count { $0.status == 200 } == 11)
                #expect(Set(try answers.map { try $0.json()["id"].string }).count == 1)
                let revision = try await service.database.value(
                    "select revision from patient where external_id = '\(id)'")
                #expect(revision == "12")
            }
        }
    }

    @Test func `of many with one condition exactly one is done`() async throws {
        try await TestService.run(Self.two) { service in
            for round in 0..<3 {
                let id = "P-\(round)"
                let made = try await parallel(10) { number in
                    try await service.putPatient(
                        id, Self.jo(number), instance: number, headers: [("If-None-Match", "*")])
                }
                #expect(made.count { $0.status == 201 } == 1)
                #expect(made.count { $0.problem == "precondition-failed" } == 9)
                let tag = try #require(try await service.patient(id).header("ETag"))
                let changed = try await parallel(10) { number in
                    try await service.putPatient(
                        id, Self.jo(100 + number), instance: number,
                        headers: [("If-Match", tag)])
                }
                #expect(changed.count { $0.status == 200 } == 1)
                #expect(changed.count { $0.problem == "precondition-failed" } == 9)
            }
        }
    }

    @Test func `of many patients with one national number one gets it`() async throws {
        try await TestService.run(Self.two) { service in
            try await service.allowNumberLogin()
            for number in PatientSample.numbers.prefix(3) {
                let answers = try await parallel(10) { index in
                    try await service.putPatient(
                        "\(number.suffix(3))-\(index)",
                        PatientSample.with(["national_number": .string(number)]),
                        key: service.foreignKey, instance: index)
                }
                #expect(answers.count { $0.status == 201 } == 1)
                #expect(answers.count { $0.problem == "national-number-taken" } == 9)
            }
            #expect(try await service.patientCount() == 3)
        }
    }

    @Test func `one file imported by many at once makes each entry once`() async throws {
        try await TestService.run(Self.two) { service in
            let lines = (0..<600).map { PatientSample.line("P-\($0)", ["mobile": "06 12345678"]) }
            let backwards = Array(lines.reversed())
            let reports = try await parallel(6) { number in
                try await service.importPatients(
                    number % 2 == 0 ? lines : backwards, instance: number % 2)
            }
            #expect(reports.reduce(0) { $0 + ($1["created"].int ?? 0) } == 600)
            #expect(reports.reduce(0) { $0 + ($1["unchanged"].int ?? 0) } == 3_000)
            #expect(reports.allSatisfy { $0["results"].array.count == 600 })
            #expect(try await service.patientCount() == 600)
            let revisions = try await service.database.value(
                "select max(revision) from patient")
            #expect(revisions == "1")
        }
    }
}
