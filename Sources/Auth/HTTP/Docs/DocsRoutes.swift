import Cryptography
import Foundation
import HTTPTypes

/// The contract as a file and as a page; both are made once a process and served from memory.
struct DocsRoutes: Sendable {
    private let documents: Documents

    init() throws { documents = try Self.made.get() }

    private static let made = Result { Documents(try Contract.shipped()) }

    func add(to endpoints: Endpoints) {
        endpoints.get(public: "/openapi.yaml") { [documents] in documents.file.answer(to: $0) }
        endpoints.get(public: "/docs") { [documents] in documents.page.answer(to: $0) }
        // Where people look first who have nothing but the address.
        endpoints.get(public: "/") { _ in Self.seeOther("/docs") }
        endpoints.get(public: "/problems") { _ in Self.seeOther("/docs#problems") }
    }

    private static func seeOther(_ place: String) -> Answer {
        Answer(status: .seeOther, headers: [.location: place])
    }
}

private struct Documents: Sendable {
    let file: Document
    let page: Document

    init(_ contract: Contract) {
        file = Document(bytes: contract.bytes, contentType: "application/yaml", policy: nil)
        page = Document(
            bytes: Array(ReferencePage(contract: contract).html.utf8),
            contentType: "text/html; charset=utf-8", policy: Self.policy)
    }

    /// The page's one style sheet and nothing else.
    private static var policy: String {
        let hash = Data(SHA256.hash(ReferenceStyle.css.utf8)).base64EncodedString()
        return "default-src 'none'; style-src 'sha256-\(hash)'; base-uri 'none'; "
            + "form-action 'none'; frame-ancestors 'none'"
    }

    struct Document: Sendable {
        let bytes: [UInt8]
        let contentType: String
        let policy: String?
        let tag: String

        init(bytes: [UInt8], contentType: String, policy: String?) {
            self.bytes = bytes
            self.contentType = contentType
            self.policy = policy
            let digits = SHA256.hash(bytes).prefix(16)
                .flatMap { [String($0 >> 4, radix: 16), String($0 & 15, radix: 16)] }
            tag = "\"\(digits.joined())\""
        }

        func answer(to context: AuthRequestContext) -> Answer {
            var headers: HTTPFields = [.eTag: tag, .cacheControl: "no-cache"]
            if let policy { headers[.contentSecurityPolicy] = policy }
            guard !isKnown(context.ifNoneMatch) else {
                return Answer(status: .notModified, headers: headers)
            }
            return .bytes(bytes, contentType: contentType, headers: headers)
        }

        /// Weak comparison, as If-None-Match asks (RFC 9110 13.1.2).
        private func isKnown(_ header: String?) -> Bool {
            guard let header else { return false }
            let tags = header.split(separator: ",").map { $0.trimmingSpaces }
            return tags.contains { $0 == "*" || $0 == tag || $0 == "W/" + tag }
        }
    }
}
