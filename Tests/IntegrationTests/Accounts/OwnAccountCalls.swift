import Foundation
import Testing

@testable import Auth

extension TestService {
    /// A call of `/v1/account` with a patient's access token.
    func own(
        _ method: String, _ path: String = "", _ json: JSON? = nil, token: String,
        key: String? = nil, idempotencyKey: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await send(
            method, "/v1/account\(path)", json: json, key: key, idempotencyKey: idempotencyKey,
            instance: instance, headers: [("Authorization", "Bearer \(token)")])
    }

    /// The account as its owner reads it.
    func account(_ token: String) async throws -> JSON {
        let answer = try await own("GET", token: token)
        try #require(answer.status == 200, "\(answer.text)")
        return try answer.json()
    }

    func changePassword(
        _ person: Person, to new: String, token: String, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await own(
            "PUT", "/password",
            ["current_password": .string(person.password), "new_password": .string(new)],
            token: token, instance: instance)
    }

    /// Asks for another mailbox; the code that went there.
    func askEmail(
        _ person: Person, _ address: String, token: String, idempotencyKey: String? = nil
    ) async throws -> String {
        let number = mail.count(to: address) + 1
        let answer = try await own(
            "PUT", "/email",
            ["email": .string(address), "password": .string(person.password)], token: token,
            idempotencyKey: idempotencyKey)
        try #require(answer.status == 202, "\(answer.text)")
        return try await mail.message(number, to: address).code
    }

    func askMobile(
        _ person: Person, _ number: String, token: String
    ) async throws -> HTTPAnswer {
        try await own(
            "PUT", "/mobile",
            ["number": .string(number), "password": .string(person.password)], token: token)
    }

    func type(
        _ code: String, _ kind: String = "email", token: String, key: String? = nil,
        idempotencyKey: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await own(
            "POST", "/\(kind)/verify", ["code": .string(code)], token: token, key: key,
            idempotencyKey: idempotencyKey, instance: instance)
    }

    func freeze(
        _ code: String, key: String? = nil, idempotencyKey: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await send(
            "POST", "/v1/account/freeze", json: ["code": .string(code)], key: key,
            idempotencyKey: idempotencyKey, instance: instance)
    }

    func id(of person: Person) async throws -> String {
        let rows = try await database.rows(
            "select account_id from contact where address = '\(person.email)'")
        return try #require(rows.first?.first ?? nil)
    }

    /// A Dutch mobile number that nobody else of these tests has.
    static func freshMobile() -> String { "+3161\(Int.random(in: 1_000_000...9_999_999))" }
}

extension RecordedMessage {
    /// What the link of a mail freezes the account with; empty where it has none.
    var freezeCode: String {
        message.text.firstMatch(of: /https:\/\/portal\.example\/not-me#code=(\S+)/).map {
            String($0.output.1)
        } ?? ""
    }
}
