import Foundation
import Postgres

/// Some of what is typed to sign in that a former key finds.
struct FindFormerIdentifiers: KeyStatement {
    let keyID: String

    static let batchLimit = 100

    struct Former: Sendable {
        let practice: UUID
        let account: UUID
        let index: [UInt8]
        let value: [UInt8]
    }

    static let sql = """
        select identifier.practice_id, identifier.account_id, identifier.value_index,
               identifier.value, $nonce as nonce
        from identifier
        where identifier.key_id between $1::text and $1::text
        order by identifier.key_id
        limit \(batchLimit)
        """

    var parameters: [Parameter] { [.text(keyID)] }

    static func decode(_ rows: [Row]) throws -> [Former] {
        try rows.map { row in
            Former(
                practice: try row.uuid("practice_id"), account: try row.uuid("account_id"),
                index: try row.bytes("value_index"), value: try row.bytes("value"))
        }
    }
}

/// Puts rows by the current key in the place of those by a former one; returns how many went.
///
/// There may be one by the current key already, made before its time. Another account can't have it: then
/// nothing is done, loudly.
struct RekeyIdentifiers: KeyStatement {
    struct Change: Sendable {
        let former: FindFormerIdentifiers.Former
        let renewed: SealedIdentifier
    }

    let changes: [Change]

    static let sql = """
        with change as (
            select change.*
            from unnest(
                $1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[], $5::text[], $6::bytea[]
            ) as change (practice_id, account_id, former_index, value_index, key_id, value)
        ),
        held as (  -- Whoever changes an address holds its account; what that one has now, waits.
            select account.account_id
            from account
            where account.account_id in (select change.account_id from change)
            for no key update skip locked
        ),
        former as (
            delete from identifier
            using change
            join held using (account_id)
            where identifier.practice_id = change.practice_id
              and identifier.value_index = change.former_index
              and identifier.account_id = change.account_id
            returning identifier.practice_id, change.value_index, identifier.account_id,
                      identifier.kind, change.key_id, change.value, identifier.used_at,
                      identifier.created_at
        ),
        renewed as (
            insert into identifier
                (practice_id, value_index, account_id, kind, key_id, value, used_at, created_at)
            select former.practice_id, former.value_index, former.account_id, former.kind,
                   former.key_id, former.value, former.used_at, former.created_at
            from former
            on conflict (practice_id, value_index, account_id) do update
            set value = excluded.value,
                used_at = coalesce(identifier.used_at, excluded.used_at)
        )
        select count(*) as renewed, $nonce as nonce
        from former
        """

    var parameters: [Parameter] {
        [
            .uuids(changes.map(\.former.practice)), .uuids(changes.map(\.former.account)),
            .byteArrays(changes.map(\.former.index)),
            .byteArrays(changes.map { $0.renewed.indexes[0] }),
            .texts(changes.map { $0.renewed.keyIDs[0] }),
            .byteArrays(changes.map(\.renewed.value)),
        ]
    }

    static func decode(_ rows: [Row]) throws -> Int { try rows.first?.int("renewed") ?? 0 }
}
