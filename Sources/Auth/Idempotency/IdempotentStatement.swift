import Foundation
import Postgres

/// A statement that is one caller's act: done once however often its request comes (Z-24).
///
/// It writes only the arms of the act. The last of them is named `outcome`, has one row, and its
/// column `lasting` says whether a repetition of the request gets the same answer; a refusal for
/// now (429) does not last. Each arm that changes something stands behind `stored`: it does nothing
/// where the request was answered before.
///
/// Of two equal requests at the same time one has the key's lock until its commit, and the other
/// does nothing: it throws `PostgresError.underWay`, holds up nobody it shares a commit with, and is
/// run again for a moment. Where it looked before that commit and has the lock after it, it meets
/// `idempotency_pkey`, is undone as a whole and run again; then it finds the answer of the first.
protocol IdempotentStatement: Statement where Output == Answered<Outcome> {
    associatedtype Outcome: Sendable
    /// The caller's five parameters; the statement's own follow from `$6`.
    var act: Act { get }
    static var arms: String { get }
    var ownParameters: [Parameter] { get }
    static func outcome(_ row: Row) throws -> Outcome
}

/// What a statement came to, for the first time or again.
enum Answered<Outcome: Sendable>: Sendable {
    case now(Outcome)
    /// The same request was answered before; `secondsAgo` decides whether secrets may repeat.
    case before(Outcome, secondsAgo: Double)
    /// Another request used this key.
    case keyReused
}

/// Who acts, and under which key: the first parameters of every act.
struct Act: Sendable {
    let practiceID: UUID
    /// Nil for the operator's own acts, from the command line.
    let clientID: UUID?
    let key: IdempotencyKey?
    let requestID: UUID
    /// Who of the practice acts, where that must be said (Z-11).
    var staff: ActingStaff?

    var client: Parameter { clientID.map(Parameter.uuid) ?? .null }

    var parameters: [Parameter] {
        [
            .uuid(practiceID), client, key.map { .byteArrays($0.fingerprints) } ?? .null,
            key.map { .byteArrays($0.hashes) } ?? .null, .uuid(requestID),
        ]
    }

    /// The arms that find the answer given before; `$1` to `$5` are ``parameters``.
    ///
    /// The lock on its row is a write, and so an answer is told again only when the standbys have what it
    /// tells of, though the request that made it was given up while it waited for them.
    static let storedArm = """
        earlier as (  -- The answer to this very request, if there was one; the lock makes it wait.
            select idempotency.outcome,
                   idempotency.fingerprint = any ($3::bytea[]) as same_request,
                   extract(epoch from clock_timestamp() - idempotency.answered_at)::float8
                       as seconds_ago
            from idempotency
            where idempotency.practice_id = $1::uuid
              and idempotency.client_id = $2::uuid
              and idempotency.key_hash = any ($4::bytea[])
              and idempotency.answered_at > clock_timestamp() - \(repeatedFor)
            for key share
        ),
        stored as (  -- That; or, without one, that a request with this key is under way elsewhere.
            select earlier.outcome, earlier.same_request, earlier.seconds_ago,
                   false as is_under_way
            from earlier
            union all
            select null, null, null, true
            where case  -- It says in which order they are looked at.
                when $4::bytea[] is null or exists (select from earlier) then false
                else not \(KeyLock.taken(client: "$2", hashes: "$4"))
            end
        )
        """

    /// How long an answer is given again; then its key is free.
    static let repeatedFor = "interval '24 hours'"

    /// The columns of the arm ``storedArm`` that ``answered(_:)`` reads.
    static let storedColumns = """
        stored.outcome as stored_outcome, stored.same_request, stored.seconds_ago,
               coalesce(stored.is_under_way, false) as is_under_way
        """

    /// The answer given before, if the row carries one.
    ///
    /// Throws `PostgresError.underWay` where another request with the key is not over.
    static func answered<Outcome>(
        _ row: Row, decode: (Row) throws -> Outcome
    ) throws -> Answered<Outcome>? {
        if try row.bool("is_under_way") { throw PostgresError.underWay }
        guard let stored = try row.jsonIfPresent("stored_outcome") else { return nil }
        guard try row.bool("same_request") else { return .keyReused }
        return .before(try decode(Row(json: stored)), secondsAgo: try row.real("seconds_ago"))
    }
}

extension IdempotentStatement {
    static var retryableConstraints: [String] { ["idempotency_pkey"] }

    static var sql: String {
        """
        with \(Act.storedArm),
        \(arms),
        expired as (  -- An answer too old to repeat gives its key up.
            delete from idempotency
            where idempotency.practice_id = $1::uuid
              and idempotency.client_id = $2::uuid
              and idempotency.key_hash = any ($4::bytea[])
              and idempotency.answered_at <= clock_timestamp() - \(Act.repeatedFor)
            returning key_hash
        ),
        remembered as (  -- Last: the outcome, in the same commit as the act.
            insert into idempotency (practice_id, client_id, key_hash, fingerprint, outcome)
            select $1::uuid, $2::uuid, ($4::bytea[])[1], ($3::bytea[])[1], to_jsonb(outcome)
            from outcome
            where $4::bytea[] is not null
              and outcome.lasting
              and not exists (select from stored)
              and (select count(*) from expired) >= 0  -- Which is over before its key is taken.
        )
        select outcome.*, \(Act.storedColumns), $nonce as nonce
        from outcome
        left join stored on true
        """
    }

    var parameters: [Parameter] { act.parameters + ownParameters }

    static func decode(_ rows: [Row]) throws -> Answered<Outcome> {
        guard let row = rows.first else { throw PostgresError.undecodable(name) }
        return try Act.answered(row, decode: outcome) ?? .now(outcome(row))
    }
}
