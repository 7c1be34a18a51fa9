import Testing

@testable import Auth

/// What the connection itself refuses is a problem document too, and probes are answered.
@Suite struct ConnectionRefusalTests {
    @Test(arguments: [
        ("GET /livez HTTP/1.1\r\nHost: a\r\nExpect: 200-maybe\r\n\r\n", "expectation-failed"),
        (
            "GET /livez HTTP/1.1\r\nHost: a\r\nX-Long: \(String(repeating: "x", count: 17_000))\r\n\r\n",
            "headers-too-large"
        ),
        ("GET /livez HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n", "request-malformed"),
        (
            "GET /livez?\(String(repeating: "x", count: 5_000)) HTTP/1.1\r\nHost: a\r\n\r\n",
            "target-too-long"
        ),
    ])
    func `a request that can't be read is refused and the connection closed`(
        bytes: String, problem: String
    ) async throws {
        try await TestService.run { service in
            try await RawConnection.open(port: service.client.port) { raw in
                try await raw.write(bytes)
                let received = try await raw.answer(recordedAs: ("GET", "/livez"))
                let answer = try #require(received)
                #expect(answer.problem == problem, "\(answer.text)")
            }
        }
    }

    @Test func `a service with its database is ready and has started`() async throws {
        try await TestService.run { service in
            try await eventually {
                try await service.client.send("GET", "/readyz").status == 200
            }
            #expect(try await service.client.send("GET", "/startupz").status == 200)
        }
    }
}
