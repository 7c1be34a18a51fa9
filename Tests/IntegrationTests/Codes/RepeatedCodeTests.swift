import Foundation
import Testing

@testable import Auth

/// The same answer for the same request, whatever became of what it was about (Z-24).
@Suite struct RepeatedCodeTests {
    @Test func `a request is answered as before, though its address is gone by now`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let body: JSON = [
                "account_id": .string(try await service.id(of: person)), "channel": "email",
                "purpose": "pick-up",
            ]
            func ask(_ key: String) async throws -> HTTPAnswer {
                try await service.send("POST", "/v1/codes", json: body, idempotencyKey: key)
            }
            let first = try await ask("key-1")
            #expect(first.status == 201, "\(first.text)")
            try await service.database.execute("update contact set confirmed_at = null")
            let again = try await ask("key-1")
            #expect(again.status == 201 && again.text == first.text, "\(again.text)")
            #expect(try await ask("key-2").problem == "channel-unavailable")
            var other = body.members
            other["purpose"] = "result-release"
            let reused = try await service.send(
                "POST", "/v1/codes", json: .object(other), idempotencyKey: "key-1")
            #expect(reused.problem == "idempotency-key-reused", "\(reused.text)")
        }
    }
}
