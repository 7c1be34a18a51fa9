import NIOHTTP1
import Testing

@testable import Auth

@Suite struct HeadRulesTests {
    private func refusal(
        _ method: HTTPMethod = .POST, _ uri: String = "/v1/logins",
        version: HTTPVersion = .http1_1, host: [String] = ["auth.example"],
        _ headers: [(String, String)] = []
    ) -> Problem.Kind? {
        let all = host.map { ("Host", $0) } + headers
        let head = HTTPRequestHead(
            version: version, method: method, uri: uri, headers: HTTPHeaders(all))
        return HeadRules(limits: ServerLimits()).refusal(of: head)?.kind
    }

    @Test func `an ordinary request passes`() {
        #expect(refusal() == nil)
        #expect(refusal(headers: [("Content-Length", "13")]) == nil)
        #expect(refusal(headers: [("Transfer-Encoding", "Chunked")]) == nil)
        #expect(refusal(.GET, version: .http1_0, host: []) == nil)
        #expect(refusal(headers: [("Expect", "100-continue")]) == nil)
    }

    private func refusal(headers: [(String, String)]) -> Problem.Kind? { refusal(.POST, headers) }

    private func refusal(_ method: HTTPMethod, _ headers: [(String, String)]) -> Problem.Kind? {
        refusal(method, "/v1/logins", version: .http1_1, host: ["auth.example"], headers)
    }

    @Test(arguments: [
        [("Content-Length", "1"), ("Transfer-Encoding", "chunked")],
        [("Content-Length", "1"), ("Content-Length", "1")],
        [("Content-Length", "1"), ("Content-Length", "2")],
        [("Content-Length", "+1")], [("Content-Length", "-1")], [("Content-Length", "1,1")],
        [("Content-Length", "0x1")], [("Content-Length", "1 ")], [("Content-Length", "")],
        [("Content-Length", "18446744073709551616")], [("Content-Length", "１")],
        [("Transfer-Encoding", "xchunked")], [("Transfer-Encoding", "chunked, identity")],
        [("Transfer-Encoding", "identity")], [("Transfer-Encoding", "gzip, chunked")],
        [("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")],
        [("Transfer-Encoding", "chunked\u{B}")], [("Transfer-Encoding", "")],
    ])
    func `a body that two parsers could end at two places is refused`(headers: [(String, String)]) {
        #expect(refusal(headers: headers) == .requestMalformed)
    }

    @Test func `chunks are for HTTP 1.1`() {
        let headers = [("Transfer-Encoding", "chunked")]
        #expect(refusal(version: .http1_0, host: ["a"], headers) == .requestMalformed)
    }

    private func refusal(
        version: HTTPVersion, host: [String], _ headers: [(String, String)]
    ) -> Problem.Kind? {
        refusal(.POST, "/v1/logins", version: version, host: host, headers)
    }

    @Test func `there is one host`() {
        #expect(refusal(version: .http1_1, host: [], []) == .requestMalformed)
        #expect(refusal(version: .http1_1, host: ["a", "a"], []) == .requestMalformed)
        #expect(refusal(version: .http1_0, host: ["a", "b"], []) == .requestMalformed)
        #expect(refusal(version: .http1_1, host: ["a b"], []) == .requestMalformed)
        #expect(refusal(version: .http1_1, host: ["a/b"], []) == .requestMalformed)
    }

    @Test(arguments: [
        HTTPVersion(major: 1, minor: 2), HTTPVersion(major: 2, minor: 0),
        HTTPVersion(major: 0, minor: 9), HTTPVersion(major: 3, minor: 0),
    ])
    func `other versions are refused`(version: HTTPVersion) {
        #expect(refusal(version: version, host: ["a"], []) == .requestMalformed)
    }

    @Test(arguments: [
        ("/v1/logins?x=1", "/v1/logins?x=1"), ("http://auth.example/v1", "/v1"),
        ("HTTPS://auth.example/v1?a", "/v1?a"), ("http://auth.example", "/"),
        ("http://auth.example?a=/b", "/?a=/b"), ("http://other.example/v1", nil), ("*", nil),
        ("auth.example:80", nil), ("ftp://auth.example/", nil), ("", nil),
        ("http://auth.example.evil/", nil), ("http://auth.example@evil/", nil),
    ])
    func `the target is a path of this host`(uri: String, path: String?) {
        let head = HTTPRequestHead(
            version: .http1_1, method: .GET, uri: uri, headers: ["Host": "auth.example"])
        #expect(HeadRules(limits: ServerLimits()).path(of: head) == path)
        #expect((refusal(.GET, uri) == nil) == (path != nil))
    }

    @Test func `sizes have limits`() {
        let limit = ServerLimits()
        func fields(_ count: Int, _ bytes: Int) -> [(String, String)] {
            (0..<count).map { ("X-\($0)", String(repeating: "a", count: bytes)) }
        }
        #expect(refusal(.GET, "/" + String(repeating: "a", count: limit.targetBytes - 1)) == nil)
        #expect(
            refusal(.GET, "/" + String(repeating: "a", count: limit.targetBytes)) == .targetTooLong)
        #expect(refusal(headers: fields(limit.headerFields - 1, 1)) == nil)
        #expect(refusal(headers: fields(limit.headerFields, 1)) == .headersTooLarge)
        #expect(refusal(headers: fields(1, limit.headerFieldBytes - 3)) == nil)
        #expect(refusal(headers: fields(1, limit.headerFieldBytes - 2)) == .headersTooLarge)
        #expect(refusal(headers: fields(5, 3_200)) == nil)
        #expect(refusal(headers: fields(6, 3_200)) == .headersTooLarge)
    }

    @Test func `an unknown expectation and CONNECT are refused`() {
        #expect(refusal(headers: [("Expect", "200-ok")]) == .expectationFailed)
        #expect(refusal(.CONNECT, "/") == .methodNotAllowed)
    }
}
