import Foundation
import Testing

@testable import Auth

/// The claims of an access token (Z-6, T2).
@Suite struct AccessTokenTests {
    let start: Date

    init() throws { start = try Sample.instant("2026-09-01T11:50:00Z") }

    private func token(
        now: Date, expiresAt: Date, patients: [UUID] = []
    ) throws -> AccessToken {
        AccessToken(
            session: try Sample.session(
                authenticatedAt: start, expiresAt: expiresAt, patients: patients),
            practice: Sample.practice(), client: Sample.id, issuer: "https://auth.example",
            id: UUID(), now: now)
    }

    @Test func `it lives ten minutes`() throws {
        let token = try token(now: start + 60.9, expiresAt: start + 86_400)
        #expect(token.iat == Int(start.timeIntervalSince1970) + 60)
        #expect(token.exp == token.iat + 600)
        #expect(token.authTime == Int(start.timeIntervalSince1970))
    }

    @Test func `it never outlives its session`() throws {
        let token = try token(now: start + 86_100, expiresAt: start + 86_400)
        #expect(token.exp == Int(start.timeIntervalSince1970) + 86_400)
    }

    @Test func `it names the practice, its audience and ids, and no person`() throws {
        let patients = [UUID(), UUID()]
        let token = try token(now: start, expiresAt: start + 86_400, patients: patients)
        let data = try JSONEncoder().encode(token)
        let claims = try #require(
            try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let names = [
            "iss", "aud", "sub", "client_id", "iat", "exp", "jti", "sid", "auth_time", "acr", "amr",
            "scope", "practice", "patients", "identity_level",
        ]
        #expect(Set(claims.keys) == Set(names))
        #expect(claims["aud"] as? String == Sample.practice().audience)
        #expect(claims["practice"] as? String == Sample.id.text)
        #expect(claims["patients"] as? [String] == patients.map(\.text))
        #expect(claims["scope"] as? String == "patient")
    }
}
