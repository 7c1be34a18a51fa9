import Cryptography
import Foundation

extension Enrolment {
    /// The steps in their order, those of this enrolment's way.
    var plan: [EnrolmentStep] {
        EnrolmentStep.allCases.filter {
            switch $0 {
            case .emailConfirmation: progress.identity == .details
            case .consents: !documents.isEmpty
            case .identity, .profile, .complete: true
            }
        }
    }

    /// The date of birth that the register has.
    func birth(in practice: Practice) -> DateOfBirth? {
        patient.details.dateOfBirth.flatMap {
            try? DateOfBirth($0.expose(), now: Date(), in: practice.timeZone)
        }
    }

    /// What its account would be found by at sign-in.
    func names(_ username: String?, in practice: Practice, keys: KeyRing) -> AccountNames {
        AccountNames(
            username: username, email: patient.details.email ?? "",
            addressIsShared: addressIsShared, account: accountID, practice: practice.id, keys: keys)
    }

    /// Whether what the register knows can prove identity here: not where that would lead to an account
    /// that has nothing to sign in with.
    func takesDetails(in practice: Practice) -> Bool {
        practice.policy.identityByDetails && !patient.details.lacksFirstPhone(in: practice)
    }

    private func ways(in practice: Practice) -> [String] {
        takesDetails(in: practice) ? ["super_pin", "details"] : ["super_pin"]
    }

    /// Whether what was typed, and what the register proposes, may be shown by now.
    var isProven: Bool { status == .open && progress.step.number > 1 }

    /// Nothing of the person before identity is proven.
    ///
    /// - Parameter addressIsTaken: somebody of the practice signs in with the address already.
    func body(
        in practice: Practice, addressIsTaken: Bool, tokens: Tokens.Body? = nil
    ) -> Body {
        let isOpen = status == .open
        let step = isOpen ? progress.step : nil
        let isIdentifying = step?.number == 1
        return Body(
            id: id, status: status.rawValue, step: step?.rawValue,
            stepNumber: step.map { documents.isEmpty ? min($0.number, 2) : $0.number },
            stepCount: documents.isEmpty ? 2 : 3,
            steps: plan.map { planned in
                .init(name: planned.rawValue, done: isDone(planned))
            },
            expiresAt: expiresAt, practice: .init(name: practice.name),
            ways: isIdentifying ? ways(in: practice) : nil,
            attemptsLeft: isIdentifying ? triesLeft : nil,
            confirmation: step == .emailConfirmation ? confirmation(in: practice) : nil,
            profile: isProven ? profile(addressIsTaken: addressIsTaken) : nil,
            documents: isProven ? documents : nil, tokens: tokens)
    }

    private func isDone(_ planned: EnrolmentStep) -> Bool {
        // What was typed is erased by then.
        if status == .accepted { return true }
        guard let now = EnrolmentStep.allCases.firstIndex(of: progress.step),
            let place = EnrolmentStep.allCases.firstIndex(of: planned)
        else { return false }
        return place < now
    }

    private func confirmation(in practice: Practice) -> Body.Confirmation? {
        guard let sentAt = confirmationSentAt, let email = patient.details.email else {
            return nil
        }
        return Body.Confirmation(
            destination: MaskedDestination.email(email), sentAt: sentAt,
            sentAtLocal: practice.clockTime(sentAt))
    }

    /// What was typed, else what the register proposes (Z-13); never the password.
    private func profile(addressIsTaken: Bool) -> Body.Profile {
        Body.Profile(
            firstName: typed.firstName ?? patient.details.firstName,
            lastName: typed.lastName ?? patient.details.lastName, username: typed.username,
            email: patient.details.email, usernameRequired: addressIsShared || addressIsTaken)
    }

    /// An enrolment in an answer (api.md).
    struct Body: Encodable, Sendable {
        let id: UUID
        let status: String
        /// Null where nothing is left to be done.
        let step: String?
        let stepNumber: Int?
        let stepCount: Int
        let steps: [StepBody]
        let expiresAt: Date
        let practice: PracticeBody
        /// The ways to prove who one is; left out once it is proven, as the tries that are left are.
        let ways: [String]?
        let attemptsLeft: Int?
        /// The fresh mail that is waited for.
        let confirmation: Confirmation?
        /// Left out until identity is proven.
        let profile: Profile?
        /// What must be accepted; the texts are at `/v1/documents`.
        let documents: [DocumentInForce]?
        /// In the completing answer alone.
        let tokens: Tokens.Body?

        struct StepBody: Encodable, Sendable {
            let name: String
            let done: Bool
        }

        struct PracticeBody: Encodable, Sendable {
            let name: String
        }

        struct Confirmation: Encodable, Sendable {
            /// Masked.
            let destination: String
            let sentAt: Date
            let sentAtLocal: String
        }

        struct Profile: Encodable, Sendable {
            let firstName: String?
            let lastName: String?
            let username: String?
            /// Given, and fixed (IN-3).
            let email: String?
            /// Whether the address names nobody, so that a username has to (Z-17).
            let usernameRequired: Bool
        }
    }
}
