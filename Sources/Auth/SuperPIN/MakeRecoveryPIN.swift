import Cryptography
import Foundation
import Postgres

/// Keeps an account's next super-PIN, which works only once it is activated; the one that works goes on
/// working until then, and one that was pending is given up (AC-5, AC-8).
///
/// An account that has no customer number gets one: that of its own patient, or one of its own where it
/// has none. Of parallel ones, one after the other meets `recovery_pin_pending_key` and is run again.
struct MakeRecoveryPIN: IdempotentStatement {
    let act: Act
    let account: UUID
    let session: UUID
    let pinID: UUID
    let hash: SealedSuperPIN
    /// The super-PIN itself, sealed for a request that is repeated (Z-24); nil where none can be.
    let sealed: [UInt8]?
    /// To choose from: with 100,000 patients all four are taken once in 10^15.
    var candidates = (1...4).map { _ in CustomerNumber.random() }

    static let lane = Lane.ordinary
    static let retryableConstraints = ["idempotency_pkey", "recovery_pin_pending_key"]

    enum Outcome: Sendable {
        case made(Made)
        /// Somebody else was faster in something: to be looked at anew.
        case raced
    }

    struct Made: Sendable {
        let customerNumber: String
        let pinID: UUID
        let createdAt: Date
        let sealed: [UInt8]?
    }

    static let arms = """
        held as (  -- 1. The account, and the patient that it is, if any.
            select membership.account_id, (
                       select patient_link.patient_id
                       from patient_link
                       where patient_link.practice_id = $1::uuid
                         and patient_link.account_id = $6::uuid
                         and patient_link.role = 'self'
                       order by patient_link.created_at
                       limit 1) as patient_id
            from membership
            where membership.practice_id = $1::uuid
              and membership.account_id = $6::uuid
              and not exists (select from stored)
              and (
                  select count(*)
                  from recovery_pin
                  where recovery_pin.practice_id = $1::uuid
                    and recovery_pin.account_id = $6::uuid
                    and recovery_pin.created_at > clock_timestamp() - interval '1 day')
                  < \(RecoveryPIN.issuesPerDay)
            for key share
        ),
        numbered as (  -- 2. The first number that is nobody's, unless there is one.
            insert into customer_number (practice_id, number, patient_id, account_id)
            select $1::uuid, candidate.number, held.patient_id, held.account_id
            from held
            cross join unnest($9::text[]) as candidate (number)
            where not exists (
                select from customer_number
                where customer_number.practice_id = $1::uuid
                  and customer_number.account_id = held.account_id
                  and customer_number.patient_id is null)
            on conflict do nothing
            returning number
        ),
        named as (
            select numbered.number, 1 as place
            from numbered
            union all
            select customer_number.number, 2
            from held
            join customer_number
                on customer_number.practice_id = $1::uuid
                and customer_number.patient_id = held.patient_id
            union all
            select customer_number.number, 3
            from held
            join customer_number
                on customer_number.practice_id = $1::uuid
                and customer_number.account_id = held.account_id
                and customer_number.patient_id is null
        ),
        given_up as (  -- 3. One that nobody has saved.
            update recovery_pin
            set ended_at = clock_timestamp()
            from held
            where recovery_pin.practice_id = $1::uuid
              and recovery_pin.account_id = held.account_id
              and recovery_pin.activated_at is null
              and recovery_pin.ended_at is null
              and exists (select from named)
            returning recovery_pin.pin_id
        ),
        made as (  -- 4. The next.
            insert into recovery_pin (practice_id, account_id, pin_id, session_id, hash)
            select $1::uuid, held.account_id, $7::uuid, $11::uuid, $8::bytea
            from held
            where exists (select from named)
              and (select count(*) from given_up) >= 0
            returning pin_id, created_at
        ),
        outcome as (
            select case when made.pin_id is not null then 'made' else 'raced' end as word,
                   made.pin_id is not null as lasting,
                   (select named.number from named order by named.place limit 1)
                       as customer_number,
                   made.pin_id, made.created_at, $10::bytea as sealed_pin
            from (values (1)) as always_one_row
            left join made on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.ownSuperPINMade.rawValue)', 'done', $2::uuid,
                   $6::uuid, made.pin_id, $5::uuid
            from made
        )
        """

    var ownParameters: [Parameter] {
        [
            .uuid(account), .uuid(pinID), .bytes(hash.bytes), .texts(candidates.map(\.digits)),
            sealed.map(Parameter.bytes) ?? .null, .uuid(session),
        ]
    }

    static func outcome(_ row: Row) throws -> Outcome {
        guard try row.text("word") == "made" else { return .raced }
        return .made(
            Made(
                customerNumber: try row.text("customer_number"), pinID: try row.uuid("pin_id"),
                createdAt: try row.instant("created_at"),
                sealed: try row.bytesIfPresent("sealed_pin")))
    }
}
