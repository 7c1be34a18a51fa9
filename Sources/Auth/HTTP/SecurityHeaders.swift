import HTTPTypes

/// Content-Security-Policy values.
enum ContentPolicy {
    /// For data: a browser that shows it loads and runs nothing, and nobody frames it.
    static let data = "default-src 'none'; frame-ancestors 'none'"
    /// For our plain pages: their own style sheet in the page, nothing else, no script.
    static let page =
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; "
        + "base-uri 'none'; form-action 'none'"
}

extension HTTPFields {
    /// Adds what every answer carries (H4), leaving what a route has set for itself.
    mutating func addSecurityHeaders() {
        for (name, value) in Self.securityHeaders where self[name] == nil { self[name] = value }
    }

    private static let securityHeaders: [(HTTPField.Name, String)] = [
        (.cacheControl, "no-store"),
        (.xContentTypeOptions, "nosniff"),
        (.contentSecurityPolicy, ContentPolicy.data),
        // Two years; TLS ends at the proxy in front, which passes the header on.
        (.strictTransportSecurity, "max-age=63072000; includeSubDomains"),
        (.referrerPolicy, "no-referrer"),
    ]
}

extension HTTPField.Name {
    /// Names that are constants and known to be valid, so that no code needs to unwrap them.
    private static func known(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("not a token: \(name)") }
        return field
    }

    static let apiKey = known("X-API-Key")
    static let requestID = known("X-Request-Id")
    static let patientIP = known("X-Patient-IP")
    static let actingStaff = known("X-Acting-Staff")
    static let idempotencyKey = known("Idempotency-Key")
    static let traceparent = known("traceparent")
    static let referrerPolicy = known("Referrer-Policy")
}
