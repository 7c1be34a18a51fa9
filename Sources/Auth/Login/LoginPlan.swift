/// The steps that a login must pass, in their order; decided once, when the password was right.
///
/// The statements only take a step off the front. What comes after what stands nowhere else.
struct LoginPlan: Sendable, Equatable {
    enum Step: String, Sendable, CaseIterable {
        /// A six-digit code by the factor that the patient chose.
        case code
        /// The terms or the privacy statement have a version that the patient has not accepted.
        case acceptDocuments = "accept_documents"
    }

    let steps: [Step]

    /// Every sign-in asks for a code, and then for what the patient has yet to accept. A version that is
    /// published meanwhile is the next sign-in's, unless documents are asked for anyway.
    static func signIn(documentsAreDue: Bool) -> LoginPlan {
        LoginPlan(steps: documentsAreDue ? [.code, .acceptDocuments] : [.code])
    }
}

/// How sure a sign-in is, as its tokens say it (standards.md, the acr ladder; RFC 8176).
struct Assurance: Sendable, Equatable {
    let acr: String
    let amr: [String]

    /// A mailbox is no second factor in NIST's sense, so the level stays that of the password.
    static func password(and factor: ChannelKind) -> Assurance {
        switch factor {
        case .email: Assurance(acr: "1", amr: ["pwd", "email"])
        case .sms: Assurance(acr: "2r", amr: ["pwd", "sms", "mfa"])
        }
    }
}
