import Cryptography
import Foundation
import Testing

@testable import Auth

extension TestService {
    static let staff = ("X-Acting-Staff", "a.dewit")

    /// Makes a customer number and an activation PIN, as a member of staff does.
    func makeSuperPIN(
        _ externalID: String, way: String? = nil, accept: String? = nil, key: String? = nil,
        idempotencyKey: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await send(
            "POST", "/v1/patients/\(externalID)/super-pin",
            json: way.map { ["way": .string($0)] }, key: key, idempotencyKey: idempotencyKey,
            instance: instance,
            headers: [Self.staff] + (accept.map { [("Accept", $0)] } ?? []))
    }

    /// The customer number of somebody in the register.
    func customerNumber(of person: Person) async throws -> String {
        let answer = try await makeSuperPIN("ext-\(person.username)")
        return try #require(try answer.json()["customer_number"].string)
    }

    /// Whether it is the PIN that the patient's row holds now.
    func holds(_ pin: String, _ externalID: String) async throws -> Bool {
        let row = try #require(
            try await database.rows(
                """
                select patient_id, encode(hash, 'hex'), practice_id
                from activation_pin
                join patient using (practice_id, patient_id)
                where external_id = '\(externalID)'
                """
            ).first)
        let patient = try #require(UUID(uuidString: row[0] ?? ""))
        let practice = try #require(UUID(uuidString: row[2] ?? ""))
        let hash = SealedSuperPIN(bytes: Hexadecimal.bytes(row[1] ?? ""))
        let hasher = SuperPINHasher(hasher: service.hasher, keys: service.keys)
        return try await hasher.verify(
            SuperPIN(typed: pin), of: ActivationPIN.owner(patient: patient), practice: practice,
            against: hash, turn: Turn(practice: practice, network: nil, kind: .unknown))
    }
}

private enum Hexadecimal {
    static func bytes(_ text: String) -> [UInt8] {
        let digits = Array(text)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
    }
}
