import Foundation
import Testing

@testable import Auth

extension TestService {
    /// A sign-in at the other practice, by a code to the mailbox.
    func signInElsewhere(_ person: Person) async throws -> String {
        let begun = try await login(person, key: foreignKey)
        try #require(begun.status == 201, "\(begun.text)")
        let id = try #require(try begun.json()["id"].string)
        let code = try await mail.code(of: begun.json()["code"], to: person.email)
        let answer = try await verify(id, code, key: foreignKey)
        try #require(answer.status == 200, "\(answer.text)")
        return try TokenPair(try answer.json()["tokens"]).access
    }

    func makeLinkingCode(
        _ token: String, idempotencyKey: String? = nil
    ) async throws -> HTTPAnswer {
        try await own(
            "POST", "/linking-codes", token: token, key: foreignKey,
            idempotencyKey: idempotencyKey)
    }

    /// A linking code from a new sign-in at the other practice.
    func linkingCode(of person: Person) async throws -> String {
        let made = try await makeLinkingCode(try await signInElsewhere(person))
        try #require(made.status == 201, "\(made.text)")
        return try #require(try made.json()["linking_code"].string)
    }

    func link(
        _ enrolment: String, _ code: String, username: String? = nil,
        idempotencyKey: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        var body: [String: JSON] = ["linking_code": .string(code)]
        body["username"] = username.map(JSON.string)
        return try await step(
            enrolment, "link", .object(body), idempotencyKey: idempotencyKey, instance: instance)
    }

    /// Somebody in the register, whose identity is proven.
    func enrolled() async throws -> (guest: Guest, enrolment: String) {
        let guest = try await guest()
        return (guest, try await proven(guest, try await invited(guest).token))
    }

    /// Somebody who has their account at both practices.
    func personOfBoth() async throws -> Person {
        let person = try await person(in: foreignKey)
        let guest = try await guest()
        let letter = try await letter(for: guest, way: "pin-desk")
        let enrolment = try await opened(try await invited(guest).token)
        let identity = try await step(enrolment, "identity", letter.body)
        try #require(identity.status == 200, "\(identity.text)")
        let joined = try await link(enrolment, try await linkingCode(of: person))
        try #require(joined.status == 200, "\(joined.text)")
        return person
    }
}
