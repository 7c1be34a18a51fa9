import Foundation
import Testing

@testable import Auth

@Suite struct ConnectionTests {
    private static let open = "GET /open HTTP/1.1\r\nHost: toy\r\n\r\n"
    private static let thing = """
        POST /v1/things HTTP/1.1\r
        Host: toy\r
        X-API-Key: portal-key\r
        Content-Type: application/json\r

        """

    private static let body = #"{"name":"Jo"}"#

    // MARK: Sizes

    @Test func `a body that announces too much is refused before it comes`() async throws {
        let (answers, handled, _) = try await ToyServer.answers(
            to: Self.thing + "Content-Length: 1000000000\r\n\r\n{")
        #expect(answers.map(\.problem) == ["body-too-large"])
        #expect(answers.map(\.closes) == [true])
        #expect(handled == 0)
    }

    @Test func `chunks that grow too large are refused, and what follows is no request`()
        async throws
    {
        let chunk = "1000\r\n" + String(repeating: " ", count: 4096) + "\r\n"
        let (answers, handled, logged) = try await ToyServer.answers(
            to: Self.thing + "Transfer-Encoding: chunked\r\n\r\n"
                + String(repeating: chunk, count: 50) + "0\r\n\r\n" + Self.open)
        #expect(answers.map(\.problem) == ["body-too-large"])
        #expect(answers.map(\.closes) == [true])
        #expect(handled == 0 && logged == 1)
    }

    @Test func `a body of exactly the limit is read`() async throws {
        let body = #"{"name":"Jo"}"# + String(repeating: " ", count: 16_384 - 13)
        try await ToyServer.run { toy in
            try await Wire.on(toy.port) { wire in
                try await wire.send(Self.thing + "Content-Length: 16384\r\n\r\n" + body)
                #expect(try await wire.answer().status == 201)
                try await wire.send(
                    Self.thing + "Transfer-Encoding: chunked\r\n\r\n4000\r\n\(body)\r\n0\r\n\r\n")
                #expect(try await wire.answer().status == 201)
                try await wire.send(Self.thing + "Content-Length: 16385\r\n\r\n" + body + " ")
                #expect(try await wire.answer().status == 413)
            }
        }
    }

    @Test func `chunk extensions cannot grow without end`() async throws {
        let extended = "2;" + String(repeating: "x", count: 1_000_000) + "\r\n{}\r\n0\r\n\r\n"
        let (answers, handled, _) = try await ToyServer.answers(
            to: Self.thing + "Transfer-Encoding: chunked\r\n\r\n" + extended)
        #expect(answers.map(\.problem) == ["body-too-large"])
        #expect(handled == 0)
    }

    @Test(arguments: [
        (String(repeating: "a", count: 4096), 0, 0, "target-too-long"),
        (String(repeating: "a", count: 9_000), 0, 0, "target-too-long"),
        (String(repeating: "a", count: 200_000), 0, 0, "target-too-long"),
        ("open", 64, 1, "headers-too-large"), ("open", 1_001, 1, "headers-too-large"),
        ("open", 1, 8_192, "headers-too-large"), ("open", 17, 1_000, "headers-too-large"),
        ("open", 20, 10_000, "headers-too-large"), ("open", 1, 300_000, "headers-too-large"),
    ])
    func `heads have limits`(path: String, fields: Int, bytes: Int, problem: String) async throws {
        let headers = (0..<fields).map { index in
            "X-\(index): \(String(repeating: "a", count: bytes))\r\n"
        }
        let (answers, handled, _) = try await ToyServer.answers(
            to: "GET /\(path) HTTP/1.1\r\nHost: toy\r\n\(headers.joined())\r\n" + Self.open)
        #expect(answers.map(\.problem) == [problem])
        #expect(answers.map(\.closes) == [true])
        #expect(handled == 0)
    }

    // MARK: Time

