import Foundation
import Testing

@testable import Auth

/// What a step of a recovery is refused for, beside what its own suites see.
@Suite struct RecoveryRefusalTests {
    @Test func `an older code is told from a wrong one, and one of what is over from both`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let id = try await service.recovery(person.identifier)
            let older = try await service.recoveryCode(id, to: person.email)
            try await service.travel(31)
            let newest = try await service.recoveryCode(id, to: person.email)
            let replaced = try await service.recover(id, "verify", ["code": .string(older)])
            #expect(replaced.status == 409 && replaced.problem == "code-superseded")
            try await service.travel(3600)
            let late = try await service.recover(id, "verify", ["code": .string(newest)])
            #expect(late.status == 409 && late.problem == "recovery-ended")
        }
    }

    @Test func `nothing is sent where nothing can go, or once the guesses are spent`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let id = try await service.recovery(person.identifier)
            try await service.proveContact(id, to: person.email)
            let nowhere = try await service.recover(id, "codes", ["channel": "sms"])
            #expect(nowhere.status == 409 && nowhere.problem == "factor-unavailable")
            let other = try await service.recovery(person.identifier)
            _ = try await service.recoveryCode(other, to: person.email)
            try await service.travel(31)
            try await service.spend("code-attempts-exhausted")
            let spent = try await service.recover(other, "codes", ["channel": "email"])
            #expect(spent.status == 429 && spent.problem == "code-attempts-exhausted")
        }
    }
}
