import Testing

@testable import Auth

@Suite struct RequestSmugglingTests {
    private static let open = "GET /open HTTP/1.1\r\nHost: toy\r\n\r\n"
    private static let thing = """
        POST /v1/things HTTP/1.1\r
        Host: toy\r
        X-API-Key: portal-key\r
        Content-Type: application/json\r

        """
    private static let body = #"{"name":"Jo"}"#
    private static let chunked = "d\r\n\(body)\r\n0\r\n\r\n"

    @Test(arguments: [
        "Content-Length: 13\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 13\r\n\r\n\(chunked)",
        "Content-Length: 13\r\nContent-Length: 13\r\n\r\n\(body)",
        "Content-Length: 13\r\nContent-Length: 5\r\n\r\n\(body)",
        "Content-Length: +13\r\n\r\n\(body)", "Content-Length: 13,13\r\n\r\n\(body)",
        "Content-Length: 0xd\r\n\r\n\(body)", "Content-Length: -1\r\n\r\n\(body)",
        "Content-Length: 18446744073709551629\r\n\r\n\(body)",
        "Transfer-Encoding: xchunked\r\n\r\n\(chunked)",
        "Transfer-Encoding: chunked, identity\r\n\r\n\(chunked)",
        "Transfer-Encoding: identity\r\n\r\n\(chunked)",
        "Transfer-Encoding: Chunked\u{B}\r\n\r\n\(chunked)",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n\(chunked)",
        "Transfer-Encoding : chunked\r\n\r\n\(chunked)",
        "Transfer-Encoding:\r\n chunked\r\n\r\n\(chunked)",
        "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n\(body)",
        "Transfer-Encoding: chunked\r\n\r\nxx\r\n\(body)",
        "Transfer-Encoding: chunked\r\n\r\nd \r\n\(body)",
        "Transfer-Encoding: chunked\r\n\r\nd\n\(body)\n0\n\n",
        "Transfer-Encoding: chunked\r\n\r\n-d\r\n\(body)\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nd\r\n\(body)x\r\n0\r\n\r\n",
        "X: a\nContent-Length: 13\r\n\r\n\(body)",
        "X: a\rY: b\r\nContent-Length: 13\r\n\r\n\(body)",
        "X: a\0b\r\nContent-Length: 13\r\n\r\n\(body)",
        "X: a\r\n b\r\nContent-Length: 13\r\n\r\n\(body)",
        "Content-Length: 13\n\n\(body)", "Host: toy\r\nContent-Length: 13\r\n\r\n\(body)",
        "X Y: 1\r\nContent-Length: 13\r\n\r\n\(body)", ": 1\r\nContent-Length: 13\r\n\r\n\(body)",
    ])
    func `a request that can be read in two ways is read in none`(rest: String) async throws {
        let (answers, handled, logged) = try await ToyServer.answers(
            to: Self.thing + rest + Self.open)
        #expect(answers.map(\.problem) == ["request-malformed"])
        #expect(answers.map(\.closes) == [true])
        #expect(handled == 0 && logged == 1)
    }

    @Test(arguments: [
        "GET /open HTTP/1.1\nHost: toy\n\n", "GET /open HTTP/1.1\r\n\r\n", "GET /open\r\n\r\n",
        "get /open HTTP/1.1\r\nHost: toy\r\n\r\n", "GET /op en HTTP/1.1\r\nHost: toy\r\n\r\n",
        "GET /open HTTP/3.0\r\nHost: toy\r\n\r\n", "GET /open HTTP/1.2\r\nHost: toy\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET http://other/open HTTP/1.1\r\nHost: toy\r\n\r\n",
        "GET open HTTP/1.1\r\nHost: toy\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: toy\r\n\r\n",
        "NONSENSE /open HTTP/1.1\r\nHost: toy\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0",
        "GET /open HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "POST /open HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ])
    func `what is no HTTP 1.1 request ends the connection with a problem`(text: String) async throws
    {
        let (answers, handled, logged) = try await ToyServer.answers(to: text + Self.open)
        #expect(answers.map(\.problem) == ["request-malformed"])
        #expect(handled == 0 && logged == 1)
    }

    @Test func `a body cut short by the caller is never taken for a whole one`() async throws {
        for body in [
            "Content-Length: 20\r\n\r\n\(Self.body)",
            "Transfer-Encoding: chunked\r\n\r\nd\r\n\(Self.body)\r\n",
        ] {
            try await ToyServer.run { toy in
                try await Wire.on(toy.port) { wire in
                    try await wire.send(Self.thing + body)
                    try await wire.endOutput()
                    #expect(
                        try await wire.answersUntilClosed().map(\.problem) == ["request-malformed"])
                }
                #expect(toy.handled.count == 0)
            }
        }
    }

    @Test func `what comes after the last chunk changes nothing`() async throws {
        let trailed = "Transfer-Encoding: chunked\r\n\r\nd\r\n\(Self.body)\r\n0\r\n"
        for trailer in ["Content-Length: 5", "Host: other", "X-API-Key: nobody", "X-A: b"] {
            let (answers, handled, _) = try await ToyServer.answers(
                to: Self.thing + trailed + trailer + "\r\n\r\n"
                    + "GET /open HTTP/1.1\r\nHost: toy\r\nConnection: close\r\n\r\n")
            let statuses = answers.map(\.status)
            #expect(statuses == [201, 200] && handled == 2 || statuses == [400] && handled == 0)
        }
    }

    @Test func `requests sent in a row are answered in their order`() async throws {
        try await ToyServer.run { toy in
            try await Wire.on(toy.port) { wire in
                let requests = (0..<200).map { "GET /open?a=\($0) HTTP/1.1\r\nHost: toy\r\n\r\n" }
                try await wire.send(requests.joined())
                for index in 0..<200 {
                    #expect(try await wire.answer().body == "{\"a\":\"\(index)\"}")
                }
            }
            #expect(toy.handled.count == 200)
        }
    }

    @Test func `a refused request's body is not the next request`() async throws {
        let hidden = "GET /open HTTP/1.1\r\nHost: toy\r\n\r\n"
        try await ToyServer.run { toy in
            try await Wire.on(toy.port) { wire in
                try await wire.send(
                    "POST /nowhere HTTP/1.1\r\nHost: toy\r\nContent-Length: "
                        + "\(hidden.utf8.count)\r\n\r\n\(hidden)" + Self.open)
                #expect(try await wire.answer().problem == "not-found")
                #expect(try await wire.answer().status == 200)
            }
            #expect(toy.handled.count == 1)
        }
    }
}
