import Foundation
import Testing

@testable import Auth

/// Many entries of a register at once, or what would become of them (NO-1, user-demand 19).
@Suite(.serialized) struct PatientImportTests {
    private static let file = """
        {"external_id":"P-1","first_name":"Emma","last_name":"Jansen","mobile":"06 12345678"}
        {"external_id":"P-2","first_name":"Jo","last_name":"Kok"}

        {"external_id":"P-1","first_name":"Emma","last_name":"Jansen"}
        {"external_id":"P-3","first_name":"Ali","last_name":"Bos","mobile":"020 624 1111"}
        {"external_id":"P-4","first_name":"Ida"}
        {"external_id":"P-5","first_name":"Bo","last_name":"Vis","national_number":"999900019"}
        {"external_id":"P-6","first_name":"Bo","last_name":"Vis","national_number":"999900018"}
        {"external_id":"P-7","first_name":"Bo","last_name":"Vis","national_number":"999900018"}
        {"external_id":"999911120","first_name":"Bo","last_name":"Vis","national_number":"999911120"}
        {"external_id":
        {"external_id":"P-8","first_name":"Jo","last_name":"Kok","national_number":"999940569"}
        """

    /// Line, status, reason and field.
    private static let expected: [[String]] = [
        ["1", "created", "", ""], ["2", "created", "", ""],
        ["4", "refused", "duplicate", "external_id"], ["5", "refused", "landline", "mobile"],
        ["6", "refused", "required", "last_name"],
        ["7", "refused", "check-digit", "national_number"], ["8", "created", "", ""],
        ["9", "refused", "duplicate", "national_number"],
        ["10", "refused", "not-allowed", "external_id"], ["11", "refused", "line-malformed", ""],
        ["12", "refused", "taken", "national_number"],
    ]

    private func told(_ report: JSON) -> [[String]] {
        report["results"].array.map { result in
            [
                result["line"].int.map(String.init) ?? "", result["status"].string ?? "",
                result["reason"].string ?? "", result["field"].string ?? "",
            ]
        }
    }

    @Test func `a dry run names what is wrong, doubled or missing, and writes nothing`()
        async throws
    {
        try await TestService.run { service in
            try await service.setPolicy(["national_numbers": true])
            _ = try await service.putPatient(
                "P-9", PatientSample.with(["national_number": "999940569"]))
            let facts = """
                select string_agg(patient::text, '|'), (select count(*)::text from audit)
                from patient
                """
            let before = try await service.database.rows(facts)
            let dry = try await service.importPatients(Self.file, dryRun: true)
            #expect(dry["dry_run"] == true)
            #expect(told(dry) == Self.expected)
            #expect(try await service.database.rows(facts) == before)
            let notes = dry["results"].array.map { $0["notes"] }
            #expect(notes[0] == [] && notes[1] == ["no-mobile"])

            let done = try await service.importPatients(Self.file)
            #expect(done["dry_run"] == false)
            #expect(told(done) == Self.expected)
            #expect(done["created"].int == 3 && done["refused"].int == 8)
            #expect(try await service.patientCount() == 4)
            let answer = try await service.patient("P-1").json()
            #expect(answer["id"] == done["results"][0]["id"])
            // A word for programs is no value of the line.
            for value in ["999900019", "999940569", "020 624", "Jansen"] {
                #expect(!String(decoding: done.bytes, as: UTF8.self).contains(value))
            }
        }
    }

