import Foundation
import Testing

@testable import Auth

@Suite struct RequestHeadersTests {
    @Test(arguments: [
        ("Bearer abc.DEF-1_2~3+4/5==", "abc.DEF-1_2~3+4/5=="), ("bearer x", "x"),
        ("BEARER   x", "x"),
    ])
    func `a bearer token is taken out`(header: String, token: String) {
        #expect(RequestHeaders.bearerToken(header) == token)
    }

    @Test(arguments: [
        "", "Bearer", "Bearer ", "Basic abc", "Bearer a b", "Bearer a,b", "Bearer é", "abc",
        "Bearerabc", "Bearer a\u{0}b",
    ])
    func `anything else is no token`(header: String) {
        #expect(RequestHeaders.bearerToken(header) == nil)
    }

    @Test func `a valid traceparent gives its trace id`() {
        let id = "0af7651916cd43dd8448eb211c80319c"
        #expect(RequestHeaders.traceID("00-\(id)-b7ad6b7169203331-01") == id)
    }

    @Test(arguments: [
        "", "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-zz",
    ])
    func `a traceparent out of form gives none`(header: String) {
        #expect(RequestHeaders.traceID(header) == nil)
    }

    @Test(arguments: [
        ("abc-1_2.3", true), (String(repeating: "a", count: 64), true),
        (String(repeating: "a", count: 65), false), ("", false), ("a b", false), ("a\nb", false),
        ("a\"b", false), ("é", false),
    ])
    func `a caller's own id is a short token or nothing`(value: String, isTaken: Bool) {
        #expect((RequestHeaders.clientRequestID(value) == value) == isTaken)
    }

    @Test(
        arguments: [
            ("192.0.2.7", [192, 0, 2, 7], "192.0.2.7"),
            ("2001:db8::1", [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0], "2001:db8::1"),
            ("2001:DB8:0:0:1::5", [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0], "2001:db8::1:0:0:5"),
            ("::ffff:192.0.2.7", [192, 0, 2, 7], "192.0.2.7"),
            ("64:ff9b::192.0.2.7", [192, 0, 2, 7], "192.0.2.7"),
            ("64:ff9b::1:c000:207", [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0], "64:ff9b::1:c000:207"),
            ("::1", [0, 0, 0, 0, 0, 0, 0, 0], "::1"),
        ] as [(String, [UInt8], String)])
    func `a patient's address has a network`(text: String, network: [UInt8], canonical: String) {
        let address = PatientAddress(text)
        #expect(address?.network == network)
        #expect(address?.text == canonical)
    }

    @Test(arguments: [
        "", " ", "192.0.2", "192.0.2.256", "192.0.2.7:80", "[::1]", "fe80::1%eth0", "::1 ",
        "192.0.2.7, 10.0.0.1", "localhost", "1", "0x7f.1", "192.0.2.07x", "::g", ":::",
        "192.0.2.7\u{0}", String(repeating: "1", count: 100),
    ])
    func `what is no address is refused`(text: String) {
        #expect(PatientAddress(text) == nil)
    }

    @Test func `a query gives its parameters`() throws {
        let query = "to=a%40b.example&wait=5&since=2026-03-01T10%3A50%3A00Z&empty="
        let values = try QueryReader.parameters(
            of: query, allowing: ["to", "wait", "since", "empty"])
        #expect(
            values == [
                "to": "a@b.example", "wait": "5", "since": "2026-03-01T10:50:00Z", "empty": "",
            ])
        #expect(try QueryReader.parameters(of: "", allowing: ["to"]) == [:])
        #expect(try QueryReader.parameters(of: "to=a+b", allowing: ["to"]) == ["to": "a b"])
    }

    @Test func `a parameter's name is repeated without what is not fit for a line`() throws {
        let problem = try #require(throws: Problem.self) {
            try QueryReader.parameters(of: "a%0a%E2%80%AEb=1", allowing: [])
        }
        #expect(problem.faults.map(\.place) == [.parameter("ab")])
    }

    @Test(arguments: [
        ("x=1", Problem.Fault.Code.unknown), ("to=1&to=2", .duplicate), ("to=%zz", .wrongFormat),
        ("to=%0a", .wrongFormat), ("to=%ff", .wrongFormat), ("TO=1", .unknown), ("=1", .unknown),
    ])
    func `a query out of form is refused`(query: String, code: Problem.Fault.Code) throws {
        let problem = try #require(throws: Problem.self) {
            try QueryReader.parameters(of: query, allowing: ["to"])
        }
        #expect(problem.kind == .queryInvalid)
        #expect(problem.faults.map(\.code) == [code])
    }
}
