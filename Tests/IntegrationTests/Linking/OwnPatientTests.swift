import Foundation
import Testing

@testable import Auth

/// An account is one patient's own, and opens the records of others for somebody (Z-13, Z-15).
@Suite struct OwnPatientTests {
    @Test func `of patients linked at once one is the account's own, the others are cared for`()
        async throws
    {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            let person = try await service.person(extra: ["external_id": .null])
            var enrolments: [String] = []
            for _ in 1...4 { enrolments.append(try await service.enrolled().enrolment) }
            let token = try await service.tokens(of: person).access
            let linked = try await parallel(4) { [enrolments] number in
                try await service.step(
                    enrolments[number], "link", instance: number % 2, token: token)
            }
            #expect(linked.map(\.status) == [200, 200, 200, 200], "\(linked.map(\.text))")
            let roles = try await service.database.rows(
                "select role, ends_at from patient_link order by role desc")
            #expect(
                roles == [["self", nil]] + Array(repeating: ["representative", nil], count: 3))
            // So is whoever comes later.
            let later = try await service.enrolled().enrolment
            #expect(try await service.step(later, "link", token: token).status == 200)
            #expect(
                try await service.database.count(
                    "patient_link", where: "role = 'representative'") == 4)
        }
    }
}
