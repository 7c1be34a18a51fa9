import Foundation
import Testing

@testable import Auth

@Suite struct AnswerHeaderTests {
    private static let requests: [(String, Int)] = [
        ("GET /open HTTP/1.1\r\nHost: toy\r\n\r\n", 200),
        ("GET /livez HTTP/1.1\r\nHost: toy\r\n\r\n", 200),
        ("GET /problems/not-found HTTP/1.1\r\nHost: toy\r\n\r\n", 200),
        ("DELETE /v1/things/x HTTP/1.1\r\nHost: toy\r\nX-API-Key: portal-key\r\n\r\n", 204),
        ("GET /nowhere HTTP/1.1\r\nHost: toy\r\n\r\n", 404),
        ("GET /v1/things HTTP/1.1\r\nHost: toy\r\n\r\n", 401),
        ("PUT /open HTTP/1.1\r\nHost: toy\r\n\r\n", 405),
        ("GET /open?b=1 HTTP/1.1\r\nHost: toy\r\n\r\n", 400),
        ("GET /fault HTTP/1.1\r\nHost: toy\r\n\r\n", 500),
        ("GET /faults/server HTTP/1.1\r\nHost: toy\r\n\r\n", 500),
        ("GET /faults/unavailable HTTP/1.1\r\nHost: toy\r\n\r\n", 503),
        ("GET /faults/deadline HTTP/1.1\r\nHost: toy\r\n\r\n", 503),
        ("GET /faults/unknown HTTP/1.1\r\nHost: toy\r\n\r\n", 503),
        ("GET /faults/busy HTTP/1.1\r\nHost: toy\r\n\r\n", 503),
        ("GET /open HTTP/9.9\r\nHost: toy\r\n\r\n", 400),
        ("GET /\(String(repeating: "a", count: 5000)) HTTP/1.1\r\nHost: toy\r\n\r\n", 414),
        ("GET /held HTTP/1.1\r\nHost: toy\r\n\r\n", 503),
    ]

