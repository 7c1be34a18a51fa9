import Foundation
import Testing

@testable import Auth

/// The one table that says who may do which step next.
@Suite struct EnrolmentProgressTests {
    private typealias Progress = EnrolmentProgress

    @Test(arguments: [
        (EnrolmentProgress(), EnrolmentStep.identity),
        (EnrolmentProgress(emailConfirmed: true, hasProfile: true), .identity),
        (EnrolmentProgress(identity: .details), .emailConfirmation),
        (EnrolmentProgress(identity: .details, hasProfile: true), .emailConfirmation),
        (EnrolmentProgress(identity: .details, emailConfirmed: true), .profile),
        (EnrolmentProgress(identity: .pinByPost), .profile),
        (EnrolmentProgress(identity: .pinAtDesk, hasProfile: true), .complete),
        (EnrolmentProgress(identity: .pinAtDesk, hasProfile: true, hasAccepted: false), .consents),
        (EnrolmentProgress(identity: .pinAtDesk, hasAccepted: false), .profile),
        (
            EnrolmentProgress(identity: .details, emailConfirmed: true, hasProfile: true),
            .complete
        ),
    ])
    func `the next step is the first that is not done`(
        progress: EnrolmentProgress, step: EnrolmentStep
    ) {
        #expect(progress.step == step)
    }

    @Test(arguments: EnrolmentStep.allCases)
    func `nothing that needs identity is allowed before it is proven`(step: EnrolmentStep) {
        let needsIdentity: Set<EnrolmentAct> = [.giveProfile, .acceptDocuments, .complete, .link]
        if step == .identity || step == .emailConfirmation {
            #expect(step.allowed.isDisjoint(with: needsIdentity))
        } else {
            #expect(!step.allowed.contains(.proveIdentity))
            #expect(!step.allowed.contains(.confirmEmail))
        }
        #expect(step.allowed.contains(.decline))
        #expect(step.allowed.contains(.complete) == (step == .complete))
        #expect((1...3).contains(step.number))
    }

    @Test func `whoever goes on does not go back, and counts up`() {
        let numbers = EnrolmentStep.allCases.map(\.number)
        #expect(numbers == numbers.sorted() && numbers.last == 3)
    }
}

@Suite struct PatientRoleTests {
    private let zone = TimeZone(identifier: "Europe/Amsterdam") ?? .gmt

    private func role(_ birth: String?, now: String) throws -> PatientRole {
        let now = try Sample.instant(now)
        let date = try birth.map { try DateOfBirth($0, now: now, in: zone) }
        return PatientRole(birth: date, now: now, in: zone)
    }

    @Test(arguments: [
        ("2019-02-28", "2035-02-27T22:59:59Z", true), ("2019-02-28", "2035-02-27T23:00:00Z", false),
        ("2020-02-29", "2036-02-28T22:59:59Z", true), ("2020-02-29", "2036-02-28T23:00:00Z", false),
    ])
    func `a child's records are a parent's until the sixteenth birthday begins`(
        birth: String, now: String, isParent: Bool
    ) throws {
        let role = try role(birth, now: now)
        #expect((role.role == .parent) == isParent)
        #expect((role.endsAt != nil) == isParent)
    }

    @Test func `anybody else's are one's own without an end`() throws {
        let now = "2026-03-02T10:50:00Z"
        for birth in ["1950-01-01", nil] {
            let role = try role(birth, now: now)
            #expect(role.role == .`self` && role.endsAt == nil)
        }
    }

    @Test(arguments: [("2008-03-03", true), ("2008-03-02", false), ("1950-01-01", false)])
    func `a minor is one until the eighteenth birthday begins`(
        birth: String, isMinor: Bool
    ) throws {
        let now = try Sample.instant("2026-03-02T10:50:00Z")
        let date = try DateOfBirth(birth, now: now, in: zone)
        #expect(date.isMinor(now: now, in: zone) == isMinor)
    }
}
