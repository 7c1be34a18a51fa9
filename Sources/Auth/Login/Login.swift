import Foundation
import Postgres

/// A sign-in under way, as its caller may see it.
struct Login: Sendable {
    let id: UUID
    let accountID: UUID
    let status: Status
    let plan: [LoginPlan.Step]
    let stepsLeft: [LoginPlan.Step]
    let expiresAt: Date
    let locale: Language
    let factors: [Factor]
    /// The factor that was chosen last; nil where only a recovery code can go on.
    let factorID: UUID?
    /// The newest that was sent; nil where none was.
    let code: SentCode?
    /// Where that went.
    let codeFactorID: UUID?
    /// Where a newer login's code took this one's place.
    let newest: NewestCode?

    enum Status: String, Sendable {
        case open, done, ended
    }

    init(_ row: Row) throws {
        guard
            let status = Status(rawValue: try row.text("status")),
            let locale = Language(rawValue: try row.text("locale"))
        else { throw PostgresError.undecodable("status") }
        id = try row.uuid("login_id")
        accountID = try row.uuid("account_id")
        self.status = status
        plan = try row.texts("plan").compactMap(LoginPlan.Step.init)
        stepsLeft = try row.texts("steps").compactMap(LoginPlan.Step.init)
        expiresAt = try row.instant("login_expires_at")
        self.locale = locale
        factors = try Factor.list(row)
        factorID = try row.uuidIfPresent("chosen_factor_id")
        codeFactorID = try row.uuidIfPresent("factor_id")
        code = try row.isNull("code_id") ? nil : SentCode(row)
        newest = try row.bool("superseded") ? NewestCode(row) : nil
    }

    /// The factor that was chosen last, where no code is sent for it.
    var app: Factor? {
        factors.first { $0.id == factorID && $0.type.channel == nil }
    }

    /// - Parameter recoveryCodesLeft: where one was just used.
    func body(
        in practice: Practice, language: Language? = nil, recoveryCodesLeft: Int? = nil
    ) -> Body {
        Body(
            id: id, status: status, plan: plan, left: stepsLeft, expiresAt: expiresAt,
            factors: factors, code: code?.body(in: practice, language: language),
            recoveryCodesLeft: recoveryCodesLeft)
    }

    /// A login in an answer (api.md, Login).
    struct Body: Encodable, Sendable {
        let id: UUID
        let status: String
        let next: String?
        let steps: [StepBody]
        let factors: [Factor.Body]
        let expiresAt: Date
        let code: SentCode.Body?
        /// In the answer that took a recovery code.
        let recoveryCodesLeft: Int?
        let tokens: Tokens.Body?

        struct StepBody: Encodable, Sendable {
            let name: String
            let done: Bool
        }

        init(
            id: UUID, status: Status, plan: [LoginPlan.Step], left: [LoginPlan.Step],
            expiresAt: Date, factors: [Factor], code: SentCode.Body?,
            recoveryCodesLeft: Int? = nil, tokens: Tokens.Body? = nil
        ) {
            self.id = id
            self.status = status.rawValue
            next = status == .ended ? nil : left.first?.rawValue
            steps = plan.map { StepBody(name: $0.rawValue, done: !left.contains($0)) }
            self.factors = factors.map(\.body)
            self.expiresAt = expiresAt
            self.code = code
            self.recoveryCodesLeft = recoveryCodesLeft
            self.tokens = tokens
        }

        private enum CodingKeys: String, CodingKey {
            case id, status, next, steps, factors, expiresAt, code, recoveryCodesLeft, tokens
        }

        func encode(to encoder: any Encoder) throws {
            var members = encoder.container(keyedBy: CodingKeys.self)
            try members.encode(id, forKey: .id)
            try members.encode(status, forKey: .status)
            // Written as null where nothing is left, so that a caller need not guess.
            try members.encode(next, forKey: .next)
            try members.encode(steps, forKey: .steps)
            try members.encode(factors, forKey: .factors)
            try members.encode(expiresAt, forKey: .expiresAt)
            try members.encodeIfPresent(code, forKey: .code)
            try members.encodeIfPresent(recoveryCodesLeft, forKey: .recoveryCodesLeft)
            try members.encodeIfPresent(tokens, forKey: .tokens)
        }
    }
}
