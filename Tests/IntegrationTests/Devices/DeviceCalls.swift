import Foundation
import Testing

@testable import Auth

extension TestService {
    /// Somebody at a practice that has devices remembered, signed in.
    func rememberer() async throws -> (person: Person, tokens: TokenPair) {
        try await setPolicy(["remembered_device": true])
        let person = try await person()
        return (person, try await tokens(of: person))
    }

    func rememberDevice(
        _ token: String, called name: String? = nil, idempotencyKey: String? = nil
    ) async throws -> HTTPAnswer {
        var members: [String: JSON] = [:]
        members["device"] = name.map(JSON.string)
        return try await own(
            "POST", "/devices", .object(members), token: token, idempotencyKey: idempotencyKey)
    }

    /// The token of a device that is remembered now.
    func deviceToken(_ token: String, called name: String? = nil) async throws -> String {
        let answer = try await rememberDevice(token, called: name)
        try #require(answer.status == 201, "\(answer.text)")
        return try #require(try answer.json()["device_token"].string)
    }

    /// Whether a sign-in with the token needs no code.
    func isRemembered(
        _ person: Person, _ deviceToken: String, key: String? = nil
    ) async throws -> Bool {
        let answer = try await login(person, key: key, deviceToken: deviceToken)
        try #require(answer.status == 201, "\(answer.text)")
        return try answer.json()["status"] == "done"
    }
}
