import Foundation
import Testing

@testable import Auth

@Suite struct RefusalOrderTests {
    /// A request that is wrong in every way; each step puts one thing right, in api.md's order.
    private struct Request {
        var key = "nobody"
        var method = "PATCH"
        var contentType = "text/plain"
        var isTooLarge = true
        var address = "nowhere"
        var body = #"{"name":1,"name":2}"#

        var text: String {
            let body = isTooLarge ? body + String(repeating: " ", count: 17_000) : body
            return """
                \(method) /v1/things HTTP/1.1\r
                Host: toy\r
                X-API-Key: \(key)\r
                Content-Type: \(contentType)\r
                X-Patient-IP: \(address)\r
                Content-Length: \(body.utf8.count)\r
                \r
                \(body)
                """
        }
    }

    @Test func `a request that is wrong in every way is refused in the documented order`()
        async throws
    {
        let steps: [(String, @Sendable (inout Request) -> Void)] = [
            ("api-key-invalid", { $0.key = ToyKeys.issuer }),
            ("method-not-allowed", { $0.method = "POST" }),
            ("scope-missing", { $0.key = ToyKeys.portal }),
            ("media-type-unsupported", { $0.contentType = "application/json" }),
            ("body-too-large", { $0.isTooLarge = false }),
            ("header-invalid", { $0.address = "192.0.2.7" }),
            ("body-malformed", { $0.body = #"{"name":1,"role":"admin"}"# }),
            ("field-invalid", { $0.body = #"{"name":"Jo"}"# }),
        ]
        try await ToyServer.run { toy in
            var request = Request()
            for (refusal, repair) in steps {
                let answer = try await Wire.on(toy.port) { wire in
                    try await wire.send(request.text)
                    return try await wire.answer()
                }
                #expect(answer.problem == refusal)
                #expect(toy.handled.count == 0)
                repair(&request)
            }
            let answer = try await Wire.on(toy.port) { wire in
                try await wire.send(request.text)
                return try await wire.answer()
            }
            #expect(answer.status == 201)
            #expect(answer.body == #"{"name":"Jo"}"#)
        }
    }

    @Test(arguments: [
        ("/v1/things", "POST", true), ("/v1/things/x", "DELETE, GET, HEAD", true),
        ("/v1/acts", "POST", true), ("/open", "GET, HEAD", false), ("/livez", "GET, HEAD", false),
        ("/problems/not-found", "GET, HEAD", false),
    ])
    func `every documented path names its methods to all others`(
        path: String, allowed: String, needsKey: Bool
    ) async throws {
        let methods = [
            "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND",
            "PURGE",
            "LINK", "SEARCH",
        ]
        try await ToyServer.run { toy in
            try await Wire.on(toy.port) { wire in
                for method in methods where !allowed.split(separator: ", ").contains("\(method)") {
                    let head = "\(method) \(path) HTTP/1.1\r\nHost: toy\r\n"
                    try await wire.send(head + "X-API-Key: \(ToyKeys.issuer)\r\n\r\n")
                    let answer = try await wire.answer(hasBody: method != "HEAD")
                    #expect(answer.status == 405, "\(method)")
                    #expect(answer.header("Allow") == allowed)
                    if needsKey {
                        try await wire.send(head + "\r\n")
                        let refused = try await wire.answer(hasBody: method != "HEAD")
                        #expect(refused.status == 401, "\(method)")
                    }
                }
            }
        }
    }

    @Test(arguments: [
        "/", "/v1", "/v1/things/x/y", "/v1//things", "//v1/things", "/v1/things/", "/V1/things",
        "/v1/things%2F", "/v1/%74hings", "/v1/things;a=b", "/v1/things#a", "/livez/", "/../livez",
        "/problems/nothing",
    ])
    func `an undocumented path is not found, without a key`(path: String) async throws {
        try await ToyServer.run { toy in
            let answer = try await Wire.on(toy.port) { wire in
                try await wire.send("GET \(path) HTTP/1.1\r\nHost: toy\r\n\r\n")
                return try await wire.answer()
            }
            #expect(answer.problem == "not-found")
        }
    }

    @Test(arguments: [
        "", "X-API-Key: \r\n", "X-API-Key: portal-key x\r\n", "X-API-Key: PORTAL-KEY\r\n",
        "X-API-Key: portal-key\r\nX-API-Key: portal-key\r\n",
        "X-API-Key: \(String(repeating: "a", count: 257))\r\n",
        "Authorization: Bearer portal-key\r\n",
        "X-API-Key: p\u{F6}rtal\r\n",
    ])
    func `without exactly one known key nothing else is looked at`(headers: String) async throws {
        try await ToyServer.run { toy in
            let answer = try await Wire.on(toy.port) { wire in
                try await wire.send("POST /v1/things HTTP/1.1\r\nHost: toy\r\n\(headers)\r\n")
                return try await wire.answer()
            }
            #expect(answer.problem == "api-key-invalid")
            #expect(answer.header("WWW-Authenticate")?.hasPrefix("APIKey") == true)
        }
    }

    @Test(arguments: [
        ("Content-Type: application/json", 201), ("content-type: APPLICATION/JSON", 201),
        ("Content-Type: application/json; charset=utf-8", 201),
        ("Content-Type: application/json;charset=\"UTF-8\"", 201),
        ("Content-Type: application/json; charset=latin1", 415), ("X-Nothing: 1", 415),
        ("Content-Type: application/jsonx", 415), ("Content-Type: text/json", 415),
        ("Content-Type: application/x-www-form-urlencoded", 415),
        ("Content-Type: application/json\r\nContent-Type: application/json", 415),
        ("Content-Type: application/json\r\nContent-Encoding: gzip", 415),
        ("Content-Type: application/problem+json", 415),
    ])
    func `only JSON in UTF-8 is read`(header: String, status: Int) async throws {
        try await ToyServer.run { toy in
            let answer = try await Wire.on(toy.port) { wire in
                try await wire.send(
                    "POST /v1/things HTTP/1.1\r\nHost: toy\r\nX-API-Key: portal-key\r\n"
                        + "\(header)\r\nContent-Length: 13\r\n\r\n{\"name\":\"Jo\"}")
                return try await wire.answer()
            }
            #expect(answer.status == status)
        }
    }

    @Test(arguments: [
        ("", "", 200), ("Content-Type: application/json\r\n", "{}", 200),
        ("Content-Type: application/json\r\n", #"{"a":1}"#, 422),
        ("Content-Type: application/json\r\n", "[]", 400),
        ("Content-Type: text/plain\r\n", "a", 415),
        ("", "{}", 415), ("Content-Type: text/plain\r\n", "", 200),
    ])
    func `an act without fields takes no body or an empty object`(
        header: String, body: String, status: Int
    ) async throws {
        try await ToyServer.run { toy in
            let answer = try await Wire.on(toy.port) { wire in
                try await wire.send(
                    "POST /v1/acts HTTP/1.1\r\nHost: toy\r\nX-API-Key: portal-key\r\n\(header)"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
                return try await wire.answer()
            }
            #expect(answer.status == status)
        }
    }

    @Test(arguments: [
        ("X-Patient-IP: 2001:DB8::1", #""address":"2001:db8::1""#),
        ("Idempotency-Key: a-1_~!", #""key":"a-1_~!""#),
        ("Authorization: Bearer abc", #""token":"abc""#),
        ("Authorization: Basic abc", #""token":null"#),
        ("Accept-Language: no", #""language":"nb""#), ("Accept-Language: de", #""language":"nl""#),
        ("X-Forwarded-For: 192.0.2.7", #""address":null"#),
        ("X-HTTP-Method-Override: DELETE", #""key":null"#),
    ])
    func `headers that callers may send reach the handler`(header: String, member: String)
        async throws
    {
        try await ToyServer.run { toy in
            let answer = try await Wire.on(toy.port) { wire in
                try await wire.send(
                    "POST /v1/acts HTTP/1.1\r\nHost: toy\r\nX-API-Key: portal-key\r\n"
                        + "\(header)\r\n\r\n"
                )
                return try await wire.answer()
            }
            #expect(answer.body.contains(member))
        }
    }

    @Test(arguments: [
        "X-Patient-IP: 192.0.2", "X-Patient-IP: ", "X-Patient-IP: 192.0.2.7, 192.0.2.8",
        "X-Patient-IP: 192.0.2.7\r\nX-Patient-IP: 192.0.2.7", "Idempotency-Key: ",
        "Idempotency-Key: a b", "Idempotency-Key: \u{E9}",
        "Idempotency-Key: \(String(repeating: "k", count: 256))",
        "Idempotency-Key: a\r\nIdempotency-Key: a",
    ])
    func `a header that cannot be read is refused by name`(header: String) async throws {
        try await ToyServer.run { toy in
            let answer = try await Wire.on(toy.port) { wire in
                try await wire.send(
                    "POST /v1/acts HTTP/1.1\r\nHost: toy\r\nX-API-Key: portal-key\r\n"
                        + "\(header)\r\n\r\n"
                )
                return try await wire.answer()
            }
            #expect(answer.problem == "header-invalid")
            #expect(answer.body.contains("\"header\":\"\(header.prefix { $0 != ":" })\""))
            #expect(toy.handled.count == 0)
        }
    }
}
