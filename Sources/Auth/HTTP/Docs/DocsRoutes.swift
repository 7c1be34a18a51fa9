import Cryptography
import Foundation
import HTTPTypes

/// The contract as a file and as a page; both are made once a process and served from memory.
struct DocsRoutes: Sendable {
    private let file: ServedFile

    init() throws { file = try Self.contractFile.get() }

    private static let contractFile = Result {
        ServedFile(
            bytes: try Contract.shippedBytes(), contentType: "application/yaml", policy: nil)
    }

    /// Made when somebody asks for it first, on a thread of its own: it takes longer than a start or
    /// any other answer may wait. A task that belongs to no request, so that the one who gives up does
    /// not end it for the others.
    private static let page = Task {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    returning: Result { ServedFile(page: ReferencePage(contract: try .shipped())) })
            }
        }
    }

    func add(to endpoints: Endpoints) {
        endpoints.get(public: "/openapi.yaml") { [file] in file.answer(to: $0) }
        endpoints.get(public: "/docs") { try await Self.page.value.get().answer(to: $0) }
        // Where people look first who have nothing but the address.
        endpoints.get(public: "/") { _ in Self.seeOther("/docs") }
        endpoints.get(public: "/problems") { _ in Self.seeOther("/docs#problems") }
    }

    private static func seeOther(_ place: String) -> Answer {
        Answer(status: .seeOther, headers: [.location: place])
    }
}

private struct ServedFile: Sendable {
    let bytes: [UInt8]
    let contentType: String
    let policy: String?
    let tag: String

    init(page: ReferencePage) {
        self.init(
            bytes: Array(page.html.utf8), contentType: "text/html; charset=utf-8",
            policy: Self.pagePolicy)
    }

    init(bytes: [UInt8], contentType: String, policy: String?) {
        self.bytes = bytes
        self.contentType = contentType
        self.policy = policy
        let digits = SHA256.hash(bytes).prefix(16)
            .flatMap { [String($0 >> 4, radix: 16), String($0 & 15, radix: 16)] }
        tag = "\"\(digits.joined())\""
    }

    /// The page's one style sheet and nothing else.
    private static var pagePolicy: String {
        let hash = Data(SHA256.hash(ReferenceStyle.css.utf8)).base64EncodedString()
        return "default-src 'none'; style-src 'sha256-\(hash)'; base-uri 'none'; "
            + "form-action 'none'; frame-ancestors 'none'"
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
