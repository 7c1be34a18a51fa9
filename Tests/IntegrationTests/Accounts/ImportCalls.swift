import Cryptography
import Foundation
import Testing

@testable import Auth

extension TestService {
    /// Sends a text as it stands: lines of an import, good or broken.
    func importText(_ text: String, key: String? = nil, instance: Int = 0) async throws
        -> HTTPAnswer
    {
        try await instances[instance].send(
            "POST", "/v1/accounts/import",
            headers: [("X-API-Key", key ?? self.key), ("Content-Type", "application/x-ndjson")],
            body: Array(text.utf8), within: .seconds(60))
    }

    /// The result of an import of one line.
    func importLine(_ line: [String: JSON], key: String? = nil) async throws -> JSON {
        let answer = try await importLines([.object(line)], key: key)
        try #require(answer.status == 200, "\(answer.text)")
        return try answer.json()["results"][0]
    }
}

/// What an import's lines are made of.
enum AccountLine {
    static let password = "Zomer-aan-Zee-42!"

    /// A name that no other test uses.
    static func name() -> String {
        "p" + SecureRandom.uuid().text.replacing("-", with: "").prefix(15)
    }

    /// A line with a username, a vouched-for address and a hash; `changes` replaces fields, and an
    /// absent value takes one out.
    static func with(_ changes: [String: JSON] = [:], name: String = name()) throws -> [String:
        JSON]
    {
        let line: [String: JSON] = [
            "username": .string(name), "email": .string("\(name)@example.nl"),
            "email_confirmed": true, "first_name": "Anna", "last_name": "Jansen", "locale": "nl",
            "password_hash": .string(try TestKeys.hash(of: password)),
        ]
        return line.merging(changes) { _, new in new }.filter { !$0.value.isAbsent }
    }

    /// Somebody who can sign in by what is typed.
    static func person(_ identifier: String, name: String) -> Person {
        Person(
            identifier: identifier, email: "\(name)@example.nl", username: name,
            password: password)
    }
}
