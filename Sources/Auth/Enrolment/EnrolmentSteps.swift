/// What an enrolment waits for (AC-1 to AC-4); the raw value is `step` in its answers.
enum EnrolmentStep: String, Sendable, CaseIterable {
    case identity
    /// The second way only: the link of the fresh mail (AC-3).
    case emailConfirmation = "email_confirmation"
    case profile
    case consents
    /// Everything is there: the summary, before anything is final (IN-5).
    case complete

    /// As the patient counts: proving who one is, the password, the documents.
    var number: Int {
        switch self {
        case .identity, .emailConfirmation: 1
        case .profile: 2
        case .consents, .complete: 3
        }
    }
}

/// What may be asked of an enrolment.
enum EnrolmentAct: Sendable, CaseIterable {
    case proveIdentity, confirmEmail, giveProfile, acceptDocuments, complete, link, decline
}

/// Who may do which step next: the one table. The statements only see to it that nothing was done since
/// the enrolment was read.
extension EnrolmentStep {
    var allowed: Set<EnrolmentAct> {
        switch self {
        case .identity: [.proveIdentity, .decline]
        // Proving it again sends another mail.
        case .emailConfirmation: [.confirmEmail, .proveIdentity, .decline]
        case .profile: [.giveProfile, .link, .decline]
        // What was given can be corrected until all is final.
        case .consents: [.acceptDocuments, .giveProfile, .link, .decline]
        case .complete: [.complete, .acceptDocuments, .giveProfile, .link, .decline]
        }
    }
}

/// How far an enrolment has come.
struct EnrolmentProgress: Sendable, Equatable {
    /// How the person proved who they are; nil until then.
    var identity: IdentityLevel?
    /// Whether the mailbox was confirmed by the fresh mail, which only the second way asks for.
    var emailConfirmed = false
    /// Whether names and a password were given.
    var hasProfile = false
    /// Whether every document in force was accepted (IN-5); there may be none.
    var hasAccepted = true

    /// How a person proved who they are; the raw value is `identity_level` in tokens (Z-15).
    enum IdentityLevel: String, Sendable, CaseIterable {
        /// By what the register knows: weak (Z-16).
        case details = "kbv"
        case pinByPost = "pin-post"
        case pinAtDesk = "pin-desk"
    }

    /// The first that is not done yet.
    var step: EnrolmentStep {
        guard let identity else { return .identity }
        if identity == .details, !emailConfirmed { return .emailConfirmation }
        if !hasProfile { return .profile }
        return hasAccepted ? .complete : .consents
    }
}
