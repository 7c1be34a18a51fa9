import Foundation
import Postgres

/// What the practices of one account ask of its sign-ins together: of each thing the most (Z-7).
struct StrictestPolicy: Sendable, Equatable {
    let needsSuperPIN: Bool
    let needsPhoneOrApp: Bool
    /// Whether each of them does; so do the next.
    let letsRememberDevices: Bool
    let letsCodesGoByMail: Bool
    let stepUpMaxAgeSeconds: Int
}

extension Practice.Policy {
    /// The policy for an account whose other practices may ask for more.
    func tightened(by strictest: StrictestPolicy) -> Practice.Policy {
        var policy = self
        if strictest.needsSuperPIN { policy.superPIN = .required }
        if strictest.needsPhoneOrApp { policy.secondFactor = .phoneOrApp }
        if !strictest.letsRememberDevices { policy.rememberedDevice = false }
        if !strictest.letsCodesGoByMail { policy.emailCodes = false }
        policy.stepUpMaxAgeSeconds = min(policy.stepUpMaxAgeSeconds, strictest.stepUpMaxAgeSeconds)
        return policy
    }
}

/// The strictest of the policies of every practice that an account is linked to.
struct FindStrictestPolicy: Statement {
    let account: UUID

    static let spansPractices: String? = "an account follows the strictest of its practices"

    static let sql = """
        select coalesce(
                   bool_or(
                       practice.super_pin
                           = '\(Practice.Policy.SuperPINRule.required.rawValue)'),
                   false) as needs_super_pin,
               coalesce(
                   bool_or(
                       practice.second_factor
                           = '\(Practice.Policy.SecondFactor.phoneOrApp.rawValue)'),
                   false) as needs_phone_or_app,
               coalesce(bool_and(practice.remembered_device), true) as lets_remember_devices,
               coalesce(bool_and(practice.email_codes), true) as lets_codes_go_by_mail,
               coalesce(
                   min(practice.step_up_max_age_seconds),
                   \(Practice.Policy.stepUpMaxAgeRange.upperBound)) as step_up_max_age_seconds,
               $nonce as nonce
        from membership
        join practice using (practice_id)
        where membership.account_id = $1::uuid
        """

    var parameters: [Parameter] { [.uuid(account)] }

    static func decode(_ rows: [Row]) throws -> StrictestPolicy {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        return StrictestPolicy(
            needsSuperPIN: try row.bool("needs_super_pin"),
            needsPhoneOrApp: try row.bool("needs_phone_or_app"),
            letsRememberDevices: try row.bool("lets_remember_devices"),
            letsCodesGoByMail: try row.bool("lets_codes_go_by_mail"),
            stepUpMaxAgeSeconds: try row.int("step_up_max_age_seconds"))
    }
}
