import HTTPTypes
import Hummingbird
import NIOCore

/// What a handler answers.
struct Answer: Sendable {
    var status: HTTPResponse.Status
    var headers: HTTPFields
    var body: [UInt8]

    init(status: HTTPResponse.Status, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// 204 without a body.
    static let noContent = Answer(status: .noContent)

    /// A value as JSON: names in snake case and in the order of the type, ids in lower case,
    /// instants in UTC with milliseconds.
    static func json(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) throws -> Answer {
        .json(try JSONValue(encoding: value), status: status, headers: headers)
    }

    /// 201: what was made, and where it is.
    static func created(_ value: some Encodable, at path: String) throws -> Answer {
        try .json(value, status: .created, headers: [.location: path])
    }

    /// A JSON value as it is.
    static func json(
        _ value: JSONValue, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Answer {
        .bytes(
            value.bytes, contentType: "application/json; charset=utf-8", status: status,
            headers: headers)
    }

    /// Bytes of any media type.
    static func bytes(
        _ bytes: [UInt8], contentType: String, status: HTTPResponse.Status = .ok,
        headers: HTTPFields = [:]
    ) -> Answer {
        var answer = Answer(status: status, headers: headers, body: bytes)
        answer.headers[.contentType] = contentType
        return answer
    }

    /// A page; `policy` is its Content-Security-Policy, by default one that allows its own style
    /// only.
    static func html(
        _ page: String, status: HTTPResponse.Status = .ok,
        policy: String = ContentPolicy.page, headers: HTTPFields = [:]
    ) -> Answer {
        var answer = Answer.bytes(
            Array(page.utf8), contentType: "text/html; charset=utf-8", status: status,
            headers: headers)
        answer.headers[.contentSecurityPolicy] = policy
        return answer
    }

    /// The answer as the framework sends it.
    var response: Response {
        Response(
            status: status, headers: headers,
            body: body.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}
