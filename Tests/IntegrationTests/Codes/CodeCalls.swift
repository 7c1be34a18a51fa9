import Foundation
import Testing

@testable import Auth

/// What another system of the practice does with codes.
extension TestService {
    /// A code that was sent, as its caller and its receiver see it.
    struct Issued: Sendable {
        let id: String
        let digits: String
        let answer: JSON
    }

    func issueAnswer(
        to: String, purpose: String = "pick-up", extra: [String: JSON] = [:], key: String? = nil,
        ip: String? = nil, idempotencyKey: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        var body: [String: JSON] = [
            "channel": to.contains("@") ? "email" : "sms", "to": .string(to),
            "purpose": .string(purpose),
        ]
        for (name, value) in extra { body[name] = value }
        return try await send(
            "POST", "/v1/codes", json: .object(body), key: key, ip: ip,
            idempotencyKey: idempotencyKey, instance: instance)
    }

    /// - Parameter address: where it arrives; `to` for what is typed as it is kept.
    func issue(
        to: String, address: String? = nil, purpose: String = "pick-up",
        extra: [String: JSON] = [:], key: String? = nil, instance: Int = 0
    ) async throws -> Issued {
        let answer = try await issueAnswer(
            to: to, purpose: purpose, extra: extra, key: key, instance: instance)
        try #require(answer.status == 201, "\(answer.text)")
        return try await issued(try answer.json(), at: address ?? to)
    }

    func resend(
        _ id: String, channel: String? = nil, key: String? = nil, idempotencyKey: String? = nil
    ) async throws -> HTTPAnswer {
        try await send(
            "POST", "/v1/codes/\(id)/resend",
            json: channel.map { ["channel": .string($0)] }, key: key,
            idempotencyKey: idempotencyKey)
    }

    func issued(_ answer: JSON, at address: String) async throws -> Issued {
        Issued(
            id: try #require(answer["id"].string),
            digits: try await mail.code(of: answer, to: address), answer: answer)
    }

    func check(
        _ id: String, _ code: String, key: String? = nil, idempotencyKey: String? = nil,
        instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await send(
            "POST", "/v1/codes/\(id)/verify", json: ["code": .string(code)], key: key,
            idempotencyKey: idempotencyKey, instance: instance)
    }

    /// An address that no other test uses.
    static func freshAddress() -> String {
        "c\(UUID().uuidString.lowercased().prefix(12))@example.nl"
    }

    /// Digits of the same number that are not the code.
    static func wrongDigits(_ code: String, _ offset: Int = 1) -> String {
        let size = (0..<code.count).reduce(1) { size, _ in size * 10 }
        let digits = String(((Int(code) ?? 0) + offset) % size)
        return String(repeating: "0", count: code.count - digits.count) + digits
    }
}
