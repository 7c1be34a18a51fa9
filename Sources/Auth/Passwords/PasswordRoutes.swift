import Cryptography
import Foundation
import HTTPTypes

/// What a form needs while somebody chooses a password; nothing is stored or logged.
///
/// Both take `logins`: a portal shows the form at sign-in (a new password is due), after a recovery
/// and in the account as well as at enrolment, and whoever may enrol signs people in afterwards.
struct PasswordRoutes: Sendable {
    let reviewer: PasswordReviewer

    func add(to endpoints: Endpoints) {
        endpoints.get("/v1/password-policy", scope: .logins, readPolicy)
        endpoints.post(
            "/v1/password-strength", scope: .logins, body: ChosenPassword.self, measure)
    }

    /// A password in the making, and who it is for as far as the form knows.
    struct ChosenPassword: RequestBody {
        /// Characters of a password that is looked at; one that is merely too long is told so.
        static let longest = 1_024
        /// Characters of a number as it is typed, with what stands between its digits.
        static let longestNumber = 32

        let password: Secret<String>
        let firstName: String?
        let lastName: String?
        let username: String?
        let email: String?
        let dateOfBirth: DateOfBirth?
        let customerNumber: String?
        let mobile: String?

        init(_ fields: inout FieldReader) throws {
            password = fields.secret("password", max: Self.longest)
            firstName = fields.optionalString("first_name", max: PersonName.longest)
            lastName = fields.optionalString("last_name", max: PersonName.longest)
            username = fields.optionalString("username", max: 64)
            email = fields.optionalString("email", max: EmailAddress.longest)
            let birth = fields.optionalString("date_of_birth", max: 10)
            dateOfBirth = birth.flatMap { try? DateOfBirth($0, now: Date(), in: .gmt) }
            if birth != nil, dateOfBirth == nil { fields.refuse("date_of_birth", .wrongFormat) }
            customerNumber = fields.optionalString("customer_number", max: Self.longestNumber)
            mobile = fields.optionalString("mobile", max: Self.longestNumber)
        }

        func owner(in practice: Practice) -> PasswordOwner {
            PasswordOwner(
                practiceName: practice.name, firstName: firstName, lastName: lastName,
                username: username, email: email, dateOfBirth: dateOfBirth,
                customerNumber: customerNumber, mobiles: mobile.map { [$0] } ?? [])
        }
    }

    @Sendable private func readPolicy(_ context: AuthRequestContext) async throws -> Answer {
        let policy = PasswordPolicy(rules: try context.caller.practice.policy.passwordRules)
        let texts = context.language.passwordTexts
        let leastScore = policy.rules == .modern ? PasswordPolicy.leastScore : nil
        return .json(
            .object([
                JSONMember("password_rules", .string(policy.rules.rawValue)),
                JSONMember("min_length", .int(PasswordPolicy.lengths.lowerBound)),
                JSONMember("max_length", .int(PasswordPolicy.lengths.upperBound)),
                JSONMember("min_score", leastScore.map(JSONValue.int) ?? .null),
                JSONMember(
                    "rules",
                    .array(policy.possibleRules.map { .named($0.rawValue, texts.detail($0)) })),
            ]))
    }

    @Sendable private func measure(
        _ chosen: ChosenPassword, _ context: AuthRequestContext
    ) async throws -> Answer {
        let practice = try context.caller.practice
        let review: PasswordReview
        do throws(PasswordReviewer.Overloaded) {
            review = try await reviewer.review(
                chosen.password, of: chosen.owner(in: practice),
                under: PasswordPolicy(rules: practice.policy.passwordRules))
        } catch {
            throw Problem(.overloaded)
        }
        let texts = context.language.passwordTexts
        return .json(
            .object([
                JSONMember("score", .int(review.strength.score)),
                JSONMember(
                    "reasons",
                    .array(
                        review.strength.reasons.map { .named($0.rawValue, texts.detail($0)) })),
                JSONMember("acceptable", .bool(review.rulesBroken.isEmpty)),
                JSONMember(
                    "broken_rules",
                    .array(review.rulesBroken.map { .named($0.rawValue, texts.detail($0)) })),
            ]))
    }
}

extension JSONValue {
    /// A name for programs and a sentence for people.
    static func named(_ name: String, _ detail: String) -> JSONValue {
        .object([JSONMember("name", .string(name)), JSONMember("detail", .string(detail))])
    }
}
