import Testing

@testable import Auth

@Suite struct RetentionTests {
    @Test func `what an operator names is kept as long, all else as usual`() throws {
        let retention = try Retention(
            parsing: "code=30, refusal=365,session=91,recovery_pin_pending=2")
        #expect(retention.days(of: PurgeCodes.self) == 30)
        #expect(retention.days(of: PurgeRefusals.self) == 365)
        #expect(retention.days(of: PurgeSessions.self) == 91)
        // A table of two has two names.
        #expect(retention.days(of: PurgePendingPINs.self) == 2)
        #expect(retention.days(of: PurgeRecoveryPINs.self) == PurgeRecoveryPINs.usualDays)
        #expect(retention.days(of: PurgeLogins.self) == PurgeLogins.usualDays)
        #expect(Retention().days(of: PurgeCodes.self) == PurgeCodes.usualDays)
    }

    @Test(arguments: [
        ("code", "is not a list"), ("code=", "is not a list"), ("code=-1", "is not a list"),
        ("code=7,", "is not a list"), ("code=7d", "is not a list"),
        ("audit=7", "names a table that is none of activation_pin, code, contact,"),
        ("code_subject=7", "names a table that is none of"),
        ("code=6", "keeps code for fewer than 7 days or more than 3650"),
        ("code=3651", "keeps code for"), ("session=90", "keeps session for fewer than 91 days"),
        ("idempotency=0", "keeps idempotency for fewer than 1 days"),
        ("code=8,code=9", "names code twice"),
    ])
    func `what is no retention is refused by name`(text: String, problem: String) {
        let fault = #expect(throws: Retention.Fault.self) { try Retention(parsing: text) }
        #expect(fault?.problem.hasPrefix(problem) == true, "\(fault?.problem ?? "")")
    }

    @Test func `no table is kept for less than a rule needs it`() {
        for purge in Purges.all {
            #expect(purge.usualDays >= purge.leastDays && purge.leastDays >= 1)
        }
        #expect(PurgeSessions.leastDays > LoginLimits.knownNetworkDays)
        #expect(PurgeThrottles.leastDays * 24 >= LoginLimits.forgottenAfterHours)
        #expect(PurgeFormerMailboxes.leastDays > FreezeCode.days)
        // Rows of a recovery end with it, or hang on it until then.
        #expect(
            PurgeRecoveryPINs.leastDays * 24
                > RecoveryLimits.waitHourChoices.upperBound + RecoveryLimits.lateHours)
    }
}
