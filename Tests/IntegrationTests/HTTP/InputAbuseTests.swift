import Cryptography
import Foundation
import Testing

@testable import Auth

/// Bytes that no honest caller sends, on a bare socket to the whole service: each is answered with a
/// refusal, at once, and the service goes on as before.
@Suite struct InputAbuseTests {
    // MARK: Bodies

    /// A body, and what it may be answered with.
    struct Body: Sendable, CustomTestStringConvertible {
        let bytes: [UInt8]
        let statuses: [Int]
        var testDescription: String { String(decoding: bytes.prefix(80), as: UTF8.self) }

        init(_ text: String, _ statuses: Int...) {
            (bytes, self.statuses) = (Array(text.utf8), statuses)
        }

        /// These bytes at the place of a text.
        init(text bytes: [UInt8]) {
            let (before, after) = (#"{"channel":""#, #"","purpose":"pick-up"}"#)
            self.bytes = Array(before.utf8) + bytes + Array(after.utf8)
            statuses = [400]
        }

        /// The good body in another form of Unicode.
        init(mark: [UInt8], _ rest: [UInt8]) { (bytes, statuses) = (mark + rest, [400]) }

        static func deep(_ levels: Int, _ status: Int) -> Body {
            let (open, close) = (
                String(repeating: "[", count: levels - 1),
                String(repeating: "]", count: levels - 1)
            )
            return Body("{\"channel\":\(open)\(close)}", status)
        }

        static func keys(_ count: Int, _ statuses: Int...) -> Body {
            let members = (0..<count).map { "\"k\($0)\":1" }
            let text = "{\(members.joined(separator: ","))}"
            return Body(bytes: Array(text.utf8), statuses)
        }

        /// The good body with one member more.
        static func with(_ member: String, _ status: Int) -> Body {
            Body(valid.replacing("}", with: ",\(member)}"), status)
        }

        static func replacing(_ old: String, _ new: String, _ status: Int) -> Body {
            Body(valid.replacing(old, with: new), status)
        }

        private init(bytes: [UInt8], _ statuses: [Int]) {
            (self.bytes, self.statuses) = (bytes, statuses)
        }
    }

    private static let valid = #"{"channel":"email","to":"a@example.nl","purpose":"pick-up"}"#

