import Cryptography
import Foundation
import Postgres
import Testing

@testable import Auth

/// Under which keys a try is counted (Z-20): by what was typed, and by the network.
@Suite struct LoginAttemptTests {
    let keys: KeyRing

    init() throws { keys = try Sample.ring() }

    private func attempt(
        _ identifier: String, network: [UInt8]? = [192, 0, 2, 1], practice: UUID = Sample.id
    ) -> LoginAttempt {
        LoginAttempt(
            act: Act(practiceID: practice, clientID: Sample.id, key: nil, requestID: UUID()),
            identifier: Identifier(typed: identifier), network: network, keys: keys)
    }

    @Test func `one spelling or another of an identifier is one counter`() {
        let first = attempt("jansen@example.nl")
        let second = attempt(" JANSEN@Example.NL ")
        #expect(first.pairKey == second.pairKey)
        #expect(first.identifierIndexes == second.identifierIndexes)
    }

    @Test func `another identifier or another network is another pair`() {
        let first = attempt("jansen@example.nl")
        #expect(attempt("pietersen@example.nl").pairKey != first.pairKey)
        #expect(attempt("jansen@example.nl", network: [192, 0, 2, 2]).pairKey != first.pairKey)
        #expect(attempt("jansen@example.nl", network: nil).pairKey != first.pairKey)
    }

    @Test func `the network is counted over all identifiers`() {
        let first = attempt("jansen@example.nl")
        let other = attempt("nobody@example.nl")
        #expect(first.networkThrottleKey == other.networkThrottleKey)
        #expect(first.networkKey == other.networkKey)
        #expect(first.networkThrottleKey != first.networkKey)
    }

    @Test func `without an address of the patient no network is counted`() {
        let nowhere = attempt("jansen@example.nl", network: nil)
        #expect(nowhere.networkThrottleKey == nil)
        #expect(nowhere.networkKey == nil)
    }

    @Test func `a site is counted for IPv6 alone, over all of its networks`() {
        let here = attempt("jansen@example.nl", network: [0x20, 1, 0x0D, 0xB8, 0, 1, 0, 1])
        let beside = attempt("jansen@example.nl", network: [0x20, 1, 0x0D, 0xB8, 0, 1, 0, 2])
        let away = attempt("jansen@example.nl", network: [0x20, 1, 0x0D, 0xB8, 0, 2, 0, 1])
        #expect(here.siteThrottleKey != nil)
        #expect(here.siteThrottleKey == beside.siteThrottleKey)
        #expect(here.siteThrottleKey != away.siteThrottleKey)
        #expect(here.networkThrottleKey != beside.networkThrottleKey)
        #expect(attempt("jansen@example.nl").siteThrottleKey == nil)
    }

    @Test func `tries without a network take the turn of their account or identifier`() {
        let candidate = AdmitLogin.Candidate(
            accountID: Sample.id, sealedPassword: [], disabled: false, locale: .dutch, factors: [],
            fromKnownNetwork: false)
        let first = attempt("jansen@example.nl", network: nil)
        #expect(first.turn(from: nil, to: candidate).network == Sample.id.bytes)
        #expect(first.turn(from: [192, 0, 2, 1], to: candidate).network == [192, 0, 2, 1])
        let other = attempt("nobody@example.nl", network: nil)
        #expect(first.turn(from: nil, to: nil).network?.count == 16)
        #expect(first.turn(from: nil, to: nil) != other.turn(from: nil, to: nil))
    }

    @Test func `all that a try locks is ordered by its widest counter`() {
        let first = attempt("jansen@example.nl")
        let statements: [any Statement] = [
            AdmitLogin(attempt: first, emailCodes: true),
            RefuseLogin(
                attempt: first, account: nil, reason: "password-wrong", lasting: true, slice: 0),
            ForgiveFailures(
                attempt: first,
                candidate: .init(
                    accountID: Sample.id, sealedPassword: [], disabled: false, locale: .dutch,
                    factors: [], fromKnownNetwork: false)),
            ReturnTry(attempt: first, candidate: nil),
        ]
        #expect(Set(statements.map(\.subject)) == [first.subject])
        #expect(attempt("nobody@example.nl").subject == first.subject)
        let site: [[UInt8]] = [1, 2].map { [0x20, 1, 0x0D, 0xB8, 0, 1, 0, $0] }
        #expect(Set(site.map { attempt("jansen", network: $0).subject }).count == 1)
        #expect(
            attempt("jansen", network: nil).subject != attempt("nobody", network: nil).subject)
    }

    @Test func `the same name in another practice is another account`() {
        let here = attempt("jansen@example.nl")
        let there = attempt("jansen@example.nl", practice: UUID())
        #expect(here.identifierIndexes != there.identifierIndexes)
    }

    @Test func `no key holds what it was made from`() {
        let one = attempt("jansen@example.nl")
        let counters = [one.pairKey, one.networkThrottleKey ?? [], one.networkKey ?? []]
        for key in counters + one.identifierIndexes {
            #expect(key.count == 32)
            #expect(!key.indices.dropLast(3).contains { key[$0..<$0 + 4] == [192, 0, 2, 1] })
        }
    }
}
