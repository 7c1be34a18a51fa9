import Cryptography
import Foundation
import Testing

@testable import Auth

/// Parallel requests of recoveries against two instances.
@Suite(.serialized) struct RecoveryRaceTests {
    @Test func `of twenty changes one is made`() async throws {
        try await TestService.run(CodeRaceTests.two) { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            let one = try await service.provenRecovery(person, pin)
            let other = try await service.provenRecovery(person, pin)
            let answers = try await parallel(20) { number in
                try await service.setPassword(
                    number % 2 == 0 ? one : other, "Zomer-op-Zolder-\(number + 10)!",
                    instance: number)
            }
            #expect(answers.count { $0.status == 200 } == 1)
            #expect(
                answers.allSatisfy {
                    $0.status == 200 || $0.problem == "recovery-ended" || $0.status == 503
                })
            #expect(
                try await service.database.count(
                    "audit", where: "event = 'recovery-completed' and result = 'done'") == 1)
        }
    }

    @Test func `of twenty right codes one is a proof`() async throws {
        try await TestService.run(CodeRaceTests.two) { service in
            let person = try await service.person()
            let id = try await service.recovery(person.identifier)
            let code = try await service.recoveryCode(id, to: person.email)
            let answers = try await parallel(20) { number in
                try await service.recover(
                    id, "verify", ["code": .string(code)], instance: number)
            }
            #expect(answers.count { $0.status == 200 } == 1)
            #expect(
                try await service.database.value("select jsonb_array_length(proofs) from recovery")
                    == "1")
        }
    }

    @Test func `of twenty uses of a desk code one is a proof`() async throws {
        try await TestService.run(CodeRaceTests.two) { service in
            let person = try await service.person()
            let code = try #require(
                try await service.deskCode(person).json()["desk_code"].string)
            let one = try await service.recovery(person.identifier, ip: "10.7.0.1")
            let other = try await service.recovery(person.identifier, ip: "10.7.0.2")
            let answers = try await parallel(10) { number in
                try await service.recover(
                    number % 2 == 0 ? one : other, "verify", ["desk_code": .string(code)],
                    ip: "10.7.1.\(number)", instance: number)
            }
            #expect(answers.count { $0.status == 200 } == 1)
        }
    }

    @Test func `of twenty wrong super-PINs ten are compared`() async throws {
        try await TestService.run(CodeRaceTests.two) { service in
            let person = try await service.person()
            _ = try await service.ownSuperPIN(person)
            let id = try await service.recovery(person.identifier)
            try await service.proveContact(id, to: person.email)
            _ = try await parallel(20) { number in
                try await service.recover(
                    id, "verify", ["super_pin": .string(SuperPIN.random().printed.expose())],
                    instance: number)
            }
            #expect(
                try await service.database.value("select tries_left from recovery_pin") == "0")
            #expect(
                try await service.database.count("recovery_pin", where: "ended_at is null") == 0)
        }
    }
}
