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
/// | `recovery`, `desk_code` | gone, with all codes of recoveries; also those that became nobody's |
/// | `freeze_code` | gone |
/// | `linking_code` | gone |
/// | `remembered_device` | gone |
/// | `login_pass` | gone |
/// | `session` | gone; access tokens end within ten minutes |
/// | `login` | gone |
/// | `code`, `code_subject`, `code_request` | gone: codes, where they went, what they were for |
/// | `message` | those with its codes gone; others lost their bodies when they were sent |
/// | `consent` | gone; the audit keeps that and when something was accepted |
/// | `customer_number` | stays reserved, names no account, and is never given to another person |
/// | `idempotency` | gone where the answer names the account, or a code or sign-in that was its own |
/// | `enrolment` | stays with the invitation; what was typed was erased when it ended |
/// | `audit` | stays: the account's id is a pseudonym that names nobody any more (Z-30) |
///
/// HMACs of networks, addresses and identifiers that limits are counted by (`throttle`, `destination`,
/// `refusal`) hold no account's id and tell nothing of a person. What tells of the register's entry is
/// the practice's and stays with it: invitations, and for 24 hours the answers to who made them. A code
/// that another system sent to an address, naming no account, is known by that address alone, masked or
/// sealed, and goes after its days. An account that another practice has too stays there; here it is
/// gone.
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
            returning membership.account_id, membership.subject
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
        \(of("recovery_pin", returning: "pin_id")),
        \(of("desk_code", returning: "desk_code_id")),
        \(of("freeze_code")),
        \(of("linking_code", returning: "code_id")),
        \(of("login_pass")),
        \(of("remembered_device", returning: "device_id")),
        \(of("session", returning: "session_id")),
        \(of("login", returning: "login_id")),
        \(of("consent")),
        recovery_gone as (  -- 2. Its recoveries; the subjects of their codes are keyed hashes.
            delete from recovery
            where recovery.practice_id = $1::uuid
              and (recovery.account_id = $4::uuid or recovery.former_account_id = $4::uuid)
              and exists (select from gone)
            returning recovery.recovery_id
        ),
        recovery_code_gone as (
            delete from code
            using recovery_gone
            where code.practice_id = $1::uuid
              and code.flow_id = recovery_gone.recovery_id
              and code.subject_id <> $4::uuid
            returning code.code_id, code.subject_id, code.purpose
        ),
        recovery_subject_gone as (  -- With its newest code, which alone it would be purged with.
            delete from code_subject
            using recovery_code_gone
            where code_subject.practice_id = $1::uuid
              and code_subject.subject_id = recovery_code_gone.subject_id
              and code_subject.purpose = recovery_code_gone.purpose
              and code_subject.newest_code_id = recovery_code_gone.code_id
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
        named as (  -- 4. What answers call it by that are kept for a repetition (Z-24).
            select $4::uuid as id from gone
            union all
            select gone.subject from gone
            union all
            select session_gone.session_id from session_gone
            union all
            select login_gone.login_id from login_gone
            union all
            select remembered_device_gone.device_id from remembered_device_gone
            union all
            select recovery_pin_gone.pin_id from recovery_pin_gone
            union all
            select desk_code_gone.desk_code_id from desk_code_gone
            union all
            select linking_code_gone.code_id from linking_code_gone
            union all
            select recovery_gone.recovery_id from recovery_gone
            union all
            select request_gone.request_id from request_gone
            union all
            select code_gone.code_id from code_gone
            union all
            select requested_code_gone.code_id from requested_code_gone
            union all
            select recovery_code_gone.code_id from recovery_code_gone
            union all
            select factor.factor_id
            from factor
            where factor.account_id = $4::uuid
              and exists (select from gone)
            union all
            select recovery_codes.set_id
            from recovery_codes
            where recovery_codes.account_id = $4::uuid
              and exists (select from gone)
        ),
        answer_gone as (  -- The practice's whole day is read: too seldom for an index.
            delete from idempotency
            where idempotency.practice_id = $1::uuid
              and idempotency.ctid = any (array(
                  select kept.ctid
                  from idempotency as kept
                  cross join lateral jsonb_each_text(kept.outcome) as member
                  join named on named.id::text = member.value
                  -- A range, so that no plan reads those of all practices.
                  where kept.practice_id between $1::uuid and $1::uuid))
        ),
        reserved as (  -- 5. A number names nobody from now on.
            update customer_number
            set account_id = null
            where customer_number.practice_id = $1::uuid
              and customer_number.account_id = $4::uuid
              and exists (select from gone)
        ),
        contact_gone as (  -- 6. The person, unless another practice has them too.
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
    ///
    /// - Parameter column: what `named` reads of them.
    private static func of(_ table: String, returning column: String? = nil) -> String {
        """
        \(table)_gone as (
                delete from \(table)
                where \(table).practice_id = $1::uuid
                  and \(table).account_id = $4::uuid
                  and exists (select from gone)
                \(column.map { "returning \(table).\($0)" } ?? "")
            )
        """
    }
}
