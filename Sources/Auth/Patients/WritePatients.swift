import Cryptography
import Foundation
import Postgres

/// Creates or replaces entries of a practice's register, one or a few hundred at once; each line is
/// judged by itself, and a line that is refused changes nothing.
///
/// A line that holds what is there already writes nothing. Entries are locked in one order, so that
/// two imports of one file wait for each other and never deadlock on them.
struct WritePatients: Statement {
    let act: Act
    /// At least one, all by the same keys; no two of one external id, and no two of one national number.
    let lines: [SealedPatient]
    var condition = Condition()
    /// Says what would be done, and does nothing.
    var isDryRun = false

    static let lane = Lane.ordinary
    static let retryableConstraints = ["patient_number_pkey"]
    /// Lines of one statement: a few dozen milliseconds.
    static let lineLimit = 200

    /// What a caller demands of the entry that is there (RFC 9110 13.1), as entity tags.
    struct Condition: Sendable {
        /// `If-Match`: one of them, or any entry for `*`.
        var match: [String]?
        /// `If-None-Match`: none of them, or no entry at all for `*`.
        var noneMatch: [String]?
    }

    /// What became of a line, or would.
    struct Written: Sendable {
        let outcome: Outcome
        /// Nil where there is no entry.
        let entry: PatientVersion?
        let hasAccount: Bool
        /// The patient's own account, where the line takes the number away that it was found by.
        var movedAccount: UUID?
        /// The patient's own account, where the line has a mobile that the entry did not have.
        var remobiledAccount: UUID?
        /// Whether all of its mailboxes are told of either; so where there is nothing to tell (Z-18, NO-2).
        var isTold = true
    }

    enum Outcome: String, Sendable {
        case created, changed, unchanged
        /// Another patient of the practice has its national number.
        case taken
        /// The caller's condition does not hold.
        case stale
        /// Somebody else made the entry at the same time: to be judged anew.
        case raced
    }

