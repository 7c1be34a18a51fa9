import Cryptography
import Foundation
import Postgres

@testable import Auth

/// Values that many tests need and none is about.
enum Sample {
    static let id = UUID(uuidString: "8F14E45F-CEEA-467F-A8B1-0123456789AB") ?? UUID()

    /// One key, the same in every run, so that what was computed elsewhere can be compared.
    static func ring() throws -> KeyRing {
        try KeyRing(parsing: KeyRingTests.ring(current: "k1", [("k1", KeyRingTests.first)]))
    }

    /// The same after a rotation.
    static func rotatedRing() throws -> KeyRing {
        try KeyRing(
            parsing: KeyRingTests.ring(
                current: "k2", [("k1", KeyRingTests.first), ("k2", KeyRingTests.second)]))
    }

    static func practice(
        _ id: UUID = id, zone: String = "Europe/Amsterdam"
    ) -> Practice {
        Practice(
            id: id, name: "Huisartsenpraktijk De Linde", country: .netherlands,
            timeZone: TimeZone(identifier: zone) ?? .gmt, locale: .dutch,
            audience: "urn:practice:\(id.text)", portalOrigin: "https://portal.example",
            supportContact: "030 000 00 00", policy: Practice.Policy(of: .netherlands))
    }

    /// A session as a statement's row says it.
    static func session(
        authenticatedAt: Date, expiresAt: Date, patients: [UUID] = []
    ) throws -> OpenedSession {
        let patients = patients.map { "\"\($0.text)\"" }.joined(separator: ",")
        return try OpenedSession(
            Row(
                json: """
                    {"session_id": "\(id.text)", "account_id": "\(id.text)",
                     "subject": "\(UUID().text)", "steps": [],
                     "proofs": "[{\\"method\\":\\"pwd\\"},{\\"method\\":\\"email\\"}]",
                     "authenticated_at": "\(authenticatedAt.rfc3339)",
                     "session_expires_at": "\(expiresAt.rfc3339)",
                     "patients": [\(patients)], "identity_level": "none"}
                    """))
    }

    /// - Parameter text: RFC 3339, in UTC.
    static func instant(_ text: String) throws -> Date {
        try Date.ISO8601FormatStyle().parse(text)
    }
}
