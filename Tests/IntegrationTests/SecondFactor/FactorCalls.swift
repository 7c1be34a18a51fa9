import Cryptography
import Foundation
import Testing

@testable import Auth

extension TestService {
    /// A call of the signed-in patient.
    func account(
        _ method: String, _ path: String, _ token: String?, json: JSON? = nil,
        idempotencyKey: String? = nil, key: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await send(
            method, "/v1/account/\(path)", json: json, key: key, idempotencyKey: idempotencyKey,
            instance: instance,
            headers: token.map { [("Authorization", "Bearer \($0)")] } ?? [])
    }

    static let number = "+31612345678"

    func addPhone(
        _ token: String, _ number: String = number, key: String? = nil
    ) async throws -> HTTPAnswer {
        try await account(
            "POST", "factors", token, json: ["type": "sms", "number": .string(number)], key: key)
    }

    func activate(
        _ id: String, _ code: String, _ token: String, password: String = "Zomer-aan-Zee-42!",
        idempotencyKey: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await account(
            "POST", "factors/\(id)/activate", token,
            json: ["code": .string(code), "password": .string(password)],
            idempotencyKey: idempotencyKey, instance: instance)
    }

    /// A phone that is active; its id.
    func phone(_ token: String, _ number: String = number) async throws -> String {
        let added = try await addPhone(token, number)
        try #require(added.status == 201, "\(added.text)")
        let id = try #require(try added.json()["id"].string)
        let active = try await activate(
            id, try await mail.code(of: try added.json()["code"], to: number), token)
        try #require(active.status == 200, "\(active.text)")
        return id
    }

    /// An app that is active, and burnt the code of this moment.
    func app(_ token: String) async throws -> TestApp {
        let added = try await account("POST", "factors", token, json: ["type": "totp"])
        try #require(added.status == 201, "\(added.text)")
        let app = try TestApp(try added.json())
        let active = try await activate(app.id, app.code(), token)
        try #require(active.status == 200, "\(active.text)")
        return app
    }

    /// Forgets which codes an app has used.
    func renew(_ app: TestApp) async throws {
        try await database.execute(
            "update factor set last_step = last_step - 100 where factor_id = '\(app.id)'")
    }

    func factors(_ token: String) async throws -> JSON {
        let answer = try await account("GET", "factors", token)
        try #require(answer.status == 200, "\(answer.text)")
        return try answer.json()
    }

    /// A sign-in by the phone that a code goes to.
    func signInByPhone(
        _ person: Person, _ number: String = number
    ) async throws -> TokenPair {
        let started = try await login(person)
        try #require(started.status == 201, "\(started.text)")
        let id = try #require(try started.json()["id"].string)
        let done = try await verify(id, try await mail.code(of: started.json()["code"], to: number))
        try #require(done.status == 200, "\(done.text)")
        return try TokenPair(try done.json()["tokens"])
    }

    func signIn(_ person: Person, by app: TestApp) async throws -> TokenPair {
        try await renew(app)
        let started = try await login(person)
        try #require(started.status == 201, "\(started.text)")
        let done = try await verify(
            try #require(try started.json()["id"].string), app.code())
        try #require(done.status == 200, "\(done.text)")
        return try TokenPair(try done.json()["tokens"])
    }

    func recoveryCodes(_ token: String) async throws -> [String] {
        let made = try await account("POST", "recovery-codes", token)
        try #require(made.status == 201, "\(made.text)")
        return try made.json()["recovery_codes"].array.compactMap(\.string)
    }

    /// The mail in which the owner of an account is told of something.
    func told(_ words: String, _ person: Person) async throws -> RecordedMessage {
        try await message(to: person.email) { $0.text.contains(words) }
    }

    private func message(
        to address: String, where matches: @escaping @Sendable (RecordedMessage) -> Bool
    ) async throws -> RecordedMessage {
        @Sendable func found() -> RecordedMessage? {
            mail.messages.last { $0.to == address && matches($0) }
        }
        try await eventually(orElse: "no such message to \(address)") { found() != nil }
        return try #require(found())
    }
}

/// An authenticator app, as it was set up with what the answer showed.
struct TestApp: Sendable {
    let id: String
    let totp: TOTP

    init(_ answer: JSON) throws {
        id = try #require(answer["id"].string)
        let secret = try #require(answer["secret"].string)
        totp = TOTP(secret: Secret(try Self.bytes(secret)))
    }

    /// The code of this moment; one step further is right too.
    func code(_ offset: Int = 0) -> String {
        totp.code(at: TOTP.step(at: Date()) + offset)
    }

    /// Six digits that are none of the next or last ten minutes.
    func wrong() -> String {
        let step = TOTP.step(at: Date())
        let codes = Set((step - 25...step + 25).map { totp.code(at: $0) })
        var number = 111_111
        while codes.contains(String(number)) { number += 1 }
        return String(number)
    }

    /// Base 32 as RFC 4648 has it, read the slow way.
    private static func bytes(_ text: String) throws -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        let bits = try text.flatMap { letter in
            let value = try #require(alphabet.firstIndex(of: letter))
            return (0..<5).reversed().map { value >> $0 & 1 }
        }
        return stride(from: 0, to: bits.count - 7, by: 8).map { start in
            bits[start..<start + 8].reduce(0) { $0 << 1 | UInt8($1) }
        }
    }
}
