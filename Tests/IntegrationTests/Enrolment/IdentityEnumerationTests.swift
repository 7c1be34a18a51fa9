import Foundation
import Testing

@testable import Auth

/// How long a refusal takes tells nothing of what was wrong (Z-14, Z-20).
@Suite struct IdentityEnumerationTests {
    @Test func `refusals take the same time, whatever was wrong`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let letter = try await service.letter(for: guest)
            let bodies =
                IdentityTests.wrong.map { service.details(of: guest, $0.1) } + [
                    PrintedNumbers(customerNumber: "1000000005", superPIN: letter.superPIN).body,
                    PrintedNumbers(
                        customerNumber: letter.customerNumber, superPIN: "7K3M-RT9X-Q2WB-V4H0"
                    ).body,
                ]
            var times: [[Duration]] = bodies.map { _ in [] }
            for _ in 0..<3 {
                for (place, body) in bodies.enumerated() {
                    let invited = try await service.invited(guest)
                    let id = try await service.opened(invited.token)
                    let answer = try await service.step(id, "identity", body)
                    #expect(answer.problem == "identity-refused")
                    times[place].append(answer.duration)
                    _ = try await service.send("DELETE", "/v1/invitations/\(invited.id)")
                }
            }
            // Each leaves on the floor above the dearest hash, where nothing shows through.
            let medians = times.map { $0.sorted()[1] }
            let (least, most) = (try #require(medians.min()), try #require(medians.max()))
            #expect(most - least < least / 2, "\(medians)")
        }
    }
}
