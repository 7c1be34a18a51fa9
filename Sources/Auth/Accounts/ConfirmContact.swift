import Cryptography
import Foundation
import Postgres

/// Spends one guess on the code that went to an address; the right one makes that the account's contact
/// and, of a mailbox, what it signs in with, all at once.
///
/// An address that somebody of the practice has already names nobody besides (Z-17): the account keeps
/// its username or customer number, and where it has none, nothing is changed. It runs in a transaction
/// that holds the account; rows are locked in the order subject, code.
struct ConfirmContact: IdempotentStatement {
    let act: Act
    let guess: GuessCode
    let account: UUID
    let session: UUID
    let kind: ContactChange.Kind
    /// Of a mailbox, as it is compared.
    let identifier: SealedIdentifier?
    /// Of a mailbox, in small letters.
    let address: String?

    static let lane = Lane.ordinary

    enum Outcome: Sendable {
        case confirmed
        /// Somebody else is known by the address, and the account by nothing but its own.
        case taken
        case refused(GuessRefusal)
    }

    static let arms = """
        flow as (  -- 1. The change, as this sign-in may see it.
            select contact_change.change_id as flow_id, contact_change.account_id as subject_id,
                   $11::text as purpose, contact_change.confirmed_at is not null as done,
                   false as ended
            from contact_change
            where contact_change.practice_id = $1::uuid
              and contact_change.account_id = $9::uuid
              and contact_change.kind = $10::text
              and contact_change.change_id = $6::uuid
              and contact_change.session_id = $12::uuid
              and not exists (select from stored)
        ),
        \(GuessCode.arms),
        \(judgedArm),
        confirmed as (  -- 2. The change.
            update contact_change
            set confirmed_at = clock_timestamp()
            from judged
            where contact_change.practice_id = $1::uuid
              and contact_change.account_id = $9::uuid
              and contact_change.kind = $10::text
              and contact_change.change_id = $6::uuid
              and judged.verdict = 'confirmed'
            returning contact_change.address, judged.is_named
        ),
        \(movedArms),
        decided as (
            select \(GuessCode.word(accepted: "judged.verdict is not null")),
                   \(GuessCode.columns),
                   judged.verdict
            from (values (1)) as always_one_row
            \(GuessCode.joins)
            left join judged on true
        ),
        outcome as (
            select decided.*, decided.word \(GuessCode.lasting) as lasting
            from decided
        ),
        audited as (  -- 4. The guess, and what it changed.
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, act.event, act.result, act.reason, $2::uuid, $9::uuid, act.object_id,
                   $5::uuid
            from outcome
            cross join lateral (values
                ('\(AuditEvent.codeGuessed.rawValue)', outcome.guessed_code_id,
                 case when outcome.word = 'accepted' then 'done' else 'refused' end,
                 case when outcome.word <> 'accepted' then outcome.word end),
                ($15::text, case when outcome.word = 'accepted' then $6::uuid end,
                 case when outcome.verdict = 'confirmed' then 'done' else 'refused' end,
                 case when outcome.verdict <> 'confirmed' then 'address-taken' end)
            ) as act (event, object_id, result, reason)
            where act.object_id is not null
              and outcome.word not in ('unknown', 'overtaken')
              and not exists (select from stored)
        )
        """

    /// Whether the right code came, what the address may name, and whether that is enough.
    private static let judgedArm = """
        judged as (
                select case
                           when $13::bytea[] is null or free.address or free.otherwise_named
                           then 'confirmed'
                           else 'taken'
                       end as verdict,
                       $13::bytea[] is not null and free.address as is_named
                from attempted
                cross join lateral (
                    select not exists (
                               select from identifier
                               where identifier.practice_id = $1::uuid
                                 and identifier.value_index = any ($13::bytea[])
                                 and identifier.account_id <> $9::uuid)
                           and not exists (
                               select from patient
                               where patient.practice_id = $1::uuid
                                 and lower(patient.email) = $16::text
                                 and not exists (
                                     select from patient_link
                                     where patient_link.practice_id = $1::uuid
                                       and patient_link.account_id = $9::uuid
                                       and patient_link.patient_id = patient.patient_id)
                           ) as address,
                           exists (
                               select from identifier
                               where identifier.practice_id = $1::uuid
                                 and identifier.account_id = $9::uuid
                                 and identifier.kind <> 'email')
                           or exists (
                               select from patient_link
                               join customer_number
                                   on customer_number.practice_id = $1::uuid
                                   and customer_number.patient_id = patient_link.patient_id
                               where patient_link.practice_id = $1::uuid
                                 and patient_link.account_id = $9::uuid
                                 and patient_link.role = 'self') as otherwise_named
                ) as free
                where attempted.matched
                  and attempted.alive
            )
        """

    /// The new contact in place of the former, with the factor and the identifier that were its.
    private static let movedArms = """
        removed as (
                delete from contact
                using confirmed
                where contact.account_id = $9::uuid
                  and contact.kind = $10::text
                returning contact.contact_id
            ),
            added as (
                insert into contact (account_id, contact_id, kind, address, confirmed_at)
                select $9::uuid, $14::uuid, $10::text, confirmed.address, clock_timestamp()
                from confirmed
            ),
            followed as (  -- Codes that its owner chose to get by mail go on coming by mail.
                update factor
                set factor_id = $14::uuid
                where factor.account_id = $9::uuid
                  and factor.type = 'email'
                  and $10::text = 'email'
                  and factor.factor_id = (
                      select min(removed.contact_id::text)::uuid
                      from removed)
            ),
            unnamed as (  -- 3. What the account signs in with.
                delete from identifier
                using confirmed
                where identifier.practice_id = $1::uuid
                  and identifier.account_id = $9::uuid
                  and identifier.kind = 'email'
                  and $10::text = 'email'
                  and not (confirmed.is_named and identifier.value_index = any ($13::bytea[]))
            ),
            named as (
                insert into identifier (practice_id, value_index, account_id, kind, key_id, value)
                select $1::uuid, name.value_index, $9::uuid, name.kind, name.key_id, name.value
                from confirmed
                cross join (
                    \(SealedIdentifier.rows(
                        kind: "email", indexes: "$13", keyIDs: "$17", value: "$18"))
                ) as name
                where confirmed.is_named
                on conflict (practice_id, value_index, account_id) do nothing
            )
        """

    var ownParameters: [Parameter] {
        let named = SealedIdentifier.parameters(identifier)
        return guess.parameters + [
            .uuid(account), .text(kind.rawValue), .text(kind.purpose.slug), .uuid(session),
            named[0], .uuid(SecureRandom.uuid()), .text(kind.event.rawValue),
            address.map(Parameter.text) ?? .null, named[1], named[2],
        ]
    }

    static func outcome(_ row: Row) throws -> Outcome {
        if let refusal = try GuessRefusal(row) { return .refused(refusal) }
        return try row.text("verdict") == "confirmed" ? .confirmed : .taken
    }
}
