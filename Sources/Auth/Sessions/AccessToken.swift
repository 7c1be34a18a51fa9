import Foundation
import JWTKit

/// The claims of an access token: a profile of RFC 9068, signed with ES256 only (T1, T2).
///
/// It names people by ids that mean nothing outside the practice; no name, address or number (Z-6).
struct AccessToken: JWTPayload, Equatable {
    let iss: String
    /// The practice's audience; another practice's verifier refuses it.
    let aud: String
    let sub: String
    let clientID: String
    let iat: Int
    let exp: Int
    let jti: String
    /// The session; its end is seen by introspection at once, and here within ten minutes.
    let sid: String
    let authTime: Int
    let acr: String
    let amr: [String]
    let scope: String
    let practice: String
    let patients: [String]
    let identityLevel: String

    enum CodingKeys: String, CodingKey {
        case iss, aud, sub, iat, exp, jti, sid, acr, amr, scope, practice, patients
        case clientID = "client_id"
        case authTime = "auth_time"
        case identityLevel = "identity_level"
    }

    /// What a finished sign-in may do; an unfinished one does the steps that its scope names (Z-5).
    static let patientScope = "patient"

    init(
        session: OpenedSession, practice: Practice, client: UUID, issuer: String, id: UUID,
        now: Date
    ) {
        let issued = Int(now.timeIntervalSince1970)
        let isFinished = session.steps.isEmpty
        iss = issuer
        aud = isFinished ? practice.audience : issuer
        sub = session.subject.text
        clientID = client.text
        iat = issued
        exp = min(
            issued + SessionLimits.accessTokenSeconds,
            Int(session.expiresAt.timeIntervalSince1970))
        jti = id.text
        sid = session.sessionID.text
        authTime = Int(session.authenticatedAt.timeIntervalSince1970)
        acr = session.level.rawValue
        amr = session.assurance.amr
        scope =
            isFinished
            ? Self.patientScope : session.steps.map(\.rawValue).joined(separator: " ")
        self.practice = practice.id.text
        patients = isFinished ? session.patients.map(\.text) : []
        identityLevel = session.identityLevel
    }

    /// Nothing here: time, issuer and practice depend on who asks, and `SigningKeys` checks them.
    func verify(using algorithm: some JWTAlgorithm) throws {}
}
