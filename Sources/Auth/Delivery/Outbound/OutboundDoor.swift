import CCurl
import Foundation

/// The only way out of the service to a host that a practice names (Z-25).
///
/// https alone, to hosts that the operator allows; the address is checked at the moment of
/// connecting; no redirect is followed and no proxy variable read; an answer has at most 64 KiB and
/// everything together 5 seconds. libcurl blocks, so it runs on the door's own threads.
final class OutboundDoor: Sendable {
    /// Bytes of an answer's body, and of its headers.
    static let answerLimit = 64 * 1024
    /// Name look-up, connection and encryption.
    static let connectLimit = Duration.seconds(3)
    /// Everything together; stays below `Dispatcher.handOverLimit`.
    static let limit = Duration.seconds(5)

    private let hosts: Set<String>
    /// Trusted instead of the system's authorities, by tests: then loopback can be reached too.
    private let loopbackAuthorities: String?
    private let threads: BlockingThreads

    /// - Parameter threads: requests at the same time; the dispatcher's workers.
    init(_ settings: ServiceConfiguration.Outbound, threads: Int) {
        hosts = Set(settings.hosts.map { $0.lowercased() })
        loopbackAuthorities = settings.loopbackAuthorities
        self.threads = BlockingThreads(count: threads, name: "outbound")
        CurlLibrary.start()
    }

    deinit {
        threads.stop()
    }

    /// Whether the operator lets requests go to the URL's host and port.
    func allows(_ url: OutboundURL) -> Bool {
        hosts.contains(url.authority)
    }

    /// Sends the request; every status is an answer, a redirect too.
    ///
    /// - Throws: what kept an answer from coming; never a word of the far side.
    func send(_ request: OutboundRequest) async throws(OutboundFault) -> OutboundAnswer {
        guard allows(request.url) else { throw .hostNotAllowed }
        let lines = request.headers.map { "\($0.name): \($0.value)" }
        guard lines.allSatisfy(OutboundRequest.isHeaderLine) else { throw .headerMalformed }
        let authorities = loopbackAuthorities
        return try await threads.run {
            Self.perform(request, headers: lines, loopbackAuthorities: authorities)
        }.get()
    }

    /// One request; blocks.
    private static func perform(
        _ request: OutboundRequest, headers: [String], loopbackAuthorities: String?
    ) -> Result<OutboundAnswer, OutboundFault> {
        var lines = headers.map { strdup($0) }
        defer { for line in lines { free(line) } }
        var answer = [UInt8](repeating: 0, count: answerLimit)
        // The array keeps its storage only while it is lent, so the request is made inside.
        let result = lines.withUnsafeMutableBufferPointer { lines in
            lines.withMemoryRebound(to: UnsafePointer<CChar>?.self) { lines in
                request.url.text.withCString { url in
                    request.method.rawValue.withCString { method in
                        withOptionalCString(loopbackAuthorities) { authorities in
                            request.body.withUnsafeBufferPointer { body in
                                var call = ccurl_https_request(
                                    url: url, method: method, headers: lines.baseAddress,
                                    header_count: lines.count, body: body.baseAddress,
                                    body_length: body.count, ca_file: authorities,
                                    allows_loopback: authorities == nil ? 0 : 1,
                                    connect_timeout_ms: Int(connectLimit.seconds * 1000),
                                    timeout_ms: Int(limit.seconds * 1000))
                                return ccurl_https_send(&call, &answer, answer.count)
                            }
                        }
                    }
                }
            }
        }
        if let fault = OutboundFault(result.outcome) { return .failure(fault) }
        return .success(
            OutboundAnswer(
                status: result.status, body: Array(answer.prefix(result.length)),
                retryAfter: result.retry_after_seconds > 0
                    ? .seconds(result.retry_after_seconds) : nil))
    }
}

/// Starts libcurl, once in a process, before several threads use it.
enum CurlLibrary {
    private static let started: Void = ccurl_start()

    static func start() { _ = started }
}

/// Lends a text to C, or a null pointer where there is none.
func withOptionalCString<Result>(
    _ text: String?, _ body: (UnsafePointer<CChar>?) -> Result
) -> Result {
    guard let text else { return body(nil) }
    return text.withCString { body($0) }
}
