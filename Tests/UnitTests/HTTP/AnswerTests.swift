import Foundation
import HTTPTypes
import Testing

@testable import Auth

@Suite struct AnswerTests {
    private struct Login: Encodable {
        enum Status: String, Encodable { case open }
        let id: UUID
        let status: Status
        let sentAtLocal: String
        let createdAt: Date
        let requestID: Int
        let publicURL: URL
        let next: String?
        let attempts: [Double]
        let nested: Nested
        let other: Nested?

        struct Nested: Encodable {
            let type: String
            let isOn: Bool
        }
    }

    @Test func `an answer has its members in order, in snake case, with ids in lower case`() throws
    {
        let login = Login(
            id: UUID(uuidString: "0A1B2C3D-0000-4000-8000-00000000000F") ?? UUID(), status: .open,
            sentAtLocal: "11:50", createdAt: Date(timeIntervalSince1970: 1_772_362_200.0625),
            requestID: 7, publicURL: try #require(URL(string: "https://a.example/b")), next: nil,
            attempts: [1, 2.5], nested: .init(type: "e/f", isOn: true), other: nil)
        let answer = try Answer.json(login, status: .created)
        #expect(
            String(decoding: answer.body, as: UTF8.self) == """
                {"id":"0a1b2c3d-0000-4000-8000-00000000000f","status":"open",\
                "sent_at_local":"11:50","created_at":"2026-03-01T10:50:00.062Z","request_id":7,\
                "public_url":"https://a.example/b","attempts":[1.0,2.5],\
                "nested":{"type":"e/f","is_on":true}}
                """)
        #expect(answer.status == .created)
        #expect(answer.headers[.contentType] == "application/json; charset=utf-8")
    }

    @Test func `texts, lists, dictionaries and JSON values are encoded`() throws {
        #expect(try JSONValue(encoding: ["a"]) == .array([.string("a")]))
        #expect(try JSONValue(encoding: ["key": 1]) == .object([.init("key", .int(1))]))
        #expect(try JSONValue(encoding: [String]()) == .array([]))
        #expect(try JSONValue(encoding: JSONValue.null) == .null)
        struct Mixed: Encodable { let details: JSONValue }
        let value = JSONValue.object([.init("keepMe", .array([.double(0.5), .bool(true)]))])
        #expect(try JSONValue(encoding: Mixed(details: value))["details"] == value)
    }

    @Test func `numbers JSON has no words for are an error`() {
        #expect(throws: EncodingError.self) { try Answer.json([Double.nan]) }
        #expect(throws: EncodingError.self) { try Answer.json([Double.infinity]) }
        #expect(throws: EncodingError.self) { try Answer.json([UInt64.max]) }
    }

    @Test(arguments: [
        (0.0, "1970-01-01T00:00:00.000Z"), (-0.001, "1969-12-31T23:59:59.999Z"),
        (951_782_400, "2000-02-29T00:00:00.000Z"), (4_107_542_399.9995, "2100-02-28T23:59:59.999Z"),
        (1_772_362_200.123, "2026-03-01T10:50:00.123Z"),
        (1_772_362_200.123999, "2026-03-01T10:50:00.123Z"),
        (4_107_542_400, "2100-03-01T00:00:00.000Z"), (1_772_362_200.5, "2026-03-01T10:50:00.500Z"),
        (-62_135_596_800, "0001-01-01T00:00:00.000Z"),
    ])
    func `instants are RFC 3339 in UTC with milliseconds`(seconds: Double, text: String) {
        #expect(Date(timeIntervalSince1970: seconds).rfc3339 == text)
    }

    @Test func `HTTP dates are the ones of RFC 9110`() {
        let date = Date(timeIntervalSince1970: 784_111_777)
        #expect(date.imfFixdate == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(Date(timeIntervalSince1970: -1).imfFixdate == "Wed, 31 Dec 1969 23:59:59 GMT")
    }

    @Test func `a page escapes what it shows and allows itself only a style`() {
        #expect(HTML.escaped(#"<a href="x">&'"#) == "&lt;a href=&quot;x&quot;&gt;&amp;&#39;")
        let answer = Answer.html("<p>")
        let policy = answer.headers[.contentSecurityPolicy] ?? ""
        #expect(policy.contains("default-src 'none'") && !policy.contains("script-src"))
    }
}
