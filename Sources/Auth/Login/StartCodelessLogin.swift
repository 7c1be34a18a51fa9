import Foundation
import Postgres

/// Begins a login after a right password that goes on with an app, or with a recovery code where the
/// account has nothing else: nothing is sent, and nothing voided.
struct StartCodelessLogin: IdempotentStatement {
    let act: Act
    let account: UUID
    /// As it was compared; where it was changed meanwhile, nothing begins.
    let sealedPassword: [UInt8]
    let loginID: UUID
    let plan: LoginPlan
    /// The app; nil where only a recovery code is left.
    let factorID: UUID?
    /// What the caller calls the patient's device.
    let device: String?

    var subject: UUID? { account }

    static let arms = """
        \(StartLogin.stillArm(password: "$12")),
        started as (
            insert into login
                (practice_id, login_id, client_id, account_id, plan, steps, later, proofs,
                 codeless_factor_id, device, expires_at)
            select $1::uuid, $7::uuid, $2::uuid, $6::uuid, $8::text[] || $9::text[], $8::text[],
                   $9::text[], proof('\(Proof.Method.password.rawValue)'), $10::uuid,
                   $11::text, clock_timestamp() + interval '\(LoginLimits.openMinutes) minutes'
            from still
            returning login_id, expires_at as login_expires_at
        ),
        outcome as (
            select case when started.login_id is null then 'overtaken' else 'started' end as word,
                   started.login_id is not null as lasting, started.login_id,
                   started.login_expires_at, null::uuid as code_id
            from (values (1)) as always_one_row
            left join started on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.loginStarted.rawValue)', 'done', $2::uuid, $6::uuid,
                   started.login_id, $5::uuid
            from started
        )
        """

    var ownParameters: [Parameter] {
        [
            .uuid(account), .uuid(loginID), .texts(plan.steps.map(\.rawValue)),
            .texts(plan.later.map(\.rawValue)), factorID.map(Parameter.uuid) ?? .null,
            device.map(Parameter.text) ?? .null, .bytes(sealedPassword),
        ]
    }

    static func outcome(_ row: Row) throws -> StartLogin.Outcome {
        try StartLogin.outcome(row)
    }
}