    @Test func `a body that does not come is given up`() async throws {
        let (answers, handled, _) = try await ToyServer.answers(
            to: Self.thing + "Content-Length: 13\r\n\r\n{", limits: ToyServer.shortLimits)
        #expect(answers.map(\.problem) == ["request-timeout"])
        #expect(answers.map(\.closes) == [true])
        #expect(handled == 0)
    }

    @Test func `a body that drips does not reset its deadline`() async throws {
        try await ToyServer.run(limits: ToyServer.shortLimits) { toy in
            let start = ContinuousClock.now
            try await Wire.on(toy.port) { wire in
                try await wire.send(Self.thing + "Content-Length: 16000\r\n\r\n{")
                async let dripped: Void = eventually {
                    (try? await wire.send(" ")) == nil
                }
                #expect(try await wire.answersUntilClosed().map(\.problem) == ["request-timeout"])
                wire.close()
                try await dripped
            }
            #expect(ContinuousClock.now - start < .seconds(10))
        }
    }

    @Test func `a refused request's body has the same deadline`() async throws {
        let (answers, _, _) = try await ToyServer.answers(
            to: "POST /nowhere HTTP/1.1\r\nHost: toy\r\nContent-Length: 13\r\n\r\n{",
            limits: ToyServer.shortLimits)
        #expect(answers.map(\.problem) == ["not-found"])
    }

    @Test func `a head that does not end is given up`() async throws {
        let (answers, _, _) = try await ToyServer.answers(
            to: "GET /open HTTP/1.1\r\nHost: toy\r\nX-A", limits: ToyServer.shortLimits)
        #expect(answers.isEmpty)
    }

    @Test func `a head that drips does not reset its deadline`() async throws {
        try await ToyServer.run(limits: ToyServer.shortLimits) { toy in
            let start = ContinuousClock.now
            try await Wire.on(toy.port) { wire in
                try await wire.send("GET /open HTTP/1.1\r\nHost: toy\r\n")
                async let dripped: Void = eventually {
                    (try? await wire.send("X-A: b\r\n")) == nil
                }
                #expect(try await wire.answersUntilClosed().isEmpty)
                wire.close()
                try await dripped
            }
            #expect(ContinuousClock.now - start < .seconds(10))
            #expect(toy.handled.count == 0)
        }
    }

    @Test func `a connection without a request is given up`() async throws {
        var limits = ServerLimits()
        limits.idleTimeout = .milliseconds(400)
        let (answers, _, _) = try await ToyServer.answers(to: Self.open, limits: limits)
        #expect(answers.map(\.status) == [200])
        let (none, _, _) = try await ToyServer.answers(to: "", limits: limits)
        #expect(none.isEmpty)
    }

    @Test func `a handler that hangs does not keep its caller waiting`() async throws {
        try await ToyServer.run { toy in
            let start = ContinuousClock.now
            let answers = try await Wire.on(toy.port) { wire in
                try await wire.send(
                    "GET /held HTTP/1.1\r\nHost: toy\r\nAccept-Language: nb\r\n\r\n")
                return try await wire.answersUntilClosed()
            }
            let waited = ContinuousClock.now - start
            // The answer takes a few milliseconds more, on a machine that is not busy with tests.
            #expect(RequestLimits.ordinary.answerDeadline == .milliseconds(2300))
            #expect(waited >= .milliseconds(2300) && waited < .seconds(5))
            #expect(answers.map(\.problem) == ["service-unavailable"])
            #expect(answers[0].header("Retry-After") != nil)
            #expect(answers[0].header("Content-Language") == "nb")
            #expect(toy.log.requests.count == 1)
            // Its handler is still there, and is counted until it returns.
            #expect(toy.requests.count == 1)
            toy.gate.open()
            try await eventually { toy.requests.count == 0 }
            #expect(toy.log.requests.count == 1)
            #expect(toy.log.lines("late").count == 1)
        }
    }

