import Foundation
import Testing

@testable import Auth

/// Equal requests at the same time, on two instances, have one effect.
@Suite(.serialized) struct IdempotencyRaceTests {
    private static var two: TestService.Settings {
        var settings = TestService.Settings()
        settings.instances = 2
        return settings
    }

    @Test func `of four equal logins one begins, and all get it`() async throws {
        try await TestService.run(Self.two) { service in
            let person = try await service.person()
            // Each is a try until its password turns out right, and five are free.
            let answers = try await parallel(4) { number in
                try await service.login(person, idempotencyKey: "key-1", instance: number)
            }
            #expect(answers.allSatisfy { $0.status == 201 })
            #expect(Set(try answers.map { try $0.json()["id"].string }).count == 1)
            #expect(try await service.database.count("login", where: "true") == 1)
            #expect(try await service.database.count("message", where: "true") == 1)
            _ = try await service.mail.message(to: person.email)
            #expect(service.mail.count(to: person.email) == 1)
        }
    }

    @Test func `of ten equal right codes one signs in, and all get its tokens`() async throws {
        try await TestService.run(Self.two) { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            let answers = try await parallel(10) { number in
                try await service.verify(
                    login.id, login.code, idempotencyKey: "key-1", instance: number)
            }
            #expect(answers.allSatisfy { $0.status == 200 })
            let refresh = try answers.map { try $0.json()["tokens"]["refresh_token"].string }
            #expect(Set(refresh).count == 1)
            #expect(try await service.database.count("session", where: "true") == 1)
        }
    }

    @Test func `of ten equal wrong codes one is compared`() async throws {
        try await TestService.run(Self.two) { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            let answers = try await parallel(10) { number in
                try await service.verify(
                    login.id, TestService.wrong(login.code), idempotencyKey: "key-1",
                    instance: number)
            }
            #expect(answers.allSatisfy { $0.problem == "code-incorrect" })
            #expect(Set(try answers.map { try $0.json()["attempts_left"].int }) == [4])
            #expect(try await service.verify(login.id, login.code).status == 200)
        }
    }

    @Test func `of ten equal resends one is sent, and all get its reference`() async throws {
        try await TestService.run(Self.two) { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            try await service.travel(31)
            let answers = try await parallel(10) { number in
                try await service.send(
                    "POST", "/v1/logins/\(login.id)/codes", idempotencyKey: "key-1",
                    instance: number)
            }
            #expect(answers.allSatisfy { $0.status == 201 })
            #expect(Set(try answers.map { try $0.json()["id"].string }).count == 1)
            #expect(try await service.database.count("code", where: "true") == 2)
        }
    }
}
