import Cryptography
import Foundation
import Postgres

/// Makes the one change of a recovery, if two proofs of different classes stand and no other recovery
/// was too short a time ago (Z-2).
///
/// Rows are locked in the order account, recovery, factor, contact, super-PIN. It is run in the
/// transaction that ends everything else and tells the owner.
struct FinishRecovery: IdempotentStatement {
    let act: Act
    let recovery: Recovery
    let change: Change
    /// Whether the practice's policy lets codes of a sign-in go to a mailbox.
    let emailCodes: Bool

    static let lane = Lane.ordinary

    enum Change: Sendable {
        case password(SealedPassword)
        /// The factor that is lost, and the number that was proven in its place, if one was. Where the
        /// account has none that a sign-in can ask for, it is the number alone.
        case factor(UUID?)
        /// The mailbox that is lost, and the one that takes its place.
        case mailbox(UUID, by: NewMailbox)
    }

    /// A mailbox in which a code of this recovery was read.
    struct NewMailbox: Sendable {
        let contactID = SecureRandom.uuid()
        let address: String
        /// What the account signs in with from now on, where nobody else does.
        let identifier: SealedIdentifier
    }

    enum Outcome: Sendable {
        /// - Parameters:
        ///   - tellsFormer: whether the mailbox that is no more its contact is told too; one that the
        ///     owner's freeze was against is not.
        ///   - liftsFreeze: whether its owner had stopped the account.
        case changed(tellsFormer: Bool, liftsFreeze: Bool)
        case refused(Problem.Kind)
        case waiting(until: Date)
    }

    static let arms = """
        owned as (  -- 1. The account first: of two recoveries of it one waits for the other.
            select account.account_id, account.created_at, account.recovered_at,
                   account.recovered_classes, account.frozen_at, account.opposed_at,
                   account.disabled_at, account.password_changed_at,
                   account.password_recovered_at
            from recovery
            join account using (account_id)
            where recovery.practice_id = $1::uuid
              and recovery.client_id = $2::uuid
              and recovery.recovery_id = $6::uuid
              and not exists (select from stored)
            for update of account
        ),
        standing as (
            select recovery.*, owned.recovered_at, owned.recovered_classes,
                   owned.frozen_at, owned.opposed_at, owned.disabled_at,
                   owned.created_at as account_created_at,
                   (select array_agg(distinct proof ->> 'class')
                    from jsonb_array_elements(recovery.proofs) as proof
                    where not \(RecoveryProof.isSuspect(of: "owned"))) as classes,
                   (select array_agg((proof ->> 'id')::uuid)
                    from jsonb_array_elements(recovery.proofs) as proof) as proof_ids
            from owned
            join recovery using (account_id)
            where recovery.practice_id = $1::uuid
              and recovery.recovery_id = $6::uuid
            for update of recovery
        ),
        lost as (  -- Neither proof is by what is lost.
            select factor.factor_id
            from standing
            join factor using (account_id)
            where factor.factor_id = $10::uuid
              and factor.type <> 'email'
              and factor.activated_at is not null
              and factor.factor_id <> all (standing.proof_ids)
        ),
        lost_mailbox as (
            select contact.contact_id, contact.confirmed_at, contact.recovered_at
            from standing
            join contact using (account_id)
            where contact.contact_id = $11::uuid
              and contact.kind = 'email'
              and contact.confirmed_at is not null
              and contact.contact_id <> all (standing.proof_ids)
        ),
        \(waysLeftArms),
        judged as (
            select standing.*, free.address as is_named,
                   case
                       when standing.done_at is not null or standing.ended_at is not null
                           or standing.expires_at <= clock_timestamp()
                           or standing.frozen_at > standing.created_at
                           or standing.disabled_at is not null and standing.frozen_at is null
                       then 'ended'
                       when not $17::bool
                           or coalesce(cardinality(\(classes)), 0) < 2
                           or $11::uuid is not null
                               and (standing.new_mailbox_proven_at is null
                                    or standing.new_mailbox <> $13::text)
                           or jsonb_array_length(standing.proofs) <> $7::int8 then 'insufficient'
                       when $8::bool and standing.change_from > clock_timestamp() then 'early'
                       -- Once its owner has stopped what was recovered, other proofs may undo it.
                       when standing.recovered_at > clock_timestamp() - \(wait)
                           and (standing.frozen_at is null
                                or standing.frozen_at <= standing.recovered_at
                                or \(classes) <@ standing.recovered_classes)
                       then 'waiting'
                       when $10::uuid is not null and not exists (select from lost)
                           or $11::uuid is not null and not exists (select from lost_mailbox)
                       then 'factor-unknown'
                       \(waysLeftWords)
                       when $11::uuid is not null
                           and not (free.address or free.otherwise_named)
                       then 'address-taken'
                       else 'changed'
                   end as word
            from standing
            cross join ways_left
            cross join lateral (
                \(ContactMove.names(
                    account: "standing.account_id", indexes: "$14", address: "lower($13::text)"))
            ) as free
        ),
        finished as (
            update recovery
            set done_at = clock_timestamp(),
                changed = case
                    when $11::uuid is not null then '\(RecoveryProof.Loss.mailbox.rawValue)'
                    when \(isOfFactor) then '\(RecoveryProof.Loss.factor.rawValue)'
                    else '\(RecoveryProof.Loss.password.rawValue)'
                end
            from judged
            where judged.word = 'changed'
              and recovery.practice_id = $1::uuid
              and recovery.recovery_id = $6::uuid
            returning recovery.recovery_id, recovery.account_id, recovery.changed, recovery.done_at
        ),
        restored as (  -- 2. The account, which a freeze no longer stops.
            update account
            set password = coalesce($9::bytea, account.password),
                password_changed_at = case
                    when $9::bytea is null then account.password_changed_at
                    else finished.done_at
                end,
                password_recovered_at = case
                    when $9::bytea is null then account.password_recovered_at
                    else finished.done_at
                end,
                password_recovered_in = case
                    when $9::bytea is null then account.password_recovered_in
                    else $1::uuid
                end,
                password_change_due = account.password_change_due and $9::bytea is null,
                disabled_at = null,
                frozen_at = null,
                opposed_at = null,
                recovered_at = clock_timestamp(),
                strange_failures = 0,
                -- Without a new one there is none to append; a null would make all waits endless.
                recovered_by = array_remove(
                    judged.proof_ids || judged.new_factor_id || $12::uuid, null),
                recovered_classes = judged.classes
            from finished, judged
            where account.account_id = finished.account_id
            returning account.account_id
        ),
        dropped as (  -- 3. What is lost, and what the freeze was against.
            delete from factor
            using finished, judged
            where factor.account_id = finished.account_id
              and factor.factor_id is distinct from $11::uuid
              and (factor.factor_id = $10::uuid
                   or \(reach.isAgainst("factor", since: "activated_at")))
            returning factor.factor_id
        ),
        \(contactArms),
        voided as (
            delete from recovery_codes
            using finished, judged
            where recovery_codes.account_id = finished.account_id
              and \(reach.includes("recovery_codes.created_at"))
        ),
        bound as (
            insert into factor
                (account_id, factor_id, practice_id, type, address, activated_at, recovered_at)
            select finished.account_id, judged.new_factor_id, $1::uuid, 'sms', judged.new_number,
                   clock_timestamp(), clock_timestamp()
            from finished, judged
            where \(isOfFactor)
              and judged.new_number_proven_at is not null
              and (select count(*) from dropped) >= 0
        ),
        confirmed as (  -- 4. The mailbox that was proven, in place of the lost one.
            select finished.account_id, judged.new_mailbox as address, judged.is_named,
                   clock_timestamp() as recovered_at,
                   exists (\(lostByItsOwner)) as keeps_former
            from finished, judged
            where $11::uuid is not null
        ),
        \(ContactMove.arms(
            kind: "'email'", contact: "$12", former: "contact.contact_id = $11::uuid",
            indexes: "$14", keyIDs: "$15", value: "$16")),
        spent as (  -- 5. The used super-PIN dies (S4).
            update recovery_pin
            set ended_at = clock_timestamp()
            from finished, judged
            where recovery_pin.practice_id = $1::uuid
              and recovery_pin.account_id = finished.account_id
              and (recovery_pin.pin_id = any (judged.proof_ids)
                   or \(reach.includes("recovery_pin.activated_at")))
              and recovery_pin.ended_at is null
        ),
        outcome as (
            select coalesce(judged.word, 'ended') as word,
                   finished.recovery_id is not null as lasting,
                   exists (\(lostByItsOwner)) as tells_former,
                   judged.frozen_at is not null as lifts_freeze,
                   case judged.word
                       when 'early' then judged.change_from
                       else judged.recovered_at + \(wait)
                   end as waits_until
            from (values (1)) as always_one_row
            left join judged on true
            left join finished on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.recoveryCompleted.rawValue)',
                   case when outcome.word = 'changed' then 'done' else 'refused' end,
                   coalesce(finished.changed, outcome.word), $2::uuid, judged.account_id, $6::uuid,
                   $5::uuid
            from outcome
            cross join judged
            left join finished on true
        )
        """