    @Test(arguments: requests)
    func `every answer carries its id and the headers that browsers heed`(
        request: String, status: Int
    ) async throws {
        try await ToyServer.run(limits: ToyServer.shortLimits) { toy in
            let answer = try await Wire.on(toy.port) { wire in
                try await wire.send(request)
                return try await wire.answer()
            }
            #expect(answer.status == status)
            let id = answer.header("X-Request-Id") ?? ""
            #expect(UUID(uuidString: id) != nil && id == id.lowercased())
            #expect(answer.header("X-Content-Type-Options") == "nosniff")
            #expect(answer.header("Referrer-Policy") == "no-referrer")
            #expect(answer.header("Strict-Transport-Security")?.hasPrefix("max-age=") == true)
            #expect(
                answer.header("Content-Security-Policy")?.contains("default-src 'none'") == true)
            #expect(
                answer.header("Content-Security-Policy")?.contains("frame-ancestors 'none'") == true
            )
            #expect(answer.header("Cache-Control") != nil)
            #expect(answer.header("Date")?.hasSuffix("GMT") == true)
            #expect(answer.header("Server") == nil)
            if status >= 400 {
                #expect(answer.problem != nil)
                #expect(answer.header("Cache-Control") == "no-store")
                #expect(answer.body.contains(id))
            }
            if status == 503 { #expect(Int(answer.header("Retry-After") ?? "") != nil) }
            #expect(!answer.body.contains("123456") && !answer.body.contains("Surprise"))
        }
    }

    @Test func `each kind of fault becomes its problem`() async throws {
        let expected = [
            ("/fault", "internal-error"), ("/faults/server", "internal-error"),
            ("/faults/unavailable", "service-unavailable"),
            ("/faults/deadline", "service-unavailable"), ("/faults/unknown", "service-unavailable"),
            ("/faults/busy", "overloaded"),
        ]
        try await ToyServer.run { toy in
            try await Wire.on(toy.port) { wire in
                for (path, problem) in expected {
                    try await wire.send("GET \(path) HTTP/1.1\r\nHost: toy\r\n\r\n")
                    let answer = try await wire.answer()
                    #expect(answer.problem == problem)
                    if path == "/faults/busy" { #expect(answer.header("Retry-After") == "7") }
                }
            }
            // Only what nobody expected is logged as a fault, by its type.
            #expect(toy.log.lines("fault").count == 2)
            #expect(toy.log.text.contains("Surprise") && !toy.log.text.contains("123456"))
        }
    }

    @Test func `a caller cannot name its request`() async throws {
        let own = UUID().uuidString.lowercased()
        try await ToyServer.run { toy in
            let answers = try await Wire.on(toy.port) { wire in
                for value in [own, String(repeating: "a", count: 1024), "a b"] {
                    try await wire.send(
                        "GET /open HTTP/1.1\r\nHost: toy\r\nX-Request-Id: \(value)\r\n\r\n")
                }
                return try await [wire.answer(), wire.answer(), wire.answer()]
            }
            #expect(Set(answers.map { $0.header("X-Request-Id") }).count == 3)
            #expect(answers.allSatisfy { $0.header("X-Request-Id") != own })
            let lines = try await toy.log.untilLogged(3)
            #expect(
                lines.map { $0["client_request_id"] } == [.string(own), nil, nil])
            for (line, answer) in zip(lines, answers) {
                #expect(
                    line["request_id"].map { $0 == .string(answer.header("X-Request-Id") ?? "") }
                        == true)
            }
        }
    }

    @Test func `a log line has the template and ids, and nothing that was sent`() async throws {
        let canary = "canary7"
        try await ToyServer.run { toy in
            _ = try await Wire.on(toy.port) { wire in
                try await wire.send(
                    """
                    GET /v1/things/\(canary)?\(canary)=\(canary) HTTP/1.1\r
                    Host: \(canary)\r
                    X-API-Key: portal-key\r
                    X-\(canary): \(canary)\r
                    Authorization: Bearer \(canary)\r
                    Idempotency-Key: \(canary)\r
                    traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r
                    \r

                    """)
                return try await wire.answer()
            }
            let body = #"{"name":["\#(canary)"],"\#(canary)":1}"#
            _ = try await Wire.on(toy.port) { wire in
                try await wire.send(
                    "POST /v1/things HTTP/1.1\r\nHost: toy\r\nX-API-Key: portal-key\r\n"
                        + "Content-Type: application/json\r\n"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n"
                        + body)
                return try await wire.answer()
            }
            let lines = try await toy.log.untilLogged(2)
            #expect(!toy.log.text.contains(canary) && !toy.log.text.contains("portal-key"))
            #expect(!toy.log.metrics.text().contains(canary))
            let line = lines[0]
            #expect(line["route"] == .string("/v1/things/{id}"))
            #expect(line["method"] == .string("GET"))
            #expect(line["status"] == .int(404))
            #expect(line["problem"] == .string("not-found"))
            #expect(line["client_id"] == .string(ToyKeys.clientID.text))
            #expect(line["practice_id"] != nil && line["duration_ms"] != nil)
            #expect(line["trace_id"] == .string("0af7651916cd43dd8448eb211c80319c"))
            #expect(lines[1]["problem"] == .string("field-invalid"))
        }
    }

    @Test func `paths and methods that callers make up cost no series`() async throws {
        try await ToyServer.run { toy in
            try await Wire.on(toy.port) { wire in
                for index in 0..<50 {
                    try await wire.send("GET /x\(index) HTTP/1.1\r\nHost: toy\r\n\r\n")
                    _ = try await wire.answer()
                }
                try await wire.send("GET /open HTTP/1.1\r\nHost: toy\r\n\r\n")
                _ = try await wire.answer()
            }
            let text = try await Wire.on(toy.internalPort) { wire in
                try await wire.send("GET /metrics HTTP/1.1\r\nHost: toy\r\n\r\n")
                let answer = try await wire.answer()
                #expect(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
                return answer.body
            }
            let counts = text.split(separator: "\n")
                .filter { $0.hasPrefix("http_server_request_duration_seconds_count") }
            #expect(counts.count == 2)
            #expect(counts.contains { $0.hasSuffix(#"route="unmatched",status="404"} 50"#) })
            #expect(text.contains(#"http_server_problems_total{problem="not-found"} 50"#))
        }
    }

    @Test func `a page explains each problem in the reader's language`() async throws {
        try await ToyServer.run { toy in
            try await Wire.on(toy.port) { wire in
                for (tag, words) in [
                    ("nl", "Onjuiste code"), ("no", "Feil kode"), ("en", "Incorrect code"),
                ] {
                    try await wire.send(
                        "GET /problems/code-incorrect HTTP/1.1\r\nHost: toy\r\n"
                            + "Accept-Language: \(tag)\r\n\r\n"
                    )
                    let page = try await wire.answer()
                    #expect(page.status == 200)
                    #expect(page.header("Content-Type") == "text/html; charset=utf-8")
                    #expect(page.header("Vary") == "Accept-Language")
                    #expect(page.body.contains("<h1>\(words)</h1>"))
                }
            }
        }
    }
}
