import Cryptography
import Foundation
import Testing

@testable import Auth

extension TestService {
    /// Both tokens of a finished sign-in.
    struct TokenPair: Sendable {
        let access: String
        let refresh: String

        init(_ members: JSON) throws {
            access = try #require(members["access_token"].string)
            refresh = try #require(members["refresh_token"].string)
        }
    }

    func tokens(of person: Person, ip: String? = nil) async throws -> TokenPair {
        try TokenPair(try await signIn(person, ip: ip)["tokens"])
    }

    func refresh(
        _ token: String, key: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await send(
            "POST", "/v1/tokens/refresh", json: ["refresh_token": .string(token)], key: key,
            instance: instance)
    }

    func revoke(
        _ token: String, key: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await send(
            "POST", "/v1/tokens/revoke", json: ["token": .string(token)], key: key,
            instance: instance)
    }

    func introspect(
        _ token: String, key: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await send(
            "POST", "/v1/tokens/introspect", json: ["token": .string(token)], key: key,
            instance: instance)
    }

    /// Whether the service says that the token is in force; what it says of others is one body.
    func isActive(_ token: String, key: String? = nil, instance: Int = 0) async throws -> Bool {
        let answer = try await introspect(token, key: key, instance: instance)
        #expect(answer.status == 200)
        if try answer.json()["active"].bool == true { return true }
        #expect(answer.text == #"{"active":false}"#)
        return false
    }

    /// A key of this practice, of a new client, with only these scopes.
    func key(scopes: [Scope], in practice: UUID? = nil) async throws -> String {
        let practice = practice ?? self.practice
        let client = try await service.administration.createClient(
            practice: practice, name: "client-\(UUID().uuidString)")
        let key = try await service.administration.createKey(
            practice: practice, client: client, scopes: scopes.map(\.rawValue))
        return key.expose()
    }
}

/// The three parts of a signed token (RFC 7515 section 3.1).
struct SignedToken: Sendable {
    let header: JSON
    let claims: JSON
    let signature: [UInt8]
    /// What is signed.
    let input: String

    init(_ text: String) throws {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        try #require(parts.count == 3)
        header = try JSON(parsing: try #require(Base64URL.decode(parts[0])))
        claims = try JSON(parsing: try #require(Base64URL.decode(parts[1])))
        signature = try #require(Base64URL.decode(parts[2]))
        input = "\(parts[0]).\(parts[1])"
    }
}
