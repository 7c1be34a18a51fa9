import Foundation
import Testing

@testable import Auth

/// How sure a sign-in is, and what may rest on it (Z-3, Z-5, RFC 9470).
@Suite struct AssuranceTests {
    @Test(arguments: [
        (["pwd"], "1", ["pwd"]),
        (["pwd", "email"], "1", ["pwd", "email"]),
        (["pwd", "enrolment"], "1", ["pwd", "email"]),
        (["pwd", "device"], "1", ["pwd"]),
        (["pwd", "sms"], "2r", ["pwd", "sms", "mfa"]),
        (["pwd", "recovery-code"], "2r", ["pwd", "otp", "mfa"]),
        (["pwd", "totp"], "2", ["pwd", "otp", "mfa"]),
    ])
    func `a level follows from what was proved`(
        methods: [String], acr: String, amr: [String]
    ) throws {
        let assurance = Assurance(try Self.proofs(methods))
        #expect(assurance.level.rawValue == acr)
        #expect(assurance.amr == amr)
    }

    @Test func `levels are compared by rank`() {
        #expect(Assurance.Level.allCases.map(\.rawValue) == ["enrol", "1", "2r", "2", "3"])
        #expect(Assurance.Level.twoRestricted < .two && Assurance.Level.one < .twoRestricted)
        #expect(Assurance.Level.enrol < .one && Assurance.Level.two < .three)
    }

    @Test func `a change needs a sign-in of minutes ago, as sure as the patient can be`() throws {
        let fresh = try Self.patient(["pwd", "sms"], factors: [.sms])
        #expect(refusal(fresh, .fresh, after: 299) == nil)
        #expect(refusal(fresh, .fresh, after: 301) == .insufficientUserAuthentication)
        let hurried = try Self.patient(["pwd", "sms"], factors: [.sms], maxAgeSeconds: 60)
        #expect(refusal(hurried, .fresh, after: 60) == nil)
        #expect(refusal(hurried, .fresh, after: 61) == .insufficientUserAuthentication)
        let weak = try Self.patient(["pwd", "email"], factors: [.sms])
        #expect(refusal(weak, .fresh, after: 1) == .insufficientUserAuthentication)
        #expect(refusal(weak, .finished, after: 3_000) == nil)
        for method in ["device", "recovery-code"] {
            let patient = try Self.patient(["pwd", method], factors: [])
            #expect(refusal(patient, .fresh, after: 1) == .insufficientUserAuthentication)
        }
        #expect(refusal(try Self.patient(["pwd", "email"], factors: []), .fresh, after: 1) == nil)
    }

    @Test func `each proof has its age, and the first may be older by the wait for a code`()
        throws
    {
        var waited = try Self.patient(["pwd", "sms"], factors: [.sms])
        waited.codeLifetimeSeconds = 600
        waited.provenSince = Self.signedIn.addingTimeInterval(-600)
        #expect(refusal(waited, .fresh, after: 300) == nil)
        #expect(refusal(waited, .fresh, after: 301) == .insufficientUserAuthentication)
        // Typed a second sooner, the password is too old a second sooner.
        waited.provenSince = Self.signedIn.addingTimeInterval(-601)
        #expect(refusal(waited, .fresh, after: 299) == nil)
        #expect(refusal(waited, .fresh, after: 300) == .insufficientUserAuthentication)
        waited.provenSince = Self.signedIn.addingTimeInterval(-1_500)
        #expect(refusal(waited, .fresh, after: 1) == .insufficientUserAuthentication)
        #expect(refusal(waited, .finished, after: 1) == nil)
    }

    @Test func `a new account's tokens, or those for the step, suffice for the first of its kind`()
        throws
    {
        let first = SignedIn.Demand.first(.addFactor)
        let new = try Self.patient(["pwd", "enrolment"], factors: [])
        #expect(refusal(new, first, after: 3_000) == nil)
        let unfinished = try Self.patient(["pwd", "email"], factors: [], steps: [.addFactor])
        #expect(refusal(unfinished, first, after: 3_000) == nil)
        #expect(refusal(unfinished, .first(.createSuperPIN), after: 1) == .sessionUnfinished)
        #expect(refusal(unfinished, .finished, after: 1) == .sessionUnfinished)
        #expect(refusal(unfinished, .finishedOrAt(.addFactor), after: 3_000) == nil)
        #expect(refusal(unfinished, .finishedOrAt(.createSuperPIN), after: 1) == .sessionUnfinished)
        #expect(refusal(unfinished, .alive, after: 3_000) == nil)

        let second = try Self.patient(["pwd", "enrolment"], factors: [.sms])
        #expect(refusal(second, first, after: 1) == .insufficientUserAuthentication)
        let ordinary = try Self.patient(["pwd", "email"], factors: [])
        #expect(refusal(ordinary, first, after: 301) == .insufficientUserAuthentication)
        #expect(refusal(ordinary, first, after: 1) == nil)
    }

    // MARK: -

    private static let signedIn = Date(timeIntervalSince1970: 1_780_000_000)

    private static func proofs(_ methods: [String]) throws -> [Proof] {
        try methods.map { Proof(method: try #require(Proof.Method(rawValue: $0))) }
    }

    private static func patient(
        _ methods: [String], factors: [Factor.Kind], steps: [LoginPlan.Step] = [],
        maxAgeSeconds: Int = 300
    ) throws -> SignedIn {
        var session = try Sample.session(
            authenticatedAt: signedIn, expiresAt: signedIn.addingTimeInterval(86_400))
        session.proofs = try proofs(methods)
        session.steps = steps
        return SignedIn(
            session: session, locale: .dutch, factors: factors, hasSuperPIN: false,
            maxAgeSeconds: maxAgeSeconds)
    }

    private func refusal(
        _ patient: SignedIn, _ demand: SignedIn.Demand, after seconds: Double
    ) -> Problem.Kind? {
        do {
            try patient.demand(demand, now: Self.signedIn.addingTimeInterval(seconds))
            return nil
        } catch {
            return error.kind
        }
    }
}
