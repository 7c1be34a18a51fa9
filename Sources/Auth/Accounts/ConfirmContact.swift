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
            returning contact_change.account_id, contact_change.address, judged.is_named,
                      null::timestamptz as recovered_at, true as keeps_former
        ),
        -- 3. The new contact in place of the former.
        \(ContactMove.arms(
            kind: "$10", contact: "$14", former: "contact.kind = $10::text", indexes: "$13",
            keyIDs: "$17", value: "$18")),
        decided as (
            select \(GuessCode.word(accepted: "judged.verdict is not null")),
                   \(GuessCode.columns()),
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
                    \(ContactMove.names(account: "$9", indexes: "$13", address: "$16"))
                ) as free
                where attempted.matched
                  and attempted.alive
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
