import Cryptography
import Foundation
import Testing

@testable import Auth

extension TestService {
    /// A call on behalf of a signed-in patient.
    func own(
        _ method: String, _ path: String, token: String, json: JSON? = nil, key: String? = nil,
        accept: String? = nil, idempotencyKey: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await send(
            method, "/v1/account\(path)", json: json, key: key, idempotencyKey: idempotencyKey,
            instance: instance,
            headers: [("Authorization", "Bearer \(token)")]
                + (accept.map { [("Accept", $0)] } ?? []))
    }

    func makeOwnSuperPIN(
        _ token: String, accept: String? = nil, idempotencyKey: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await own(
            "POST", "/super-pin", token: token, accept: accept, idempotencyKey: idempotencyKey,
            instance: instance)
    }

    func activateOwnSuperPIN(
        _ token: String, saved: Bool = true, password: String = "Zomer-aan-Zee-42!",
        idempotencyKey: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await own(
            "POST", "/super-pin/activate", token: token,
            json: ["saved": .bool(saved), "password": .string(password)],
            idempotencyKey: idempotencyKey, instance: instance)
    }

    /// The access token of a sign-in.
    func token(_ person: Person) async throws -> String {
        try #require(try await signIn(person)["tokens"]["access_token"].string)
    }

    /// What became of the account's super-PINs, in the order in which they were made: `pending`,
    /// `active` or `over`, and whether it is the one that is asked about.
    func ownPINs(_ pin: String) async throws -> [String] {
        let rows = try await database.rows(
            """
            select pin_id, practice_id, encode(hash, 'hex'),
                   case
                       when ended_at is not null then 'over'
                       when activated_at is null then 'pending'
                       else 'active'
                   end
            from recovery_pin
            order by created_at, pin_id
            """)
        let hasher = SuperPINHasher(hasher: service.hasher, keys: service.keys)
        var states: [String] = []
        for row in rows {
            let id = try #require(UUID(uuidString: row[0] ?? ""))
            let practice = try #require(UUID(uuidString: row[1] ?? ""))
            let digits = Array(row[2] ?? "")
            let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
                UInt8(String(digits[$0...$0 + 1]), radix: 16)
            }
            let isIt = try await hasher.verify(
                SuperPIN(typed: pin), of: RecoveryPIN.owner(pin: id), practice: practice,
                against: SealedSuperPIN(bytes: bytes),
                turn: Turn(practice: practice, network: nil, kind: .unknown))
            states.append((row[3] ?? "") + (isIt ? " it" : ""))
        }
        return states
    }
}
