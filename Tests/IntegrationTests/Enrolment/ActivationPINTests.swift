import Cryptography
import Foundation
import Testing

@testable import Auth

/// The practice's super-PIN for an activation: ten tries and thirty days, whatever it is tried at (Z-4, S3).
@Suite struct ActivationPINTests {
    @Test func `ten wrong tries over several invitations void it, and a new letter helps`()
        async throws
    {
        try await TestService.run { service in
            let guest = try await service.guest()
            let letter = try await service.letter(for: guest)
            let wrong = PrintedNumbers(
                customerNumber: letter.customerNumber,
                superPIN: SuperPIN.random().printed.expose())
            for round in 1...2 {
                let invitation = try await service.invited(guest)
                let id = try await service.opened(invitation.token)
                for left in (0..<5).reversed() {
                    let answer = try await service.step(id, "identity", wrong.body)
                    #expect(answer.problem == "identity-refused", "\(round): \(answer.text)")
                    #expect(try answer.json()["attempts_left"].int == left)
                }
                let status = try await service.invitation(invitation.id)["status"]
                #expect(status == "tries-exhausted")
            }
            let id = try await service.opened(try await service.invited(guest).token)
            let right = try await service.step(id, "identity", letter.body)
            #expect(right.status == 422 && right.problem == "identity-refused")
            let fresh = try await service.letter(for: guest)
            #expect(fresh.customerNumber == letter.customerNumber)
            #expect(try await service.step(id, "identity", fresh.body).status == 200)
        }
    }

    @Test(arguments: [(29.9, 200), (30.1, 422)])
    func `it works for thirty days`(days: Double, status: Int) async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let letter = try await service.letter(for: guest)
            try await service.travel(days * 86_400)
            let id = try await service.opened(try await service.invited(guest).token)
            let answer = try await service.step(id, "identity", letter.body)
            #expect(answer.status == status, "\(answer.text)")
        }
    }
}
