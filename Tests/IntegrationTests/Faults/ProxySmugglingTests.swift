import Foundation
import Testing

/// Requests that two parsers could read differently, sent through HAProxy with the configuration that
/// operators get: what one of them takes for a body is never the other's next request.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ProxySmugglingTests {
    private static let livez = "GET /livez HTTP/1.1\r\nHost: auth\r\nConnection: close\r\n\r\n"

    /// Callers' bytes, and a guess that is hidden in the body of another request.
    private struct Caller {
        let key: String
        let code: String

        func head(_ method: String, _ path: String, version: String = "1.1") -> String {
            """
            \(method) \(path) HTTP/\(version)\r
            Host: auth\r
            X-API-Key: \(key)\r
            Content-Type: application/json\r

            """
        }

        var guess: String {
            let body = #"{"code":"000000"}"#
            return head("POST", "/v1/codes/\(code)/verify")
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        }

        var length: Int { guess.utf8.count }
        var size: String { String(length, radix: 16) }
        var chunk: String { "\(size)\r\n\(guess)\r\n0\r\n\r\n" }

        /// Another request, whose body the guess is.
        func outer(_ rest: String) -> String {
            head("POST", "/v1/password-strength") + rest
        }
    }

    /// Refused, and the connection closed: what follows could be anything.
    private static func refused(_ caller: Caller) -> [(name: String, text: String)] {
        let (guess, length, chunk) = (caller.guess, caller.length, caller.chunk)
        let broken = [
            "two lengths": "Content-Length: \(length)\r\nContent-Length: 2\r\n\r\n\(guess)",
            "a list of lengths": "Content-Length: 2, \(length)\r\n\r\n\(guess)",
            "a signed length": "Content-Length: +\(length)\r\n\r\n\(guess)",
            "a negative length": "Content-Length: -1\r\n\r\n\(guess)",
            "a hexadecimal length": "Content-Length: 0x\(caller.size)\r\n\r\n\(guess)",
            "an endless length": "Content-Length: 99999999999999999999\r\n\r\n\(guess)",
            "an unknown coding": "Transfer-Encoding: xchunked\r\n\r\n\(chunk)",
            "a coding after chunked": "Transfer-Encoding: chunked, identity\r\n\r\n\(chunk)",
            "a coding that is none": "Transfer-Encoding: identity\r\n\r\n\(chunk)",
            "a space before the colon":
                "Content-Length: 2\r\nTransfer-Encoding : chunked\r\n\r\n\(chunk)",
            "a bare CR in a header":
                "X: a\rContent-Length: 2\r\nContent-Length: \(length)\r\n\r\n\(guess)",
            "a chunk of no size": "Transfer-Encoding: chunked\r\n\r\nxx\r\n\(guess)",
            "a negative chunk":
                "Transfer-Encoding: chunked\r\n\r\n-\(chunk)",
            "an endless chunk":
                "Transfer-Encoding: chunked\r\n\r\n1000000000000000\(caller.size)\r\n\(guess)",
            "a chunk without its end":
                "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\(guess)\r\n0\r\n\r\n",
            "two hosts": "Host: other\r\nContent-Length: \(length)\r\n\r\n\(guess)",
        ].mapValues(caller.outer)
        let targets = [
            "another host's target":
                caller.head("POST", "http://other/v1/password-strength")
                + "Content-Length: \(length)\r\n\r\n\(guess)"
        ]
        return broken.merging(targets) { $1 }.map { ($0.key, $0.value) }
    }

    /// Read in one way or refused; the proxy writes anew what it passes on.
    private static func settled(_ caller: Caller) -> [(name: String, text: String)] {
        let (guess, length, chunk) = (caller.guess, caller.length, caller.chunk)
        let whole = "Content-Length: \(length)\r\n\r\n\(guess)"
        let both = "Content-Length: \(caller.size.utf8.count + 2)\r\n"
        let chunked = "Transfer-Encoding: chunked\r\n"
        let requests = [
            "CL.TE": "Content-Length: \(5 + length)\r\n\(chunked)\r\n0\r\n\r\n\(guess)",
            "TE.CL": "\(chunked)\(both)\r\n\(chunk)",
            "CL.TE, folded":
                "Content-Length: \(5 + length)\r\nTransfer-Encoding:\r\n chunked\r\n\r\n"
                + "0\r\n\r\n\(guess)",
            "TE.CL, folded": "\(both)Transfer-Encoding:\r\n chunked\r\n\r\n\(chunk)",
            "TE.TE": "\(both)\(chunked)Transfer-Encoding: x\r\n\r\n\(chunk)",
            "TE.TE, the other way":
                "\(both)Transfer-Encoding: x\r\n\(chunked)\r\n\(chunk)",
            "chunked twice": "\(chunked)\(chunked)\r\n\(chunk)",
            "a vertical tab": "\(both)Transfer-Encoding: \u{B}chunked\r\n\r\n\(chunk)",
            "a NUL in the coding": "\(both)Transfer-Encoding: chunked\0\r\n\r\n\(chunk)",
            "a NUL in a header": "X: a\0b\r\n\(whole)",
            "one length twice": "Content-Length: \(length)\r\n\(whole)",
            "one length in a list": "Content-Length: \(length), \(length)\r\n\r\n\(guess)",
            "a bare LF after a header": "X: a\n\(whole)",
            "a bare LF before the coding": "X: a\nTransfer-Encoding: chunked\r\n\r\n\(chunk)",
            "a bare LF at the end of the head": "Content-Length: \(length)\n\n\(guess)",
            "a header folded": "X: a\r\n Content-Length: 2\r\n\(whole)",
            "an extension of a chunk":
                "\(chunked)\r\n\(caller.size);a=\"b\"\r\n\(guess)\r\n0;c\r\n\r\n",
            "an extension that ends early":
                "\(chunked)\r\n2;a\n{}\r\n\(chunk)",
            "a space after a chunk's size":
                "\(chunked)\r\n\(caller.size) \r\n\(guess)\r\n0\r\n\r\n",
            "chunks that end with LF": "\(chunked)\r\n\(caller.size)\n\(guess)\n0\n\n",
            "a length among the trailers":
                "\(chunked)\r\n\(caller.size)\r\n\(guess)\r\n0\r\nContent-Length: 2\r\n\r\n",
        ].mapValues(caller.outer)
        let others = [
            "HTTP 1.0 in chunks":
                caller.head("POST", "/v1/password-strength", version: "1.0")
                + "\(both)\(chunked)\r\n\(chunk)",
            "a GET with a body": caller.head("GET", "/livez") + whole,
            "the whole address as target":
                caller.head("POST", "http://auth/v1/password-strength") + whole,
        ]
        return requests.merging(others) { $1 }.map { ($0.key, $0.value) }
    }

    @Test func `a guess that is hidden in another request is never made`() async throws {
        try await run { balancer, caller, attemptsLeft in
            for (name, text) in Self.refused(caller) {
                let answers = try await Self.answers(to: text, balancer)
                #expect(answers.count == 1, "\(name): \(answers.map(\.status))")
                #expect(answers.allSatisfy { $0.status >= 400 }, "\(name)")
                #expect(try await attemptsLeft() == 5, "\(name)")
            }
            for (name, text) in Self.settled(caller) {
                let answers = try await Self.answers(to: text, balancer)
                // That of the request, and the next one's, unless the connection was closed.
                #expect((1...2).contains(answers.count), "\(name): \(answers.map(\.status))")
                #expect(answers.dropFirst().allSatisfy { $0.status == 200 }, "\(name)")
                #expect(!answers.contains { $0.problem == "code-incorrect" }, "\(name)")
                #expect(try await attemptsLeft() == 5, "\(name)")
            }
        }
    }

    @Test func `guesses that are sent in a row are each made once, and one cut short not at all`()
        async throws
    {
        try await run { balancer, caller, attemptsLeft in
            for missing in [1, 17] {
                try await Wire.on(balancer.client.port) { wire in
                    try await wire.send(String(caller.guess.dropLast(missing)))
                    try await wire.endOutput()
                    let answers = try await wire.answersUntilClosed()
                    #expect(!answers.contains { $0.problem == "code-incorrect" })
                }
            }
            #expect(try await attemptsLeft() == 5)
            let answers = try await Self.answers(to: caller.guess + caller.guess, balancer)
            #expect(
                answers.map(\.problem) == ["code-incorrect", "code-incorrect", nil],
                "\(answers.map(\.status))")
            #expect(try await attemptsLeft() == 3)
        }
    }

    /// Every answer that comes until the connection is closed; `/livez` is asked for last.
    private static func answers(
        to text: String, _ balancer: LoadBalancer
    ) async throws -> [WireAnswer] {
        try await Wire.on(balancer.client.port) { wire in
            await wire.sendAnyway(text + livez)
            return try await wire.answersUntilClosed()
        }
    }

    /// Two instances behind the proxy, a caller with a code that was sent, and what that has left.
    private func run(
        _ body:
            @escaping @Sendable (
                LoadBalancer, Caller, _ attemptsLeft: @Sendable () async throws -> Int?
            ) async throws -> Void
    ) async throws {
        let database = try await TestCluster.shared().cloneDatabase()
        let post = try await PostOffice()
        try await Installation.run(on: database, post: post) { installation in
            let balancer = try LoadBalancer(installation.instances)
            try await eventually { await balancer.isReady }
            let issued = try await installation.send(
                "POST", "/v1/codes",
                json: ["channel": "email", "to": "kari@example.no", "purpose": "pick-up"])
            let code = try #require(try issued.json()["id"].string, "\(issued.text)")
            try await body(balancer, Caller(key: installation.key, code: code)) {
                let standing = try await installation.send("GET", "/v1/codes/\(code)")
                return try standing.json()["attempts_left"].int
            }
        }
    }
}
