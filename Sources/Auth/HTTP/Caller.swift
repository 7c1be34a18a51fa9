import Foundation

/// The system that calls: a client of one practice, by one of its keys (Z-8).
struct Caller: Sendable {
    /// The client, which flows, sessions and codes belong to and which outlives its keys.
    let clientID: UUID
    /// What the client is called in its practice.
    let clientName: String
    /// The key that was shown with this request.
    let keyID: UUID
    /// The practice whose client it is.
    let practice: Practice
    /// What the key may do.
    let scopes: Set<Scope>

    /// Whether `X-Patient-IP` is believed from this caller (Z-12).
    var speaksForPatients: Bool { scopes.contains(.logins) || scopes.contains(.enrolments) }
}

/// Finds the caller that a key belongs to.
protocol APIKeyAuthenticator: Sendable {
    /// The caller, or nil for a key that is unknown, revoked or expired.
    ///
    /// `key` is what `X-API-Key` held: 1 to 256 visible ASCII characters.
    func caller(forKey key: String) async throws -> Caller?
}
