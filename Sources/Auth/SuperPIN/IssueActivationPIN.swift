import Foundation
import Postgres

/// Gives a patient a customer number, once, and an activation PIN in the place of the one before, and
/// tells the contacts of the patient's account (AC-8, Z-11).
///
/// Of parallel ones each waits for the row of the one before it: the PIN with the latest `created_at`
/// is the one that stands.
struct IssueActivationPIN: IdempotentStatement {
    let act: Act
    let patientID: UUID
    let hash: SealedSuperPIN
    let way: ActivationPIN.Way
    /// The super-PIN itself, sealed for a request that is repeated (Z-24); nil where none can be.
    let sealed: [UInt8]?
    /// The account whose contacts are told; nil where the patient has none of their own.
    let account: UUID?
    let notice: SuperPINNotice
    /// To choose from: with 100,000 patients all four are taken once in 10^15.
    var candidates = (1...4).map { _ in CustomerNumber.random() }

    enum Outcome: Sendable {
        case issued(Issued)
        /// The patient is gone.
        case unknown
        /// Somebody else was faster in something: to be looked at anew.
        case raced
    }

    struct Issued: Sendable {
        let customerNumber: String
        let patientID: UUID
        let way: ActivationPIN.Way
        let createdAt: Date
        let expiresAt: Date
        let sealed: [UInt8]?
    }

    static let arms = """
        held as (  -- 1. The entry, which nobody takes out meanwhile, with whose it is.
            select patient.patient_id, (
                       select patient_link.account_id
                       from patient_link
                       where patient_link.practice_id = $1::uuid
                         and patient_link.patient_id = $6::uuid
                         and patient_link.role = 'self') as account_id
            from patient
            where patient.practice_id = $1::uuid
              and patient.patient_id = $6::uuid
              and not exists (select from stored)
            for key share
        ),
        meant as (  -- The contacts that are told are those of the account as it is now.
            select held.patient_id, held.account_id
            from held
            where held.account_id is not distinct from $11::uuid
        ),
        numbered as (  -- 2. The first number that is nobody's, unless the patient has one.
            insert into customer_number (practice_id, patient_id, number, account_id)
            select $1::uuid, meant.patient_id, candidate.number, meant.account_id
            from meant
            cross join unnest($9::text[]) as candidate (number)
            on conflict do nothing
            returning number
        ),
        named as (
            select numbered.number
            from numbered
            union all
            select customer_number.number
            from meant
            join customer_number
                on customer_number.practice_id = $1::uuid
                and customer_number.patient_id = meant.patient_id
        ),
        pinned as (  -- 3. The PIN; the one before is void from now on.
            insert into activation_pin (practice_id, patient_id, hash, way, expires_at)
            select $1::uuid, meant.patient_id, $7::bytea, $8::text,
                   clock_timestamp() + \(life)
            from meant
            join named on true
            on conflict (practice_id, patient_id) do update
            set hash = excluded.hash,
                way = excluded.way,
                tries_left = \(ActivationPIN.tries),
                used_at = null,
                created_at = clock_timestamp(),
                expires_at = clock_timestamp() + \(life),
                issues = \(Instants.within("1 day", of: "activation_pin.issues")) || clock_timestamp()
            where cardinality(\(Instants.within("1 day", of: "activation_pin.issues")))
                < \(ActivationPIN.issuesPerDay)
            returning patient_id, way, created_at, expires_at
        ),
        told as (  -- 4. Whoever has the account hears of it; as often as PINs can be made (Z-22).
            insert into message
                (practice_id, message_id, channel, template, locale, body, expires_at)
            select $1::uuid, notice.message_id, 'email',
                   '\(MessageTemplate.superPINMade.rawValue)', notice.locale,
                   decode(notice.body, 'base64'),
                   clock_timestamp() + interval '\(SuperPINNotice.triedForHours) hours'
            from pinned
            cross join jsonb_to_recordset($13::jsonb) as notice
                (message_id uuid, locale text, body text)
        ),
        audited as (  -- 5. Who made it, and how it goes to the patient.
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id,
                 acting_staff)
            select $1::uuid, '\(AuditEvent.superPINIssued.rawValue)', 'done', pinned.way,
                   $2::uuid, meant.account_id, pinned.patient_id, $5::uuid, $12::text
            from pinned, meant
        ),
        outcome as (
            select case
                       when pinned.patient_id is not null then 'issued'
                       when held.patient_id is null then 'unknown'
                       else 'raced'
                   end as word,
                   pinned.patient_id is not null as lasting,
                   (select named.number from named limit 1) as customer_number,
                   pinned.patient_id, pinned.way, pinned.created_at, pinned.expires_at,
                   $10::bytea as sealed_pin
            from (values (1)) as always_one_row
            left join held on true
            left join pinned on true
        )
        """

    private static let life = "interval '\(ActivationPIN.lifeDays) days'"

    var ownParameters: [Parameter] {
        [
            .uuid(patientID), .bytes(hash.bytes), .text(way.rawValue),
            .texts(candidates.map(\.digits)),
            sealed.map(Parameter.bytes) ?? .null, account.map(Parameter.uuid) ?? .null,
            act.staff.map { .text($0.text) } ?? .null, notice.parameter,
        ]
    }

    static func outcome(_ row: Row) throws -> Outcome {
        switch try row.text("word") {
        case "issued":
            guard let way = ActivationPIN.Way(rawValue: try row.text("way")) else {
                throw PostgresError.undecodable("way")
            }
            return .issued(
                Issued(
                    customerNumber: try row.text("customer_number"),
                    patientID: try row.uuid("patient_id"), way: way,
                    createdAt: try row.instant("created_at"),
                    expiresAt: try row.instant("expires_at"),
                    sealed: try row.bytesIfPresent("sealed_pin")))
        case "unknown": return .unknown
        case "raced": return .raced
        default: throw PostgresError.undecodable("word")
        }
    }
}
