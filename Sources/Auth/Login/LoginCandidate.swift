import Foundation
import Postgres

extension AdmitLogin {
    /// The account whose password is to be compared.
    struct Candidate: Sendable {
        let accountID: UUID
        var sealedPassword: [UInt8]
        let disabled: Bool
        let locale: Language
        let factors: [Factor]
        let fromKnownNetwork: Bool
        /// Whether only the pass that it was mailed let this try in.
        var byPass = false
        /// Whether its owner is to be told that strangers have its unknown networks refused.
        var passIsDue = false
        /// Its oldest confirmed mail address, whether codes may go there or not.
        var mailbox: String?
        /// Whether something is in force that the patient has not accepted.
        var documentsAreDue = false
        /// Whether the practice knows the password.
        var passwordChangeIsDue = false
        /// Whether the owner has a super-PIN of their own (AC-5).
        var hasSuperPIN = false
        /// Whether a phone or an app is bound, one that was stopped too.
        var isBound = false
        var hasRecoveryCodes = false
        /// What the practices that the account is linked to ask for together; nil until it is looked up.
        var strictest: StrictestPolicy?

        /// The practice's policy, as the account's other practices have it stricter (Z-7).
        func policy(in practice: Practice) -> Practice.Policy {
            strictest.map { practice.policy.tightened(by: $0) } ?? practice.policy
        }

        /// The login's steps, as that policy has them.
        func plan(in practice: Practice) -> LoginPlan {
            .signIn(
                documentsAreDue: documentsAreDue, passwordChangeIsDue: passwordChangeIsDue,
                later: policy(in: practice).stepsLeft(
                    hasSuperPIN: hasSuperPIN, hasPhoneOrApp: isBound))
        }
    }
}

extension AdmitLogin.Candidate {
    init(_ row: Row) throws {
        guard let locale = Language(rawValue: try row.text("locale")) else {
            throw PostgresError.undecodable("locale")
        }
        accountID = try row.uuid("account_id")
        sealedPassword = try row.bytes("password")
        disabled = try row.bool("disabled")
        self.locale = locale
        factors = try Factor.list(row)
        fromKnownNetwork = try row.bool("from_known_network")
        byPass = try row.bool("by_pass")
        passIsDue = try row.bool("pass_is_due")
        mailbox = try row.textIfPresent("mailbox")
        documentsAreDue = try row.bool("documents_are_due")
        passwordChangeIsDue = try row.bool("password_change_due")
        hasSuperPIN = try row.bool("has_super_pin")
        isBound = try row.bool("is_bound")
        hasRecoveryCodes = try row.bool("has_recovery_codes")
    }
}
