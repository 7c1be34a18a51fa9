import Foundation
import Testing

@testable import Auth

/// How long a refusal takes tells nothing of what was wrong (Z-14, Z-20).
@Suite(.serialized) struct IdentityEnumerationTests {
    @Test func `their medians lie within 1.35 of one another`() async throws {
        try await TestService.run { service in
            let attempts = try await Self.attempts(service)
            var times: [String: [Duration]] = [:]
            for round in 1...9 {
                for attempt in attempts {
                    // As the first try of each.
                    try await service.database.execute(
                        "update invitation set identity_tries_left = 5")
                    try await service.database.execute(
                        "update activation_pin set tries_left = 10")
                    let answer = try await service.step(
                        attempt.enrolment, "identity", attempt.body, ip: "10.12.\(round).1")
                    #expect(answer.problem == "identity-refused", "\(attempt.name)")
                    times[attempt.name, default: []].append(answer.duration)
                }
            }
            let medians = times.mapValues { $0.sorted()[$0.count / 2] }
            let fastest = try #require(medians.values.min())
            let slowest = try #require(medians.values.max())
            #expect(slowest / fastest <= 1.35, "\(medians)")
        }
    }

    private struct Attempt: Sendable {
        let name: String
        let enrolment: String
        let body: JSON
    }

    /// The last two are right, but nobody is to learn that they are refused for something else.
    private static func attempts(_ service: TestService) async throws -> [Attempt] {
        let guest = try await service.guest()
        let letter = try await service.letter(for: guest)
        let others = try await service.letter(for: try await service.guest())
        let id = try await service.opened(try await service.invited(guest).token)
        var attempts = IdentityTests.wrong.map { name, changes in
            Attempt(name: name, enrolment: id, body: service.details(of: guest, changes))
        }
        for (name, numbers) in [
            (
                "nobody's number",
                PrintedNumbers(customerNumber: "1000000005", superPIN: letter.superPIN)
            ),
            (
                "wrong super-PIN",
                PrintedNumbers(
                    customerNumber: letter.customerNumber, superPIN: others.superPIN)
            ),
            ("another patient's", others),
        ] {
            attempts.append(Attempt(name: name, enrolment: id, body: numbers.body))
        }
        let shared = try await service.guest()
        _ = try await service.guest(["email": .string(shared.email)])
        let sharing = try await service.opened(try await service.invited(shared).token)
        attempts.append(
            Attempt(
                name: "shared address", enrolment: sharing, body: service.details(of: shared)))
        let birth: [String: JSON] = ["date_of_birth": "2015-05-03"]
        let child = try await service.guest(birth)
        let young = try await service.opened(try await service.invited(child).token)
        attempts.append(
            Attempt(name: "minor", enrolment: young, body: service.details(of: child, birth)))
        return attempts
    }
}