    static let sql = """
        with line as (
            select line.*
            from unnest(
                $4::text[], $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[],
                $10::text[], $11::text[], $12::bytea[], $13::bytea[], $14::bytea[],
                $16::bytea[]
            ) with ordinality as line (
                external_id, new_id, first_name, last_name, locale, email, mobile,
                general_practitioner, date_of_birth, postcode, national_number, content_mac,
                number)
        ),
        mac as (  -- Number and content of each line by every key of the ring, line after line.
            select (mac.place - 1) / cardinality($15::text[]) + 1 as number,
                   ($15::text[])[(mac.place - 1) % cardinality($15::text[]) + 1] as key_id,
                   mac.number_index, mac.content_mac, mac.identity_mac
            from unnest($17::bytea[], $18::bytea[], $22::bytea[])
                with ordinality as mac (number_index, content_mac, identity_mac, place)
        ),
        held as (  -- 1. The entries that are there, locked in one order.
            select patient.patient_id, patient.external_id, patient.revision, patient.content_mac,
                   patient.identity_mac, patient.key_id, patient.created_at, patient.changed_at,
                   patient.mobile
            from patient
            where patient.practice_id = $1::uuid
              and patient.external_id = any ($4::text[])
            order by patient.external_id
            for update
        ),
        owned as (  -- Whose own account sees the patient.
            select patient_link.patient_id, patient_link.account_id
            from held
            join patient_link
                on patient_link.practice_id = $1::uuid
                and patient_link.patient_id = held.patient_id
                and patient_link.role = 'self'
        ),
        claimed as materialized (  -- Lines whose number another patient has; looked up once for all.
            select mac.number
            from patient_number
            join mac on mac.number_index = patient_number.number_index
            join line on line.number = mac.number
            join patient
                on patient.practice_id = $1::uuid
                and patient.patient_id = patient_number.patient_id
            where patient_number.practice_id = $1::uuid
              and patient_number.number_index = any ($17::bytea[])
              and patient.external_id <> line.external_id
        ),
        judged as (
            select line.number, held.patient_id, held.revision, held.created_at, held.changed_at,
                   -- The same, whichever key it was made by, so that invitations stay open (Z-14).
                   case
                       when exists (
                           select from mac
                           where mac.number = line.number
                             and mac.identity_mac = held.identity_mac) then held.identity_mac
                       else ($22::bytea[])[(line.number - 1) * cardinality($15::text[]) + 1]
                   end as identity_mac,
                   -- What is kept is as old as it was.
                   case
                       when exists (
                           select from mac
                           where mac.number = line.number
                             and mac.identity_mac = held.identity_mac
                             and mac.key_id <> ($15::text[])[1]) then held.key_id
                       else ($15::text[])[1]
                   end as key_id,
                   -- Where none stood as well: who takes a number away first is no less of a thief.
                   line.mobile <> '' and line.mobile is distinct from held.mobile as remobiles,
                   exists (
                       select from patient_number
                       where patient_number.practice_id = $1::uuid
                         and patient_number.patient_id = held.patient_id) and not exists (
                       select from patient_number
                       join mac on mac.number_index = patient_number.number_index
                       where patient_number.practice_id = $1::uuid
                         and patient_number.patient_id = held.patient_id
                         and mac.number = line.number) as moves,
                   case
                       when exists (
                           select from claimed
                           where claimed.number = line.number) then 'taken'
                       when $19::text[] is not null
                           and (held.patient_id is null
                                or '*' <> all ($19::text[]) and \(tag) <> all ($19::text[]))
                           then 'stale'
                       when held.patient_id is not null
                           and ('*' = any ($20::text[]) or \(tag) = any ($20::text[])) then 'stale'
                       when held.patient_id is null then 'created'
                       when exists (
                           select from mac
                           where mac.number = line.number
                             and mac.content_mac = held.content_mac) then 'unchanged'
                       else 'changed'
                   end as word
            from line
            left join held on held.external_id = line.external_id
        ),
        written as (  -- 2. The entries. One that came between has another id, and is left alone.
            insert into patient
                (practice_id, patient_id, external_id, first_name, last_name, locale, email,
                 mobile, general_practitioner, date_of_birth, postcode, national_number,
                 content_mac, identity_mac, key_id)
            select $1::uuid, coalesce(judged.patient_id, line.new_id), line.external_id,
                   nullif(line.first_name, ''), nullif(line.last_name, ''),
                   nullif(line.locale, ''), nullif(line.email, ''), nullif(line.mobile, ''),
                   nullif(line.general_practitioner, ''), nullif(line.date_of_birth, ''),
                   nullif(line.postcode, ''), nullif(line.national_number, ''),
                   line.content_mac, judged.identity_mac, judged.key_id
            from judged
            join line on line.number = judged.number
            where judged.word in ('created', 'changed')
              and not $21::bool
            order by line.external_id
            on conflict (practice_id, external_id) do update
            set first_name = excluded.first_name,
                last_name = excluded.last_name,
                locale = excluded.locale,
                email = excluded.email,
                mobile = excluded.mobile,
                general_practitioner = excluded.general_practitioner,
                date_of_birth = excluded.date_of_birth,
                postcode = excluded.postcode,
                national_number = excluded.national_number,
                content_mac = excluded.content_mac,
                identity_mac = excluded.identity_mac,
                key_id = excluded.key_id,
                revision = patient.revision + 1,
                changed_at = clock_timestamp()
            where patient.patient_id = excluded.patient_id
            returning patient.patient_id, patient.external_id, patient.revision,
                patient.created_at, patient.changed_at
        ),
        numbered as (  -- 3. What the numbers are found by, under each key that writes.
            insert into patient_number (practice_id, number_index, patient_id, key_id)
            select $1::uuid, mac.number_index, written.patient_id, mac.key_id
            from written
            join line on line.external_id = written.external_id
            join mac on mac.number = line.number
            where mac.number_index <> ''
              and mac.key_id = any ($23::text[])
              and not exists (
                  select from patient_number as own
                  where own.practice_id = $1::uuid
                    and own.number_index = mac.number_index
                    and own.patient_id = written.patient_id)
            order by mac.number_index
        ),
        unnumbered as (
            delete from patient_number
            using written, line
            where patient_number.practice_id = $1::uuid
              and patient_number.patient_id = written.patient_id
              and line.external_id = written.external_id
              and not exists (
                  select from mac
                  where mac.number = line.number
                    and mac.number_index = patient_number.number_index)
        ),
        voided as (  -- 4. Invitations of who the entry was before, lest a change back revive one (Z-14).
            update invitation
            set ended_at = clock_timestamp(),
                end_reason = '\(Invitation.Status.detailsChanged.rawValue)'
            from written
            join held on held.patient_id = written.patient_id
            join judged on judged.patient_id = written.patient_id
            where invitation.practice_id = $1::uuid
              and invitation.patient_id = written.patient_id
              and invitation.ended_at is null
              and (invitation.identity_mac is distinct from judged.identity_mac
                   or invitation.identity_mac is distinct from held.identity_mac)
        ),
        told as (
            select line.number, coalesce(written.patient_id, judged.patient_id) as patient_id,
                   coalesce(written.revision, judged.revision) as revision,
                   coalesce(written.created_at, judged.created_at) as created_at,
                   coalesce(written.changed_at, judged.changed_at) as changed_at,
                   owned.account_id, judged.moves and judged.word = 'changed' as moves,
                   judged.remobiles and judged.word = 'changed' as remobiles,
                   case
                       when judged.word in ('created', 'changed')
                           and written.patient_id is null
                           and not $21::bool then 'raced'
                       else judged.word
                   end as word
            from line
            join judged on judged.number = line.number
            left join written on written.external_id = line.external_id
            left join owned on owned.patient_id = judged.patient_id
        ),
        audited as (  -- 5. Who wrote which entry, and whose login that moved (NO-6).
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, case told.word
                       when 'created' then '\(AuditEvent.patientCreated.rawValue)'
                       else '\(AuditEvent.patientChanged.rawValue)'
                   end,
                   case told.word when 'taken' then 'refused' else 'done' end,
                   case
                       when told.word = 'taken' then 'national-number-taken'
                       when told.moves then 'national-number-moved'
                   end,
                   $2::uuid, told.account_id, told.patient_id, $3::uuid
            from told
            where told.word in ('created', 'changed', 'taken')
              and not $21::bool
        )
        select told.*, $nonce as nonce
        from told
        order by told.number
        """

