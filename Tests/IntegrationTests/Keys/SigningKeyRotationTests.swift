import Cryptography
import Foundation
import Testing

@testable import Auth

/// Signing keys change while the service runs (T4, Z-32).
@Suite struct SigningKeyRotationTests {
    private func kid(_ token: String) throws -> String {
        try #require(try SignedToken(token).header["kid"].string)
    }

    @Test func `a new key is published by both before either signs with it, and no request fails`()
        async throws
    {
        try await RotatingService.run { rotating in
            let service = rotating.service
            let person = try await service.person()
            let before = try await service.tokens(of: person)
            let old = try kid(before.access)
            let count = try await KeyLoad.during(service) {
                let lead = SigningKeyFile.leadSeconds
                let new = try rotating.change {
                    (file: inout SigningKeyFile) in
                    try file.rotate(at: rotating.now, from: rotating.now + lead)
                }
                for instance in 0...1 {
                    await rotating.reload(instance)
                    #expect(try await rotating.published(instance) == [new, old])
                }
                let meanwhile = try await service.tokens(of: person)
                #expect(try kid(meanwhile.access) == old)

                // One instance is past the instant, the other is not.
                rotating.pass(lead + 1, on: [0])
                let first = try await service.refresh(meanwhile.refresh, instance: 0)
                let second = try await service.refresh(before.refresh, instance: 1)
                for (answer, id) in [(first, new), (second, old)] {
                    let token = try TestService.TokenPair(answer.json()).access
                    #expect(try kid(token) == id)
                    for instance in 0...1 {
                        #expect(try await service.isActive(token, instance: instance))
                    }
                }
                rotating.pass(lead + 1, on: [1])
                for instance in 0...1 {
                    #expect(try await service.isActive(before.access, instance: instance))
                }
            }
            #expect(count > 40)
            rotating.pass(SigningKeyFile.afterlifeSeconds)
            for instance in 0...1 {
                #expect(try await rotating.published(instance).contains(old) == false)
            }
        }
    }

    @Test func `a revoked key's tokens are refused at once, and another one signs`() async throws {
        try await RotatingService.run { rotating in
            let service = rotating.service
            let person = try await service.person()
            let before = try await service.tokens(of: person)
            let old = try kid(before.access)
            let (revoked, active) = try rotating.change {
                (file: inout SigningKeyFile) in try file.revoke(old, at: rotating.now)
            }
            #expect(revoked == old)
            await rotating.reload(0, 1)
            for instance in 0...1 {
                #expect(try await !service.isActive(before.access, instance: instance))
                let answer = try await service.own("GET", token: before.access, instance: instance)
                #expect(answer.problem == "token-invalid")
                #expect(try await rotating.published(instance) == [active])
            }
            // The sign-in lasts: its refresh token is of another key.
            let after = try await service.refresh(before.refresh, instance: 1).json()
            let token = try TestService.TokenPair(after).access
            #expect(try kid(token) == active)
            #expect(try await service.own("GET", token: token).status == 200)
        }
    }
}
