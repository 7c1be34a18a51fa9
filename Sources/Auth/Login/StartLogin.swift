import Foundation
import Postgres

/// Begins a login after a right password: the login, its first code and its message in one commit
/// (SC-1). A newer login supersedes the code of an older one (SC-3).
struct StartLogin: IdempotentStatement {
    let act: Act
    let account: UUID
    /// As it was compared; where it was changed meanwhile, nothing begins.
    let sealedPassword: [UInt8]
    let loginID: UUID
    let plan: LoginPlan
    let code: SendCode
    /// What the patient's device is called, where the caller said it.
    var device: String?

    /// Device and password come after the code's parameters.
    private static let device = 10 + SendCode.Place.allCases.count

    /// The arm `still`: the account as it was when its password was compared. A change that is under way
    /// is waited for, so that it ends this login or finds it refused (Z-2).
    static func stillArm(password: String) -> String {
        """
        still as (
                select account.account_id
                from account
                where account.account_id = $6::uuid
                  and account.password = \(password)::bytea
                  and account.disabled_at is null
                  and not exists (select from stored)
                for share
            )
        """
    }

    var subject: UUID? { account }

    enum Outcome: Sendable {
        /// Without a code where none is sent.
        case started(loginID: UUID, expiresAt: Date, SentCode?)
        case refused(SendRefusal)
        /// Somebody else was faster at the same row; ask once more.
        case overtaken
    }

    static let arms = """
        \(stillArm(password: "$\(device + 1)")),
        asked as (
            select still.account_id as subject_id, '\(CodePurpose.signIn.slug)' as purpose,
                   null::uuid as known_code_id, null::timestamptz as ends_at
            from still
        ),
        \(SendCode.arms(first: 10)),
        started as (
            insert into login
                (practice_id, login_id, client_id, account_id, plan, steps, later, proofs,
                 device, expires_at)
            select $1::uuid, $7::uuid, $2::uuid, $6::uuid, $8::text[] || $9::text[], $8::text[],
                   $9::text[], proof('\(Proof.Method.password.rawValue)'),
                   $\(device)::text, sent.sent_at + interval '\(LoginLimits.openMinutes) minutes'
            from sent
            returning login_id, expires_at as login_expires_at
        ),
        outcome as (
            select \(SendRefusal.word(sent: "started")),
                   sent.code_id is not null as lasting,
                   \(SendRefusal.columns),
                   started.*,
                   \(SendCode.columns)
            from (values (1)) as always_one_row
            left join ready on true
            \(SendCode.joins)
            left join started on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, act.event,
                   case when outcome.word = 'started' then 'done' else 'refused' end,
                   case when outcome.word = 'started' then null else outcome.word end,
                   $2::uuid, $6::uuid, act.object_id, $5::uuid
            from outcome
            cross join lateral (values
                ('\(AuditEvent.loginStarted.rawValue)', $7::uuid),
                ('\(AuditEvent.codeSent.rawValue)', outcome.code_id)
            ) as act (event, object_id)
            where outcome.word <> 'overtaken'
              and (act.object_id = $7::uuid or outcome.word = 'started')
        )
        """

    var ownParameters: [Parameter] {
        [
            .uuid(account), .uuid(loginID), .texts(plan.steps.map(\.rawValue)),
            .texts(plan.later.map(\.rawValue)),
        ] + code.parameters + [device.map(Parameter.text) ?? .null, .bytes(sealedPassword)]
    }

    static func outcome(_ row: Row) throws -> Outcome {
        if let refusal = try SendRefusal(row) { return .refused(refusal) }
        guard try row.text("word") == "started" else { return .overtaken }
        return .started(
            loginID: try row.uuid("login_id"), expiresAt: try row.instant("login_expires_at"),
            try row.isNull("code_id") ? nil : SentCode(row))
    }
}
