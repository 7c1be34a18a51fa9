import Cryptography
import Foundation
import Testing

@testable import Auth

/// People sign in with the password of an earlier system, and from then on with our own hash of it
/// (SU-4).
@Suite struct ImportedHashTests {
    private static let password = "Blåbærsyltetøy 🫐"

    /// One of each form; what made them stands at `PasswordHashTests`.
    static let forms = [
        "$2b$10$abcdefghijklmnopqrstuuT9G0GgTDXBK7yVBlMG0hFKeHNfjhTja",
        "$argon2id$v=19$m=19456,t=3,p=4$MDEyMzQ1Njc4OWFiY2RlZg"
            + "$LStXsPDc84F6EbZMCL+QO3g8PaDM3jaz06WWFqcCbDw",
        "$argon2i$v=19$m=19456,t=3,p=4$MDEyMzQ1Njc4OWFiY2RlZg"
            + "$h5gnyBPK2Q/5cbSva8s6MZd4bewuOMSWp2A8ngq+ukg",
        "$pbkdf2-sha256$100000$MDEyMzQ1Njc4OWFiY2RlZg"
            + "$Yh7nG0a0aS9MbIgaZQYkcb4ueaW0BR3.yAJniX92fO0",
        "pbkdf2_sha256$260000$seasalt12345$pz+/MRFpRH8e+c6fAlg5zlY4+p3wR0sDBOL+m2dMtU8=",
        "AQAAAAIAAYagAAAAEAABAgMEBQYHCAkKCwwNDg/oPJmMXBDzLvgHvknspw/q1PvW1W7PoavI2psM1F7d7A==",
        "$scrypt$ln=14,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg"
            + "$GwEjKXtOCCn2ZSODGUttxotO1f5j7uzvdgFFpmvO498",
        "$7$C6..../....QXTqT438UHGxrh2Gr5N05npXQCkG1G2vkUGshiCexf3"
            + "$YH9H/JnERvY5NSz6FP9w.l5K4IYtVe5YRdi9wl5uyK0",
    ]

    /// The hash that stands for a person now.
    private func stored(_ person: Person, _ service: TestService) async throws -> String {
        let account = try await service.accountID(person)
        let sealed = try await service.database.value(
            "select encode(password, 'hex') from account where account_id = '\(account)'")
        let hex = Array(try #require(sealed))
        let bytes = stride(from: 0, to: hex.count, by: 2).compactMap {
            UInt8(String(hex[$0...$0 + 1]), radix: 16)
        }
        return try SealedPassword(bytes: bytes).open(
            account: try #require(UUID(uuidString: account)), keys: service.service.keys)
    }

    private func person(_ hash: String, _ service: TestService) async throws -> Person {
        var person = try await service.person(extra: ["password_hash": .string(hash)])
        person.password = Self.password
        return person
    }

    @Test(arguments: forms)
    func `whoever has one signs in, and the next time with ours`(form: String) async throws {
        try await TestService.run { service in
            let person = try await person(form, service)
            let wrong = try await service.login(person, password: Self.password + "x")
            #expect(wrong.problem == "login-refused")
            #expect(try await stored(person, service) == form)
            let since = try await service.database.value("select password_changed_at from account")
            #expect(try await service.signIn(person)["status"] == "done")
            let ours = try await stored(person, service)
            #expect(ours.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
            #expect(
                try await service.database.value("select password_changed_at from account")
                    == since)
            // The second time there is nothing to do.
            #expect(try await service.signIn(person)["status"] == "done")
            #expect(try await stored(person, service) == ours)
            let late = try await service.login(person, password: Self.password + "x")
            #expect(late.problem == "login-refused")
        }
    }

    @Test func `of sign-ins at the same time each goes on`() async throws {
        try await TestService.run { service in
            let person = try await person(Self.forms[0], service)
            let answers = try await withThrowingTaskGroup(of: HTTPAnswer.self) { group in
                for _ in 0..<4 { group.addTask { try await service.login(person) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for answer in answers { #expect(answer.status == 201, "\(answer.text)") }
            #expect(try await stored(person, service).hasPrefix("$argon2id$"))
        }
    }

    @Test func `what bcrypt did not read becomes no part of a password`() async throws {
        try await TestService.run { service in
            // Of 72 times the letter; see `PasswordHashTests`.
            let hash = "$2b$10$abcdefghijklmnopqrstuuiYfj.JCH/8Hff5KmeyaPABzfEqwvS.a"
            var person = try await person(hash, service)
            person.password = String(repeating: "a", count: 73)
            _ = try await service.signIn(person)
            #expect(try await stored(person, service) == hash)
            person.password.removeLast()
            _ = try await service.signIn(person)
            #expect(try await stored(person, service).hasPrefix("$argon2id$"))
        }
    }
}
