import Cryptography
import Foundation
import Testing

@testable import Auth

extension TestService {
    func openLink(
        _ token: String, key: String? = nil, idempotencyKey: String? = nil
    ) async throws -> HTTPAnswer {
        try await send(
            "POST", "/v1/enrolments", json: ["invitation_token": .string(token)], key: key,
            idempotencyKey: idempotencyKey)
    }

    /// A new enrolment's id.
    func opened(_ token: String) async throws -> String {
        let answer = try await openLink(token)
        try #require(answer.status == 201, "\(answer.text)")
        return try #require(try answer.json()["id"].string)
    }

    func enrolment(_ id: String) async throws -> JSON {
        let answer = try await send("GET", "/v1/enrolments/\(id)")
        try #require(answer.status == 200, "\(answer.text)")
        return try answer.json()
    }

    /// Any step but the first.
    func step(
        _ id: String, _ name: String, _ body: JSON? = nil, key: String? = nil, ip: String? = nil,
        idempotencyKey: String? = nil, instance: Int = 0, token: String? = nil
    ) async throws -> HTTPAnswer {
        try await send(
            "POST", "/v1/enrolments/\(id)/\(name)", json: body, key: key, ip: ip,
            idempotencyKey: idempotencyKey, instance: instance,
            headers: token.map { [("Authorization", "Bearer \($0)")] } ?? [])
    }

    /// What the register knows of the sample patient.
    func details(of guest: Guest, _ changes: [String: JSON] = [:]) -> JSON {
        .object(
            [
                "email": .string(guest.email), "date_of_birth": "1987-05-03",
                "postcode": "3512 jc",
            ].merging(changes) { _, new in new })
    }

    static let profile: JSON = [
        "first_name": "Emma", "last_name": "Jansen", "password": "Zomer-aan-Zee-42!",
    ]

    /// An enrolment in which identity was proven by the second way.
    func proven(_ guest: Guest, _ token: String) async throws -> String {
        let id = try await opened(token)
        let number = mail.count(to: guest.email) + 1
        let identity = try await step(id, "identity", details(of: guest))
        try #require(identity.status == 200, "\(identity.text)")
        let fresh = LinkToken.text(in: try await mail.message(number, to: guest.email).text)
        let confirmed = try await step(id, "email-confirmation", ["token": .string(fresh)])
        try #require(confirmed.status == 200, "\(confirmed.text)")
        return id
    }

    /// One of which everything is there.
    func ready(_ guest: Guest, _ profile: JSON = profile) async throws -> String {
        let id = try await proven(guest, try await invited(guest).token)
        let given = try await step(id, "profile", profile)
        try #require(given.status == 200, "\(given.text)")
        return id
    }

    /// A customer number and a super-PIN as a practice has them made.
    func letter(for guest: Guest, way: String = "pin-post") async throws -> PrintedNumbers {
        let answer = try await makeSuperPIN(guest.patient, way: way)
        try #require(answer.status == 201, "\(answer.status)")
        let numbers = try answer.json()
        return PrintedNumbers(
            customerNumber: try #require(numbers["customer_number"].string),
            superPIN: try #require(numbers["super_pin"].string))
    }

    /// The same, read on the page that the practice prints and the patient holds.
    func printedLetter(for guest: Guest, way: String) async throws -> PrintedNumbers {
        let answer = try await makeSuperPIN(guest.patient, way: way, accept: "application/pdf")
        try #require(answer.status == 201, "\(answer.status)")
        let lines = try ReadLetter(answer.body).text.split(separator: "\n").map(String.init)
        return PrintedNumbers(
            customerNumber: try #require(lines.first { (try? CustomerNumber(typed: $0)) != nil }),
            superPIN: try #require(lines.first { (try? SuperPIN(typed: $0)) != nil }))
    }
}

/// What a practice's letter says.
struct PrintedNumbers: Sendable {
    let customerNumber: String
    let superPIN: String

    var body: JSON {
        ["customer_number": .string(customerNumber), "super_pin": .string(superPIN)]
    }
}
