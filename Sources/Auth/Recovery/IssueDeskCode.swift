import Foundation
import Postgres

/// Makes a desk code for the account of a patient, with who made it and what was seen (Z-11).
///
/// A further one of the same member of staff takes the place of the one before.
struct IssueDeskCode: IdempotentStatement {
    let act: Act
    let account: UUID
    let codeID: UUID
    let hash: [UInt8]
    let document: DeskCode.IdentityDocument
    /// The code itself, sealed for a request that is repeated (Z-24); nil where none can be.
    let sealed: [UInt8]?

    static let lane = Lane.ordinary

    enum Outcome: Sendable {
        case issued(Issued)
        case tooMany(until: Date)
    }

    struct Issued: Sendable {
        let id: UUID
        let account: UUID
        let createdAt: Date
        let expiresAt: Date
        let sealed: [UInt8]?
    }

    static let arms = """
        held as (  -- One after the other, so that the day's count is exact.
            select account.account_id
            from account
            where account.account_id = $6::uuid
              and not exists (select from stored)
            for update
        ),
        made as (
            select held.account_id,
                   (select array_agg(desk_code.created_at order by desk_code.created_at)
                    from desk_code
                    where desk_code.practice_id = $1::uuid
                      and desk_code.account_id = held.account_id
                      and desk_code.created_at > clock_timestamp() - interval '1 day') as instants
            from held
        ),
        replaced as (
            update desk_code
            set ended_at = clock_timestamp()
            from made
            where desk_code.practice_id = $1::uuid
              and desk_code.account_id = made.account_id
              and desk_code.acting_staff = $10::text
              and desk_code.used_at is null
              and desk_code.ended_at is null
              and coalesce(cardinality(made.instants), 0) < \(DeskCode.issuesPerDay)
        ),
        issued as (
            insert into desk_code
                (practice_id, account_id, desk_code_id, code_hash, identity_document,
                 acting_staff, expires_at)
            select $1::uuid, made.account_id, $7::uuid, $8::bytea, $9::text, $10::text,
                   clock_timestamp() + interval '\(DeskCode.lifeMinutes) minutes'
            from made
            where coalesce(cardinality(made.instants), 0) < \(DeskCode.issuesPerDay)
            returning desk_code_id, account_id, created_at, expires_at
        ),
        outcome as (
            select issued.*, issued.desk_code_id is not null as lasting,
                   $11::bytea as sealed_code,
                   made.instants[1] + interval '1 day' as again_at
            from (values (1)) as always_one_row
            left join made on true
            left join issued on true
        ),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id,
                 acting_staff)
            select $1::uuid, '\(AuditEvent.deskCodeMade.rawValue)',
                   case when issued.desk_code_id is null then 'refused' else 'done' end,
                   case when issued.desk_code_id is null then 'limit-reached' else $9::text end,
                   $2::uuid, made.account_id, issued.desk_code_id, $5::uuid, $10::text
            from made
            left join issued on true
        )
        """

    var ownParameters: [Parameter] {
        [
            .uuid(account), .uuid(codeID), .bytes(hash), .text(document.rawValue),
            act.staff.map { .text($0.text) } ?? .null, sealed.map(Parameter.bytes) ?? .null,
        ]
    }

    static func outcome(_ row: Row) throws -> Outcome {
        guard let id = try row.uuidIfPresent("desk_code_id") else {
            return .tooMany(until: try row.instant("again_at"))
        }
        return .issued(
            Issued(
                id: id, account: try row.uuid("account_id"),
                createdAt: try row.instant("created_at"),
                expiresAt: try row.instant("expires_at"),
                sealed: try row.bytesIfPresent("sealed_code")))
    }
}

/// The patient's own account, where a recovery may help: a living one, or one that its owner stopped.
struct FindDeskPatient: Statement {
    let practice: UUID
    let externalID: ExternalID

    static let sql = """
        select patient_link.account_id, $nonce as nonce
        from patient
        join patient_link
            on patient_link.practice_id = $1::uuid
            and patient_link.patient_id = patient.patient_id
            and patient_link.role = 'self'
        join account on account.account_id = patient_link.account_id
        where patient.practice_id = $1::uuid
          and patient.external_id = $2::text
          and (account.disabled_at is null or account.frozen_at is not null)
        """

    var parameters: [Parameter] { [.uuid(practice), .text(externalID.text)] }

    static func decode(_ rows: [Row]) throws -> UUID? { try rows.first?.uuid("account_id") }
}
