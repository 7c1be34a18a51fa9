import Foundation
import Testing

@testable import Auth

extension TestService {
    func invite(
        _ patient: String, key: String? = nil, idempotencyKey: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await send(
            "POST", "/v1/invitations", json: ["patient": .string(patient)], key: key,
            idempotencyKey: idempotencyKey, instance: instance)
    }

    func invitation(_ id: String, key: String? = nil) async throws -> JSON {
        let answer = try await send("GET", "/v1/invitations/\(id)", key: key)
        try #require(answer.status == 200, "\(answer.text)")
        return try answer.json()
    }

    func resendInvitation(
        _ id: String, idempotencyKey: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await send(
            "POST", "/v1/invitations/\(id)/resend", idempotencyKey: idempotencyKey,
            instance: instance)
    }

    func reactivate(
        _ patient: String, key: String? = nil, idempotencyKey: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await send(
            "POST", "/v1/patients/\(patient)/reactivation", key: key,
            idempotencyKey: idempotencyKey, instance: instance)
    }

    /// An entry of the register with an address of its own.
    func guest(
        _ changes: [String: JSON] = [:], of details: JSON = PatientSample.emma, key: String? = nil
    ) async throws -> Guest {
        let patient = "P-\(UUID().uuidString.prefix(8).lowercased())"
        let guest = Guest(patient: patient, email: "\(patient.lowercased())@example.nl")
        let all = ["email": .string(guest.email)].merging(changes) { _, new in new }
        let answer = try await putPatient(
            patient, PatientSample.with(all, of: details), key: key)
        try #require(answer.status == 201, "\(answer.text)")
        return guest
    }

    /// Invites somebody; the invitation's id and the token of its mail.
    func invited(_ guest: Guest) async throws -> (id: String, token: String) {
        let number = mail.count(to: guest.email) + 1
        let answer = try await invite(guest.patient)
        try #require(answer.status == 201, "\(answer.text)")
        let id = try #require(try answer.json()["id"].string)
        return (id, LinkToken.text(in: try await mail.message(number, to: guest.email).text))
    }
}

/// Somebody in the register who has no account.
struct Guest: Sendable {
    let patient: String
    let email: String
}

extension LinkToken {
    /// The token in a mail's link; empty where there is none.
    static func text(in mail: String) -> String {
        guard let match = mail.firstMatch(of: /https:\/\/portal\.example\/[a-z-]+#token=(\S+)/)
        else { return "" }
        return String(match.1)
    }
}
