import Cryptography
import Foundation
import Postgres

/// Makes one account in one practice, or says which of its identifiers is taken there; other
/// practices are never looked at, and nothing that exists is changed (Z-28).
///
/// An address that somebody signs in with is taken, as a username is (Z-28): it refuses the line. That
/// is one that its account has no username beside, or has given a right password with. Any other may
/// come to be shared, as those of couples are that come in one file, and then names nobody (Z-17);
/// every account of it has a username left.
struct ImportAccount: Statement {
    let act: Act
    let accountID: UUID
    let line: ImportLine
    let password: SealedPassword
    let keys: KeyRing

    static let lane = Lane.ordinary
    /// Its patient may be completing an enrolment.
    static let retryableConstraints = ["patient_link_self_key"]

    enum Outcome: Sendable, Equatable {
        case imported
        /// The field whose value another account of this practice has.
        case taken(field: String)
    }

    static let sql = """
        with judged as (  -- 1. Whether anything in it belongs to somebody.
            select case
                       when exists (
                           select from identifier
                           where practice_id = $1::uuid
                             and value_index = any ($5::bytea[])
                             and kind <> 'email') then 'username'
                       when exists (
                           select from identifier as mine
                           where mine.practice_id = $1::uuid
                             and mine.value_index = any ($6::bytea[])
                             and ($5::bytea[] is null or mine.used_at is not null or not exists (
                                 select from identifier as other
                                 where other.practice_id = $1::uuid
                                   and other.account_id = mine.account_id
                                   and other.kind <> 'email'))) then 'email'
                       when exists (
                           select from patient
                           join patient_link using (practice_id, patient_id)
                           where patient.practice_id = $1::uuid
                             and patient.external_id = $7::text
                             and patient_link.role = 'self') then 'external_id'
                   end as taken
        ),
        created as (  -- 2. The account.
            insert into account
                (account_id, first_name, last_name, locale, password, password_change_due,
                 disabled_at)
            select $4::uuid, $8::text, $9::text, $10::text, $11::bytea, $19::bool,
                   case when $12::bool then clock_timestamp() end
            from judged
            where judged.taken is null
            returning account_id
        ),
        joined as (  -- 3. Its place in the practice.
            insert into membership (practice_id, account_id)
            select $1::uuid, created.account_id
            from created
            returning account_id
        ),
        named as (  -- 4. What it signs in with; an address only where somebody vouches for it.
            insert into identifier (practice_id, value_index, account_id, kind, key_id, value)
            select $1::uuid, name.value_index, joined.account_id, name.kind, name.key_id,
                   name.value
            from joined
            cross join (
                \(SealedIdentifier.rows(
                    kind: "username", indexes: "$5", keyIDs: "$20", value: "$21"))
                union all
                \(SealedIdentifier.rows(
                    kind: "email", indexes: "$6", keyIDs: "$22", value: "$23"))
            ) as name
        ),
        reached as (  -- 5. Where it is reached.
            insert into contact (account_id, contact_id, kind, address, confirmed_at)
            select created.account_id, reach.contact_id, reach.kind, reach.address,
                   case when reach.vouched then clock_timestamp() end
            from created
            cross join (values
                ($13::uuid, 'email', $14::text, $6::bytea[] is not null),
                ($16::uuid, 'sms', $17::text, $18::bool)
            ) as reach (contact_id, kind, address, vouched)
            where reach.address is not null
        ),
        registered as (  -- 6. Its patient, who may be in the register already.
            insert into patient (practice_id, patient_id, external_id)
            select $1::uuid, $15::uuid, $7::text
            from created
            where $7::text is not null
            on conflict (practice_id, external_id) do update
            set external_id = excluded.external_id
            returning patient_id
        ),
        linked as (
            insert into patient_link
                (practice_id, account_id, patient_id, role, identity_level)
            select $1::uuid, joined.account_id, registered.patient_id, 'self', 'none'
            from joined, registered
        ),
        numbered as (  -- A letter's number is the account's from now on.
            update customer_number
            set account_id = joined.account_id
            from joined, registered
            where customer_number.practice_id = $1::uuid
              and customer_number.patient_id = registered.patient_id
        ),
        -- 7. An active patient has nothing that leads to an account (Z-13).
        \(UsedInvitation.overtakenArms(behind: "registered")),
        audited as (
            insert into audit
                (practice_id, event, result, reason, client_id, account_id, object_id, request_id)
            select $1::uuid, '\(AuditEvent.accountImported.rawValue)',
                   case when judged.taken is null then 'done' else 'refused' end,
                   case
                       when judged.taken is not null then judged.taken || '-taken'
                       when $6::bytea[] is not null and $18::bool
                       then 'email-and-mobile-vouched-for'
                       when $6::bytea[] is not null then 'email-vouched-for'
                       when $18::bool then 'mobile-vouched-for'
                   end,
                   $2::uuid, created.account_id, created.account_id, $3::uuid
            from judged
            left join created on true
        )
        select judged.taken, $nonce as nonce
        from judged
        """

    var parameters: [Parameter] {
        func named(_ text: String?) -> [Parameter] {
            SealedIdentifier.parameters(
                text.map {
                    SealedIdentifier(
                        Identifier(typed: $0), of: accountID, practice: act.practiceID, keys: keys)
                })
        }
        let username = named(line.username)
        let email = named(line.emailConfirmed ? line.email?.typed : nil)
        return [
            .uuid(act.practiceID), act.client, .uuid(act.requestID), .uuid(accountID),
            username[0], email[0],
            (line.externalID?.text).map(Parameter.text) ?? .null, .text(line.firstName),
            .text(line.lastName), .text(line.locale.rawValue), .bytes(password.bytes),
            .bool(line.disabled), .uuid(UUIDv7.make(at: Date())),
            (line.email?.typed).map(Parameter.text) ?? .null, .uuid(SecureRandom.uuid()),
            .uuid(UUIDv7.make(at: Date())), (line.mobile?.e164).map(Parameter.text) ?? .null,
            .bool(line.mobileConfirmed), .bool(line.passwordChange), username[1], username[2],
            email[1], email[2],
        ]
    }

    static func decode(_ rows: [Row]) throws -> Outcome {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        return try row.textIfPresent("taken").map(Outcome.taken) ?? .imported
    }
}

/// Lets the lines of one practice's imports be judged one after the other.
///
/// Whether an address may be shared depends on rows that a line at the same time is about to write,
/// and no constraint can say that. The lock goes with the transaction.
struct LockImports: Statement {
    let practice: UUID

    static let lane = Lane.ordinary

    static let sql = """
        select pg_advisory_xact_lock(hashtextextended('import into ' || $1::uuid, 0)) as locked,
               $nonce as nonce
        """

    var parameters: [Parameter] { [.uuid(practice)] }

    static func decode(_ rows: [Row]) throws {}
}