    private static let tag = PatientVersion.tagExpression(of: "held")

    var parameters: [Parameter] {
        func texts(_ field: (PatientDetails) -> String?) -> Parameter {
            .texts(lines.map { field($0.details) ?? "" })
        }
        func bytes(_ field: (SealedPatient) -> [UInt8]?) -> Parameter {
            .byteArrays(lines.map { field($0) ?? [] })
        }
        return [
            .uuid(act.practiceID), act.client, .uuid(act.requestID),
            .texts(lines.map(\.externalID.text)),
            .uuids(lines.map { _ in UUIDv7.make(at: Date()) }),
            texts(\.firstName), texts(\.lastName), texts(\.locale?.rawValue), texts(\.email),
            texts(\.mobile), texts(\.generalPractitioner), bytes(\.dateOfBirth),
            bytes(\.postcode), bytes(\.nationalNumber), .texts(lines[0].keyIDs),
            bytes(\.contentMACs.first),
            .byteArrays(
                lines.flatMap { line in
                    line.numberIndexes ?? line.contentMACs.map { _ in [] }
                }),
            .byteArrays(lines.flatMap(\.contentMACs)),
            condition.match.map(Parameter.texts) ?? .null,
            condition.noneMatch.map(Parameter.texts) ?? .null, .bool(isDryRun),
            .byteArrays(lines.flatMap(\.identityMACs)), .texts(lines[0].indexIDs),
        ]
    }

    /// One for each line, in their order.
    static func decode(_ rows: [Row]) throws -> [Written] {
        try rows.map { row in
            guard let outcome = Outcome(rawValue: try row.text("word")) else {
                throw PostgresError.undecodable("word")
            }
            return Written(
                outcome: outcome,
                entry: try row.isNull("patient_id") || row.isNull("revision")
                    ? nil : PatientVersion(row),
                hasAccount: try !row.isNull("account_id"),
                movedAccount: try row.bool("moves") ? row.uuidIfPresent("account_id") : nil,
                remobiledAccount: try row.bool("remobiles")
                    ? row.uuidIfPresent("account_id") : nil)
        }
    }
}
