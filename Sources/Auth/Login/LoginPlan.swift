/// The steps that a login must pass, in their order; decided once, when the password was right.
///
/// The statements only take a step off the front. What comes after what stands nowhere else.
struct LoginPlan: Sendable, Equatable {
    enum Step: String, Sendable, CaseIterable {
        /// A six-digit code by the factor that the patient chose.
        case code
        /// The terms or the privacy statement have a version that the patient has not accepted.
        case acceptDocuments = "accept_documents"
        /// The practice knows the password, as it knows an initial one.
        case changePassword = "change_password"
        /// The patient has no super-PIN of their own yet (AC-5).
        case createSuperPIN = "create_super_pin"
        /// The patient has no phone or app for codes yet (AC-7).
        case addFactor = "add_factor"
    }

    /// They keep the login open.
    let steps: [Step]
    /// What its tokens are for until it is done, and nothing else (Z-5).
    let later: [Step]

    /// Every sign-in asks for a code, then for what the patient has yet to accept, and for a password of
    /// their own last: with it the login is done. A version that is published meanwhile is the next
    /// sign-in's, unless documents are asked for anyway.
    static func signIn(
        documentsAreDue: Bool, passwordChangeIsDue: Bool = false, later: [Step] = []
    ) -> LoginPlan {
        var steps = [Step.code]
        if documentsAreDue { steps.append(.acceptDocuments) }
        if passwordChangeIsDue { steps.append(.changePassword) }
        return LoginPlan(steps: steps, later: later)
    }

    /// All, in their order.
    var all: [Step] { steps + later }
}

extension Practice.Policy {
    /// Whether nobody signs in for long without a phone or an app: a mailbox gets no codes, or is not
    /// enough.
    var needsPhoneOrApp: Bool { secondFactor == .phoneOrApp || !emailCodes }

    /// What an account must still get here before its tokens open anything (AC-5, AC-7).
    func stepsLeft(hasSuperPIN: Bool, hasPhoneOrApp: Bool) -> [LoginPlan.Step] {
        var steps: [LoginPlan.Step] = []
        if superPIN == .required, !hasSuperPIN { steps.append(.createSuperPIN) }
        if secondFactor == .phoneOrApp, !hasPhoneOrApp { steps.append(.addFactor) }
        return steps
    }
}