    static let bodies: [Body] = [
        Body.deep(17, 400), Body.deep(8_000, 400), Body.deep(100_000, 413),
        Body.keys(65, 400, 422), Body.keys(1_000_000, 413),
        Body.with(#""channel":"sms""#, 400), Body.with(#""chann\u0065l":"sms""#, 400),
        Body.with(#""digits":1e400"#, 400),
        Body.with("\"digits\":\(String(repeating: "9", count: 400))", 400),
        Body.with(#""digits":-0"#, 422), Body.with(#""digits":NaN"#, 400),
        Body.with(#""digits":06"#, 400), Body.with(#""digits":6.5"#, 422),
        Body.with(#""digits":"6""#, 422), Body.with(#""digits":true"#, 422),
        Body.replacing("pick-up", #"\ud800"#, 400),
        Body.replacing("pick-up", #"\udc00\ud800"#, 400),
        Body.replacing("pick-up", #"a\u0000b"#, 400),
        Body(text: [0]), Body(text: [0xFF, 0xFE]), Body(text: [0xC0, 0xAF]),
        Body(text: [0xE0, 0x80, 0xAF]), Body(text: [0xED, 0xA0, 0x80]),
        Body(text: [0xF4, 0x90, 0x80, 0x80]),
        Body(mark: [0xEF, 0xBB, 0xBF], Array(valid.utf8)),
        Body(mark: [0xFF, 0xFE], valid.utf8.flatMap { [$0, 0] }),
        Body("\(valid)x", 400), Body("\(valid)\(valid)", 400), Body("[\(valid)]", 400),
        Body("", 400), Body.replacing("channel", "Channel", 422),
        Body.replacing(#""to""#, #""TO""#, 422),
        Body.replacing(#""a@example.nl""#, #"{"$ne":1}"#, 422),
    ]

    @Test(arguments: bodies)
    func `a body that is no request is refused in a moment, and nothing is sent`(
        body: Body
    ) async throws {
        try await TestService.run { service in
            let answer = try await Self.post("/v1/codes", body.bytes, to: service)
            #expect(body.statuses.contains(answer.status), "\(answer.status) \(answer.body)")
            #expect(answer.problem != nil)
            let next = try await Self.post("/v1/codes", Array(Self.valid.utf8), to: service)
            #expect(next.status == 201)
            try await eventually { service.mail.messages.count == 1 }
        }
    }

    @Test(arguments: [
        "Content-Encoding: gzip", "Content-Encoding: br, gzip", "Transfer-Encoding: gzip, chunked",
    ])
    func `what is packed is not unpacked`(header: String) async throws {
        try await TestService.run { service in
            let answer = try await Self.post(
                "/v1/codes", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], to: service, headers: [header])
            #expect(answer.status == (header.hasPrefix("C") ? 415 : 400), "\(answer.body)")
        }
    }

    // MARK: Values

    @Test func `a code is read in any spelling and in no other type, which costs no try`()
        async throws
    {
        try await TestService.run { service in
            let code = try await service.issue(to: "anna@example.nl")
            let wide = code.digits.unicodeScalars.compactMap {
                Unicode.Scalar($0.value - 0x30 + 0xFF10).map { String(Character($0)) }
            }.joined()
            let number = Int(code.digits) ?? 0
            for body in [
                #"{"code":["\#(code.digits)"]}"#, #"{"code":\#(number)}"#, #"{"code":{"$ne":1}}"#,
                #"{"code":"\#(code.digits)0"}"#, #"{"code":"\#(code.digits.dropFirst())"}"#,
                #"{"code":null}"#, #"{"code":true}"#, #"{"code":""}"#, #"{"code":"' or 1=1 --"}"#,
            ] + Array(repeating: #"{"code":"1234567"}"#, count: 10) {
                let answer = try await Self.post(
                    "/v1/codes/\(code.id)/verify", Array(body.utf8), to: service)
                #expect(answer.status == 422, "\(body)")
            }
            let body = #"{"code":"  \#(wide.prefix(3))\u00a0-\#(wide.suffix(3)) "}"#
            let answer = try await Self.post(
                "/v1/codes/\(code.id)/verify", Array(body.utf8), to: service)
            #expect(answer.status == 200, "\(answer.body)")
        }
    }

    @Test(arguments: [
        #"a@example.nl\r\nBcc: b@example.nl"#, #"a@example.nl\nBcc: b@example.nl"#,
        #"a@example.nl\u0000"#, #"a@example.nl\u202e"#, #"a\u200b@example.nl"#,
        "a@example.nl, b@example.nl", "A <a@example.nl>", "a@b@example.nl", "a@exa mple.nl",
        "\(String(repeating: "a", count: 244))@example.nl", "a@[127.0.0.1]", "@example.nl", "a@",
    ])
    func `an address with more in it than an address gets no mail`(address: String) async throws {
        try await TestService.run { service in
            let body = Self.valid.replacing("a@example.nl", with: address)
            let answer = try await Self.post("/v1/codes", Array(body.utf8), to: service)
            #expect([400, 422].contains(answer.status), "\(answer.status)")
            #expect(service.mail.messages.isEmpty)
        }
    }

    @Test func `addresses that look alike are not one, and none is changed on its way`()
        async throws
    {
        try await TestService.run { service in
            // The second has a Cyrillic letter; "%0a" are three letters.
            for address in ["anna@example.nl", "anna+tag@example.nl", "anna%0abcc@example.nl"] {
                let code = try await service.issue(to: address)
                #expect(code.answer["status"].string != "superseded")
            }
            let similar = try await service.issueAnswer(to: "\u{430}nna@example.nl")
            #expect([201, 422].contains(similar.status))
            #expect(service.mail.count(to: "anna@example.nl") == 1)
        }
    }

    @Test(arguments: [
        "06 1234567a", "+0612345678", "0900 1234", "0906 1234567", "112", "+881612345678", "0", "+",
        #"0612345678\u0000"#, #"0612345678\r\nX: y"#, "0612345678;ext=1", "06123456789012345678",
    ])
    func `what is no mobile number gets no message`(number: String) async throws {
        try await TestService.run { service in
            let body = Self.valid.replacing("a@example.nl", with: number)
                .replacing(#""email""#, with: #""sms""#)
            let answer = try await Self.post("/v1/codes", Array(body.utf8), to: service)
            #expect([400, 422].contains(answer.status), "\(answer.status)")
            #expect(service.mail.messages.isEmpty)
        }
    }

    // MARK: Headers

    @Test func `what a proxy would say is believed of nobody`() async throws {
        try await TestService.run { service in
            let long = String(repeating: "x", count: 1_024)
            let code = try await service.issue(to: "anna@example.nl")
            let answer = try await Self.get(
                "/v1/codes/\(code.id)", of: service,
                headers: [
                    "X-HTTP-Method-Override: DELETE", "X-Original-URL: /v1/practice",
                    "X-Rewrite-URL: /v1/practice", "X-Forwarded-Host: evil.example",
                    "Forwarded: for=192.0.2.1;host=evil.example", "X-Request-Id: \(long)",
                ])
            #expect(answer.status == 200)
            #expect(answer.body.contains(code.id))
            #expect(answer.header("X-Request-Id")?.count == 36)
            #expect(!service.log.text.contains(long))

            // A wait is of the network that the portal names, whatever addresses are made up beside it.
            let person = try await service.person()
            var refusals: [String?] = []
            for attempt in 0..<7 {
                let body = #"{"identifier":"\#(person.identifier)","password":"wrong"}"#
                let answer = try await Self.post(
                    "/v1/logins", Array(body.utf8), to: service,
                    headers: [
                        "X-Patient-IP: 192.0.2.7", "X-Forwarded-For: 198.51.100.\(attempt)",
                        "X-Real-IP: 198.51.100.\(attempt)", "Forwarded: for=198.51.100.\(attempt)",
                    ])
                refusals.append(answer.problem)
            }
            #expect(refusals.prefix(5).allSatisfy { $0 == "login-refused" })
            #expect(refusals.suffix(2).allSatisfy { $0 == "login-throttled" })
        }
    }

    @Test func `no token but a patient's own opens the account`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let tokens = try await service.tokens(of: person)
            let stranger = try await service.person(in: service.foreignKey)
            let login = try await service.login(stranger, key: service.foreignKey).json()
            let foreign = try await service.verify(
                try #require(login["id"].string),
                try await service.mail.code(of: login["code"], to: stranger.email),
                key: service.foreignKey)
            let parts = tokens.access.split(separator: ".").map(String.init)
            func with(header: String, signature: String) -> String {
                "\(Base64URL.encode(Array(header.utf8))).\(parts[1]).\(signature)"
            }
            var forged = [
                with(header: #"{"alg":"none","typ":"at+jwt"}"#, signature: ""),
                with(header: #"{"alg":"HS256","typ":"at+jwt"}"#, signature: parts[2]),
                tokens.refresh, service.key, "\(tokens.access).", "\(tokens.access)x", "null",
                try #require(try foreign.json()["tokens"]["access_token"].string),
            ]
            for kid in ["../../../../dev/null", "/etc/passwd", "' or 1=1 --", #"\u0000"#] {
                forged.append(
                    with(
                        header: #"{"alg":"ES256","typ":"at+jwt","kid":"\#(kid)"}"#,
                        signature: parts[2]))
            }
            for token in forged {
                let answer = try await Self.get(
                    "/v1/account", of: service, headers: ["Authorization: Bearer \(token)"])
                #expect(answer.problem == "token-invalid", "\(answer.status)")
            }
            let long = try await Self.get(
                "/v1/account", of: service,
                headers: ["Authorization: Bearer \(String(repeating: "a", count: 1 << 20))"])
            #expect(long.problem == "headers-too-large")
            let own = try await Self.get(
                "/v1/account", of: service, headers: ["Authorization: Bearer \(tokens.access)"])
            #expect(own.status == 200)
        }
    }

    // MARK: Asking

    private static func get(
        _ path: String, of service: TestService, headers: [String]
    ) async throws -> WireAnswer {
        try await ask("GET", path, [], of: service, headers)
    }

    private static func post(
        _ path: String, _ body: [UInt8], to service: TestService, headers: [String] = []
    ) async throws -> WireAnswer {
        let lengths =
            headers.contains { $0.hasPrefix("Transfer-Encoding") }
            ? [] : ["Content-Length: \(body.count)"]
        return try await ask(
            "POST", path, body, of: service,
            ["Content-Type: application/json"] + lengths + headers)
    }

    private static func ask(
        _ method: String, _ path: String, _ body: [UInt8], of service: TestService,
        _ headers: [String]
    ) async throws -> WireAnswer {
        try await Wire.on(service.client.port) { wire in
            let lines =
                ["\(method) \(path) HTTP/1.1", "Host: a", "X-API-Key: \(service.key)"] + headers
            // The service may refuse and close before it has read all.
            await wire.sendAnyway(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body)
            return try await wire.answer(within: .seconds(30))
        }
    }
}
