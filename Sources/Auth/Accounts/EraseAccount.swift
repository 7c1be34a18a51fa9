import Foundation
import Postgres

/// Takes an account out of a practice: what becomes of each datum stands in this table and nowhere else
/// (SU-3, V4). It is one statement, so that no half of it is ever seen.
///
/// | table | what becomes of it |
/// | --- | --- |
/// | `account` | gone, where no other practice has the person: names, language, password |
/// | `contact` | gone with the account: addresses and mobile numbers |
/// | `factor`, `recovery_codes` | gone with the account: numbers, app secrets, codes on paper |
/// | `membership` | gone; its `sub` is never given out again |
/// | `identifier` | gone: nobody can sign in |
/// | `patient_link` | gone; the register's entry is the practice's and stays |
/// | `contact_change` | gone: addresses that were to become the account's |
/// | `recovery_pin` | gone |
/// | `recovery`, `desk_code` | gone, with the codes that recoveries sent |
/// | `freeze_code` | gone |
/// | `remembered_device` | gone |
/// | `login_pass` | gone |
/// | `session` | gone; access tokens end within ten minutes |
/// | `login` | gone |
/// | `code`, `code_subject`, `code_request` | gone: codes, where they went, what they were for |
/// | `message` | those with its codes gone; others lost their bodies when they were sent |
/// | `consent` | gone; the audit keeps that and when something was accepted |
/// | `customer_number` | stays reserved, names no account, and is never given to another person |
/// | `enrolment` | stays with the invitation; what was typed was erased when it ended |
/// | `audit` | stays: the account's id is a pseudonym that names nobody any more (Z-30) |
///
/// HMACs of networks, addresses and identifiers that limits are counted by (`throttle`, `destination`,
/// `refusal`), and answers kept for a repeated request (`idempotency`) hold no account's id and tell
/// nothing of a person. An account that another practice has too stays there; here it is gone.
///
/// It is run behind ``LockAccount``, so that of two practices that erase it one sees that it is the last.
struct EraseAccount: Statement {
    let act: Act
    let account: UUID

    static let lane = Lane.ordinary

    static let sql = """
        with gone as (  -- 1. The member, once.
            delete from membership
            where membership.practice_id = $1::uuid
              and membership.account_id = $4::uuid
            returning membership.account_id
        ),
        elsewhere as (
            select membership.account_id
            from membership
            where membership.account_id = $4::uuid
              and membership.practice_id <> $1::uuid
        ),
        \(of("identifier")),
        \(of("patient_link")),
        \(of("contact_change")),
        \(of("recovery_pin")),
        \(of("desk_code")),
        \(of("freeze_code")),
        \(of("login_pass")),
        \(of("remembered_device")),
        \(of("session")),
        \(of("login")),
        \(of("consent")),
        recovery_gone as (  -- 2. Its recoveries; the subjects of their codes are keyed hashes.
            delete from recovery
            where recovery.practice_id = $1::uuid
              and recovery.account_id = $4::uuid
              and exists (select from gone)
            returning recovery.recovery_id
        ),
        recovery_code_gone as (
            delete from code
            using recovery_gone
            where code.practice_id = $1::uuid
              and code.flow_id = recovery_gone.recovery_id
              and code.subject_id <> $4::uuid
            returning code.code_id
        ),
        code_gone as (  -- 3. Its codes, and what brought them.
            delete from code
            where code.practice_id = $1::uuid
              and code.subject_id = $4::uuid
              and exists (select from gone)
            returning code.code_id
        ),
        request_gone as (  -- Those that other systems asked for have subjects of their own (Z-19).
            delete from code_request
            where code_request.practice_id = $1::uuid
              and code_request.account_id = $4::uuid
              and exists (select from gone)
            returning code_request.request_id, code_request.subject_id
        ),
        requested_code_gone as (
            delete from code
            using request_gone
            where code.practice_id = $1::uuid
              and code.flow_id = request_gone.request_id
            returning code.code_id
        ),
        subject_gone as (
            delete from code_subject
            using (
                select request_gone.subject_id from request_gone
                union
                select $4::uuid from gone
            ) as subject
            where code_subject.practice_id = $1::uuid
              and code_subject.subject_id = subject.subject_id
        ),
        message_gone as (
            delete from message
            using (
                select code_gone.code_id from code_gone
                union all
                select requested_code_gone.code_id from requested_code_gone
                union all
                select recovery_code_gone.code_id from recovery_code_gone
            ) as carried
            where message.practice_id = $1::uuid
              and message.code_id = carried.code_id
        ),
        reserved as (  -- 4. A number names nobody from now on.
            update customer_number
            set account_id = null
            where customer_number.practice_id = $1::uuid
              and customer_number.account_id = $4::uuid
              and exists (select from gone)
        ),
        contact_gone as (  -- 5. The person, unless another practice has them too.
            delete from contact
            where contact.account_id = $4::uuid
              and exists (select from gone)
              and not exists (select from elsewhere)
        ),
        factor_gone as (
            delete from factor
            where factor.account_id = $4::uuid
              and exists (select from gone)
              and not exists (select from elsewhere)
        ),
        recovery_codes_gone as (
            delete from recovery_codes
            where recovery_codes.account_id = $4::uuid
              and exists (select from gone)
              and not exists (select from elsewhere)
        ),
        account_gone as (
            delete from account
            where account.account_id = $4::uuid
              and exists (select from gone)
              and not exists (select from elsewhere)
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.accountErased.rawValue)', 'done',
                   case when exists (select from elsewhere) then 'stays-elsewhere' end,
                   $2::uuid, $4::uuid, $4::uuid, $3::uuid
            from gone
        )
        select exists (select from gone) as erased, $nonce as nonce
        """

    var parameters: [Parameter] {
        [.uuid(act.practiceID), act.client, .uuid(act.requestID), .uuid(account)]
    }

    /// False where somebody was faster.
    static func decode(_ rows: [Row]) throws -> Bool {
        try rows.first?.bool("erased") ?? false
    }

    /// The arm that takes out a member's rows of one table.
    private static func of(_ table: String) -> String {
        """
        \(table)_gone as (
                delete from \(table)
                where \(table).practice_id = $1::uuid
                  and \(table).account_id = $4::uuid
                  and exists (select from gone)
            )
        """
    }
}
