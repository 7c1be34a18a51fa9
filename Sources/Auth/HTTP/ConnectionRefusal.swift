import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1

/// The answer that a connection gives by itself, where no handler could or did.
struct ConnectionRefusal {
    let head: HTTPResponseHead
    /// Nil in the answer to HEAD.
    let body: ByteBuffer?

    /// - Parameter request: nil where the parser refused it.
    init(_ problem: Problem, to request: HTTPRequestHead?, record: RequestRecord) {
        let practice = record.facts.practice
        let asked = request?.headers.only("accept-language")
            .flatMap { Language(acceptLanguage: $0) }
        var answer =
            ProblemDocument(
                problem: problem, requestID: record.id,
                language: asked ?? practice?.locale ?? .english, practice: practice
            ).answer
        answer.headers[.requestID] = record.id.text
        answer.headers.addSecurityHeaders()
        answer.headers[.connection] = "close"
        answer.headers[.contentLength] = String(answer.body.count)
        answer.headers[.date] = Date().imfFixdate
        head = HTTPResponseHead(
            version: .http1_1, status: .init(statusCode: answer.status.code),
            headers: HTTPHeaders(answer.headers.map { ($0.name.rawName, $0.value) }))
        body = request?.method == .HEAD ? nil : ByteBuffer(bytes: answer.body)
    }
}

extension HTTPHeaders {
    /// The value of a header that came exactly once.
    func only(_ name: String) -> String? {
        let values = self[name]
        return values.count == 1 ? values.first : nil
    }
}
