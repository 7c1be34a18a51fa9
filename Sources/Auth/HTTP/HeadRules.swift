import NIOHTTP1

/// What a request's head must be for a second parser, in a proxy before us, to read the same
/// request (RFC 9112 section 11.2), and how large it may be.
struct HeadRules: Sendable {
    let limits: ServerLimits

    /// Why the request is refused before anybody reads it, or nil.
    func refusal(of head: HTTPRequestHead) -> Problem? {
        if head.uri.utf8.count > limits.targetBytes { return Problem(.targetTooLong) }
        if let problem = sizeRefusal(of: head.headers) { return problem }
        guard head.version == .http1_1 || head.version == .http1_0, hasOneHost(head),
            isFramedOnce(head)
        else { return Problem(.requestMalformed) }
        if head.method == .CONNECT { return Problem(.methodNotAllowed) }
        guard path(of: head) != nil else { return Problem(.requestMalformed) }
        let expectations = head.headers["expect"]
        guard expectations.allSatisfy({ $0.lowercased() == "100-continue" }) else {
            return Problem(.expectationFailed)
        }
        return nil
    }

    /// The target in origin form (RFC 9112 3.2.1), or nil where it has none.
    ///
    /// The absolute form is taken where it names the host that `Host` names.
    func path(of head: HTTPRequestHead) -> String? {
        if head.uri.utf8.first == UInt8(ascii: "/") { return head.uri }
        for scheme in ["http://", "https://"] where head.uri.lowercased().hasPrefix(scheme) {
            let rest = head.uri.dropFirst(scheme.count)
            let authority = rest.prefix { $0 != "/" && $0 != "?" }
            guard authority == head.headers["host"].first.map({ $0[...] }) else { return nil }
            let target = rest.dropFirst(authority.count)
            return target.first == "/" ? String(target) : "/" + target
        }
        return nil
    }

    private func sizeRefusal(of headers: HTTPHeaders) -> Problem? {
        guard headers.count <= limits.headerFields else { return Problem(.headersTooLarge) }
        var total = 0
        for (name, value) in headers {
            let bytes = name.utf8.count + value.utf8.count
            guard bytes <= limits.headerFieldBytes else { return Problem(.headersTooLarge) }
            total += bytes
        }
        return total <= limits.headerBytes ? nil : Problem(.headersTooLarge)
    }

    private func hasOneHost(_ head: HTTPRequestHead) -> Bool {
        let hosts = head.headers["host"]
        guard hosts.count == 1 else { return hosts.isEmpty && head.version == .http1_0 }
        return hosts.allSatisfy { host in
            host.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "/") }
        }
    }

    /// One length, in one form, written in the one way that nobody reads differently.
    private func isFramedOnce(_ head: HTTPRequestHead) -> Bool {
        let lengths = head.headers["content-length"]
        let codings = head.headers["transfer-encoding"]
        guard lengths.count <= 1, codings.count <= 1, lengths.isEmpty || codings.isEmpty else {
            return false
        }
        if let length = lengths.first {
            return (1...18).contains(length.utf8.count)
                && length.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        }
        guard let coding = codings.first else { return true }
        return head.version == .http1_1 && coding.lowercased() == "chunked"
    }
}

extension HTTPRequestHead {
    /// Bytes of the body as announced: 0 without one, nil where it is chunked.
    var announcedLength: Int? {
        if headers.contains(name: "transfer-encoding") { return nil }
        return headers["content-length"].first.map { Int($0) } ?? 0
    }
}
