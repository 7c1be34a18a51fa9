import Cryptography
import Foundation
import Postgres
import Testing

@testable import Auth

/// Two desks print letters at the same time.
@Suite struct SuperPINRaceTests {
    private static var two: TestService.Settings {
        var settings = TestService.Settings()
        settings.instances = 2
        return settings
    }

    @Test func `of many at once all get one number, five a PIN, and the last one's is good`()
        async throws
    {
        try await TestService.run(Self.two) { service in
            for round in 0..<3 {
                let id = "P-\(round)"
                _ = try await service.putPatient(id, PatientSample.nobody)
                let answers = try await parallel(8) { number in
                    try await service.makeSuperPIN(id, instance: number)
                }
                #expect(answers.allSatisfy { [201, 429, 503].contains($0.status) })
                let made = try answers.filter { $0.status == 201 }.map { try $0.json() }
                #expect((1...5).contains(made.count))
                #expect(Set(made.compactMap { $0["customer_number"].string }).count == 1)
                let last = made.compactMap { $0["created_at"].string }.max()
                var live: [JSON] = []
                for answer in made
                where try await service.holds(answer["super_pin"].string ?? "", id) {
                    live.append(answer)
                }
                #expect(live.count == 1)
                #expect(live.first?["created_at"].string == last)
                let rows = try await service.database.value(
                    """
                    select count(*)
                    from audit
                    join patient on patient.patient_id = audit.object_id
                    where patient.external_id = '\(id)'
                      and audit.event = 'super-pin-issued'
                    """)
                #expect(rows == "\(made.count)")
            }
        }
    }

    @Test func `one request sent many times makes one super-PIN`() async throws {
        try await TestService.run(Self.two) { service in
            _ = try await service.putPatient("P-1", PatientSample.nobody)
            let answers = try await parallel(6) { number in
                try await service.makeSuperPIN("P-1", idempotencyKey: "one", instance: number)
            }
            let bodies = Set(answers.map(\.text))
            #expect(bodies.count == 1 && answers.allSatisfy { $0.status == 201 })
            #expect(try await service.database.count("audit", where: "acting_staff <> ''") == 1)
        }
    }

    @Test func `a number that somebody has is not given again`() async throws {
        try await TestService.run { service in
            var numbers: [CustomerNumber] = []
            for id in ["P-1", "P-2"] {
                _ = try await service.putPatient(id, PatientSample.nobody)
            }
            let made = try await service.makeSuperPIN("P-1").json()
            numbers.append(try CustomerNumber(typed: made["customer_number"].string ?? ""))
            let patient = try #require(
                UUID(
                    uuidString: try await service.database.value(
                        "select patient_id from patient where external_id = 'P-2'") ?? ""))
            func issue(_ candidates: [CustomerNumber]) async throws
                -> IssueActivationPIN.Outcome
            {
                let keys = service.service.keys
                let statement = IssueActivationPIN(
                    act: Act(
                        practiceID: service.practice, clientID: nil, key: nil,
                        requestID: UUID()),
                    patientID: patient, hash: SealedSuperPIN(bytes: [0]), way: .post,
                    sealed: nil, account: nil,
                    notice: try SuperPINNotice(to: nil, practice: service.practice, keys: keys),
                    candidates: candidates)
                return try await service.service.database.run(statement).unlessReused()
            }
            guard case .raced = try await issue(numbers) else {
                Issue.record("a taken number was given again")
                return
            }
            let free = CustomerNumber.random()
            guard case .issued(let issued) = try await issue(numbers + [free]) else {
                Issue.record("a free number was not taken")
                return
            }
            #expect(issued.customerNumber == free.digits)
        }
    }
}