    @Test func `a caller that does not read its answer is given up`() async throws {
        var limits = ServerLimits()
        limits.writeDeadline = .milliseconds(400)
        limits.lingerTimeout = .milliseconds(400)
        for header in ["", "Connection: close\r\n"] {
            try await ToyServer.run(limits: limits) { toy in
                let wire = try await Wire.connect(port: toy.port, reads: false)
                try await eventually { toy.requests.openConnections == 1 }
                try await wire.send("GET /large HTTP/1.1\r\nHost: toy\r\n\(header)\r\n")
                try await eventually { toy.log.requests.count == 1 }
                try await eventually { toy.requests.openConnections == 0 }
                wire.close()
            }
        }
    }

    @Test func `of a thousand requests whose answers are not read all but the first wait`()
        async throws
    {
        var limits = ServerLimits()
        limits.writeDeadline = .milliseconds(400)
        try await ToyServer.run(limits: limits) { toy in
            let wire = try await Wire.connect(port: toy.port, reads: false)
            await wire.sendAnyway(
                String(repeating: "GET /large HTTP/1.1\r\nHost: toy\r\n\r\n", count: 1_000))
            try await eventually { toy.log.requests.count >= 1 }
            try await eventually { toy.requests.openConnections == 0 }
            // The one whose answer waits, and at most the one behind it.
            #expect(toy.log.requests.count <= 2)
            wire.close()
        }
    }

    // MARK: Numbers

    @Test func `requests beyond the limit are answered at once`() async throws {
        var limits = ServerLimits()
        limits.requestsInFlight = 2
        try await ToyServer.run(limits: limits) { toy in
            let held = try await [Wire.connect(port: toy.port), Wire.connect(port: toy.port)]
            for wire in held { try await wire.send("GET /held HTTP/1.1\r\nHost: toy\r\n\r\n") }
            try await eventually { toy.handled.count >= 2 }
            let answers = try await Wire.on(toy.port) { wire in
                try await wire.send(Self.open)
                return try await wire.answersUntilClosed()
            }
            #expect(answers.map(\.problem) == ["overloaded"])
            #expect(answers[0].header("Retry-After") != nil)
            toy.gate.open()
            for wire in held {
                #expect(try await wire.answer().status == 200)
                wire.close()
            }
            let again = try await Wire.on(toy.port) { wire in
                try await wire.send(Self.open)
                return try await wire.answer()
            }
            #expect(again.status == 200)
        }
    }