    static let reach = FreezeReach(of: "judged", createdAt: "account_created_at")

    /// Those that count: the password does where a mailbox was lost.
    private static let classes = """
        case
            when $11::uuid is not null then standing.classes
            else array_remove(standing.classes, '\(RecoveryProof.passwordClass)')
        end
        """

    /// Of a mailbox that no freeze was against.
    private static let lostByItsOwner = """
        select from lost_mailbox
                       where \(reach.isAgainst("lost_mailbox", since: "confirmed_at")) is not true
        """

    private static let wait = RecoveryLimits.wait

    var ownParameters: [Parameter] {
        let verdict = recovery.verdict(for: change.loss)
        let mustWait = verdict == .sufficientLater
        let changed: [Parameter] =
            switch change {
            case .password(let sealed): [.bytes(sealed.bytes), .null, .null, .null, .null]
            case .factor(let lost):
                [.null, lost.map(Parameter.uuid) ?? .null, .null, .null, .null]
            case .mailbox(let lost, let new):
                [.null, .null, .uuid(lost), .uuid(new.contactID), .text(new.address)]
            }
        return [.uuid(recovery.id), .int(recovery.proofs.count), .bool(mustWait)] + changed
            + SealedIdentifier.parameters(change.newMailbox?.identifier)
            + [.bool(verdict != .insufficient), .bool(emailCodes)]
    }

    static func outcome(_ row: Row) throws -> Outcome {
        switch try row.text("word") {
        // What a former version stored says nothing of either.
        case "changed":
            return .changed(
                tellsFormer: try row.boolIfPresent("tells_former") ?? true,
                liftsFreeze: try row.boolIfPresent("lifts_freeze") ?? false)
        case "early", "waiting": return .waiting(until: try row.instant("waits_until"))
        case "insufficient": return .refused(.stepOutOfOrder)
        case "factor-unknown": return .refused(.factorUnknown)
        case "address-taken": return .refused(.addressTaken)
        default: return .refused(.recoveryEnded)
        }
    }
}

extension FinishRecovery.Change {
    var loss: RecoveryProof.Loss {
        switch self {
        case .password: .password
        case .factor: .factor
        case .mailbox: .mailbox
        }
    }

    var newMailbox: FinishRecovery.NewMailbox? {
        if case .mailbox(_, let new) = self { new } else { nil }
    }
}