    @Test func `what is required and missing is named line by line`() async throws {
        try await TestService.run { service in
            let report = try await service.importPatients(
                [
                    PatientSample.line("P-1"),
                    PatientSample.line("P-2", ["mobile": "912 34 567"]),
                    PatientSample.line(
                        "P-3", ["mobile": "912 34 567", "general_practitioner": "K. Moe"]),
                ], dryRun: true, key: service.foreignKey)
            #expect(
                report["results"].array.map { $0["missing"] } == [
                    ["mobile", "general_practitioner"], ["general_practitioner"], [],
                ])
        }
    }

    @Test func `a file that is sent again writes only what has changed`() async throws {
        try await TestService.run { service in
            let lines = (0..<450).map { PatientSample.line("P-\($0)") }
            #expect(try await service.importPatients(lines)["created"].int == 450)
            var changed = lines
            changed[7] = PatientSample.line("P-7", ["mobile": "06 12345678"])
            changed[449] = PatientSample.line("P-449", ["locale": "nl"])
            for dryRun in [true, false] {
                let report = try await service.importPatients(changed, dryRun: dryRun)
                #expect(report["unchanged"].int == 448 && report["changed"].int == 2)
                #expect(report["results"][7]["status"] == "changed")
            }
            let again = try await service.importPatients(changed)
            #expect(again["unchanged"].int == 450)
            let written = try await service.database.count(
                "audit", where: "event like 'patient-%'")
            #expect(written == 452)
        }
    }

    @Test func `a line repeats another of its call however far away, and none of another call`()
        async throws
    {
        try await TestService.run { service in
            try await service.setPolicy(["national_numbers": true])
            // More than are written at once come between.
            var lines = (0..<450).map { PatientSample.line("P-\($0)") }
            lines[3] = PatientSample.line("P-3", ["national_number": "999900018"])
            lines.append(PatientSample.line("P-7", ["mobile": "06 12345678"]))
            lines.append(PatientSample.line("P-450", ["national_number": "999900018"]))
            for dryRun in [true, false] {
                let report = try await service.importPatients(lines, dryRun: dryRun)
                #expect(report["created"].int == 450 && report["refused"].int == 2)
                #expect(
                    told(report).suffix(2) == [
                        ["451", "refused", "duplicate", "external_id"],
                        ["452", "refused", "duplicate", "national_number"],
                    ])
            }
            let kept = try await service.patient("P-7").json()
            #expect(kept["mobile"] == .null)
            // In a portion of its own it is what the register's system says now; the number is another's.
            for dryRun in [true, false] {
                let report = try await service.importPatients(
                    Array(lines.suffix(2)), dryRun: dryRun)
                #expect(
                    told(report) == [
                        ["1", "changed", "", ""], ["2", "refused", "taken", "national_number"],
                    ])
            }
        }
    }

    @Test func `an import registers whom an account was imported for, and moves the login`()
        async throws
    {
        try await TestService.run { service in
            try await service.allowNumberLogin()
            let person = try await service.person(in: service.foreignKey)
            let id = "ext-\(person.username)"
            for (index, number) in PatientSample.numbers.prefix(2).enumerated() {
                let report = try await service.importPatients(
                    [PatientSample.line(id, ["national_number": .string(number)])],
                    key: service.foreignKey)
                #expect(report["changed"].int == 1, "\(index)")
                var named = person
                named.identifier = number
                #expect(try await service.login(named, key: service.foreignKey).status == 201)
            }
            var old = person
            old.identifier = PatientSample.numbers[0]
            let refused = try await service.login(old, key: service.foreignKey)
            #expect(refused.problem == "login-refused")
        }
    }

    @Test func `ten thousand lines are taken and the rest left for another call`() async throws {
        try await TestService.run { service in
            let over = try await service.importPatients(String(repeating: "{}\n", count: 10_003))
            #expect(over["refused"].int == 10_000)
            let results = over["results"]
            #expect(results[9_999]["status"] == "refused")
            #expect(results[10_000]["line"].int == 10_001)
            #expect(results[10_000]["status"] == "not_processed")
            #expect(results[10_001] == .absent)
            let long = try await service.importPatients(
                #"{"x":""# + String(repeating: "a", count: 17_000) + "\"}\n{}")
            #expect(long["results"][0]["reason"] == "line-too-long")
            #expect(long["results"][1]["line"].int == 2)
            let odd = try await service.client.send(
                "POST", "/v1/patients/import?dry_run=perhaps",
                headers: [
                    ("X-API-Key", service.key), ("Content-Type", "application/x-ndjson"),
                ], body: [])
            #expect(odd.problem == "query-invalid")
        }
    }

    /// Ten thousand, or as many as are asked for: a hundred thousand take two minutes.
    private static let lineCount =
        ProcessInfo.processInfo.environment["AUTH_TEST_LINES"].flatMap { Int($0) } ?? 10_000

    @Test func `a register of any length comes in by command in the same memory`() async throws {
        try await TestService.run { service in
            let folder = try Program.makeFolder()
            defer { try? FileManager.default.removeItem(at: folder) }
            func imported(_ count: Int) async throws -> (held: Int, outcome: Program.Outcome) {
                let file = folder.appending(path: "\(count).ndjson")
                try Self.lines(count).write(to: file, atomically: false, encoding: .utf8)
                // What it held last, read from outside: its start takes more than a short file does.
                let outcome = try await Program.shell(
                    """
                    exec python3 -c 'import subprocess, sys
                    child, held = subprocess.Popen(sys.argv[1:]), 0
                    while child.poll() is None:
                        for line in open(f"/proc/{child.pid}/status"):
                            if line.startswith("RssAnon:"): held = int(line.split()[1])
                        try: child.wait(0.002)
                        except subprocess.TimeoutExpired: pass
                    print(held)
                    sys.exit(child.returncode)' \(Program.binary.path) patients import \
                    --practice \(service.practice.text) \(file.path)
                    """,
                    environment: [
                        "AUTH_DATABASE_URL": service.database.serviceURL,
                        "AUTH_KEYS": TestKeys.ring,
                    ])
                let held = outcome.output.split(separator: "\n").last.flatMap { Int($0) }
                return (try #require(held, "\(outcome)"), outcome)
            }
            let few = try await imported(2_000)
            #expect(few.outcome.status == 0)
            #expect(few.outcome.errors.contains("2000 created, 0 changed, 0 unchanged, 0 refused"))
            let many = try await imported(Self.lineCount)
            #expect(many.outcome.status == 0, "\(many.outcome.errors)")
            let added = Self.lineCount - 2_000
            #expect(
                many.outcome.errors.contains(
                    "\(added) created, 0 changed, 2000 unchanged, 0 refused"))
            #expect(try await service.patientCount() == Self.lineCount)
            // Kilobytes: what any run differs by, and eighty bytes a line for the hash of each of the last
            // half million. A line that is kept takes more than three hundred.
            #expect(many.held < few.held + 1_000 + added * 8 / 100, "\(few.held) and \(many.held)")
        }
    }

    /// The first of a register's lines, always the same.
    private static func lines(_ count: Int) -> String {
        (0..<count).map { number in
            """
            {"external_id":"P-\(number)","first_name":"Emma","last_name":"Jansen \(number)",\
            "date_of_birth":"19\(40 + number % 60)-05-03","postcode":"\(1000 + number % 9000)AB",\
            "mobile":"06\(10_000_000 + number)"}

            """
        }.joined()
    }
}