    @Test func `connections beyond the limit wait for their turn`() async throws {
        var limits = ServerLimits()
        limits.connections = 2
        try await ToyServer.run(limits: limits) { toy in
            let first = try await [Wire.connect(port: toy.port), Wire.connect(port: toy.port)]
            for wire in first {
                try await wire.send(Self.open)
                _ = try await wire.answer()
            }
            let third = try await Wire.connect(port: toy.port)
            try await third.send(Self.open)
            await #expect(throws: WireError.self) {
                try await third.answer(within: .milliseconds(200))
            }
            first[0].close()
            #expect(try await third.answer().status == 200)
            first[1].close()
            third.close()
        }
    }

    @Test func `a connection ends after its share of requests`() async throws {
        var limits = ServerLimits()
        limits.requestsPerConnection = 3
        let (answers, handled, _) = try await ToyServer.answers(
            to: String(repeating: Self.open, count: 5), limits: limits)
        #expect(answers.map(\.closes) == [false, false, true])
        #expect(handled == 3)
    }

    @Test func `a caller that leaves takes its request off the account`() async throws {
        try await ToyServer.run { toy in
            try await Wire.on(toy.port) { wire in
                try await wire.send(Self.thing + "Content-Length: 13\r\n\r\n{")
                try await eventually { toy.requests.count > 0 }
            }
            try await eventually { toy.requests.count == 0 }
        }
    }

    // MARK: Manners

    @Test func `HEAD is GET without the body`() async throws {
        try await ToyServer.run { toy in
            try await Wire.on(toy.port) { wire in
                for path in ["/open", "/nowhere", "/problems/not-found"] {
                    try await wire.send("GET \(path) HTTP/1.1\r\nHost: toy\r\n\r\n")
                    let whole = try await wire.answer()
                    try await wire.send("HEAD \(path) HTTP/1.1\r\nHost: toy\r\n\r\n")
                    let head = try await wire.answer(hasBody: false)
                    #expect(head.status == whole.status)
                    #expect(head.header("Content-Length") == "\(whole.body.utf8.count)")
                }
            }
        }
    }

    @Test func `a caller that asks first is told to go on, or why not`() async throws {
        try await ToyServer.run { toy in
            try await Wire.on(toy.port) { wire in
                try await wire.send(
                    Self.thing + "Expect: 100-continue\r\nContent-Length: 13\r\n\r\n")
                #expect(try await wire.answer().status == 100)
                try await wire.send(Self.body)
                #expect(try await wire.answer().status == 201)
                try await wire.send(
                    Self.thing + "Expect: 100-continue\r\nContent-Length: 20000\r\n\r\n")
                #expect(try await wire.answersUntilClosed().map(\.status) == [413])
            }
        }
        let (answers, _, _) = try await ToyServer.answers(
            to: Self.thing + "Expect: 200-ok\r\nContent-Length: 13\r\n\r\n\(Self.body)")
        #expect(answers.map(\.problem) == ["expectation-failed"])
    }

    @Test(arguments: [
        "GET /open HTTP/1.0\r\n\r\n",
        "GET /open HTTP/1.1\r\nHost: toy\r\nConnection: close\r\n\r\n",
        "GET /open HTTP/1.1\r\nHost: toy\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "GET /open HTTP/1.1\r\nHost: toy\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
            + "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n",
    ])
    func `a last request is answered and the connection closed`(request: String) async throws {
        let (answers, handled, _) = try await ToyServer.answers(to: request + Self.open)
        #expect(answers.map(\.status) == [200])
        #expect(answers.map(\.closes) == [true])
        #expect(handled == 1)
    }

    @Test func `CONNECT leads nowhere`() async throws {
        let (answers, _, _) = try await ToyServer.answers(
            to: "CONNECT toy:80 HTTP/1.1\r\nHost: toy\r\n\r\n" + Self.open)
        #expect(answers.map(\.status) == [405])
        #expect(answers[0].header("Allow") == "")
    }

    @Test func `lines of an import are handed over one by one`() async throws {
        let long = String(repeating: "x", count: 16_385)
        let lines = "{}\r\n\n{\"a\":1}\n\(long)\n{}"
        let head = """
            POST /v1/lines HTTP/1.1\r
            Host: toy\r
            X-API-Key: issuer-key\r
            Content-Type: application/x-ndjson\r

            """
        try await ToyServer.run { toy in
            try await Wire.on(toy.port) { wire in
                try await wire.send(head + "Content-Length: \(lines.utf8.count)\r\n\r\n\(lines)")
                #expect(try await wire.answer().body == #"{"lines":[1,3,5]}"#)
                let chunks = lines.map { "\(String($0.utf8.count, radix: 16))\r\n\($0)\r\n" }
                try await wire.send(
                    head + "Transfer-Encoding: chunked\r\n\r\n\(chunks.joined())0\r\n\r\n")
                #expect(try await wire.answer().body == #"{"lines":[1,3,5]}"#)
                try await wire.send(
                    head + "Transfer-Encoding: chunked\r\n\r\n"
                        + String(
                            repeating: "2000\r\n\(String(repeating: "\n", count: 8192))\r\n",
                            count: 20))
                #expect(try await wire.answersUntilClosed().map(\.problem) == ["body-too-large"])
            }
        }
    }
}
