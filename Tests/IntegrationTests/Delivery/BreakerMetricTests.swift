import Foundation
import Testing

@testable import Auth

/// Ops see that a channel is in trouble before patients call.
@Suite(.timeLimit(.minutes(2)))
struct BreakerMetricTests {
    @Test func `a channel that only fails is counted on the internal port`() async throws {
        let address = TestService.freshAddress()
        var settings = TestService.Settings()
        settings.channel = ReluctantChannel(refused: address)
        try await TestService.run(settings) { service in
            #expect(try await Self.series(service) == ["channel 0", "gateway 0"])
            for number in 1...CircuitBreaker.failuresInARow {
                let sent = try await service.send(
                    "POST", "/v1/codes",
                    json: [
                        "channel": "email", "to": .string(address),
                        "purpose": .string("purpose-\(number)"),
                    ])
                #expect(sent.status == 201, "\(sent.text)")
            }
            try await eventually(orElse: "the breaker was never counted") {
                try await Self.series(service) == ["channel 1", "gateway 0"]
            }
        }
    }

    private static func series(_ service: TestService) async throws -> [String] {
        let text = try await service.internalInstances[0].send("GET", "/metrics").text
        return text.matches(of: /(?m)^auth_(channel|gateway)_breakers_open (\d+)/)
            .map { "\($0.1) \($0.2)" }
    }
}
