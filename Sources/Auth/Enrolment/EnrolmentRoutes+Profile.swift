import Cryptography
import Foundation
import Postgres

// Names, username and password (IN-3, IN-4); the address is the one that the invitation went to.
extension EnrolmentRoutes {
    struct TypedProfile: RequestBody {
        let firstName: PersonName?
        let lastName: PersonName?
        /// As it is compared; nil where the person wants none.
        let username: String?
        let password: Secret<String>

        init(_ fields: inout FieldReader) throws {
            firstName = fields.typedName("first_name")
            lastName = fields.typedName("last_name")
            username = fields.optionalString("username", max: 64).map(Identifier.normalized)
            if let username, !Identifier.isUsername(username) {
                fields.refuse("username", .wrongFormat)
            }
            password = fields.secret("password", max: PasswordRoutes.ChosenPassword.longest)
        }
    }

    @Sendable func giveProfile(
        _ body: TypedProfile, _ context: AuthRequestContext
    ) async throws -> Answer {
        let caller = try context.caller
        let act = try context.act(keys)
        guard let firstName = body.firstName, let lastName = body.lastName else {
            throw Problem(.fieldInvalid)
        }
        try await step(.giveProfile, context) { enrolment, revision -> Void? in
            try await review(body, of: enrolment, in: caller.practice)
            let turn = Turn(
                practice: caller.practice.id,
                network: context.patientNetwork ?? enrolment.accountID.bytes, kind: .unknown)
            let phc = try await passwords.hasher.hash(body.password.passwordBytes, turn: turn)
            let given = try await database.run(
                GiveProfile(
                    act: act, enrolment: enrolment.id, revision: revision,
                    profile: .init(
                        firstName: firstName, lastName: lastName, username: body.username),
                    password: .seal(phc, account: enrolment.accountID, keys: keys),
                    names: enrolment.names(body.username, in: caller.practice, keys: keys)))
            switch try given.unlessReused() {
            case .given: return ()
            case .usernameTaken: throw Problem(.usernameTaken)
            case .usernameNeeded:
                throw Problem(
                    .fieldInvalid, faults: [.init(.pointer("/username"), .required)])
            case .overtaken: return nil
            }
        }
        return try await summary(context)
    }

    /// By the practice's rules, with what is known of the person (P5).
    private func review(
        _ body: TypedProfile, of enrolment: Enrolment, in practice: Practice
    ) async throws {
        let owner = PasswordOwner(
            practiceName: practice.name, firstName: body.firstName?.text,
            lastName: body.lastName?.text, username: body.username,
            email: enrolment.patient.details.email, dateOfBirth: enrolment.birth(in: practice),
            customerNumber: enrolment.customerNumber,
            mobiles: [enrolment.patient.details.mobile].compactMap(\.self))
        try await reviewer.demandAcceptable(body.password, of: owner, in: practice)
    }
}

extension PasswordReviewer {
    /// - Throws: `password-refused`, which names every rule that it breaks; `overloaded`.
    func demandAcceptable(
        _ password: Secret<String>, of owner: PasswordOwner, in practice: Practice
    ) async throws(Problem) {
        let review: PasswordReview
        do throws(Overloaded) {
            review = try await self.review(
                password, of: owner,
                under: PasswordPolicy(rules: practice.policy.passwordRules))
        } catch {
            throw Problem(.overloaded)
        }
        guard review.rulesBroken.isEmpty else {
            throw Problem(.passwordRefused, brokenRules: review.rulesBroken)
        }
    }
}

extension FieldReader {
    /// A required name as it is printed; nil, and refused, where it is none.
    fileprivate mutating func typedName(_ name: String) -> PersonName? {
        guard let value = takeRequired(name),
            let text = text(value, name, max: 256, characters: .line)
        else { return nil }
        do throws(PersonName.Fault) {
            return try PersonName(text)
        } catch {
            refuse(name, error.code)
            return nil
        }
    }
}
