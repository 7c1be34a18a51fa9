import Foundation
import Logging
import Testing

@testable import Postgres

/// A database with tables of its own, for tests of the client itself.
struct Scratch: Sendable {
    let test: TestDatabase
    let database: Database

    /// Where time is not what is tested, since the machine may be busy.
    static let patience: Duration = .seconds(60)
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// Makes the tables in a new database, runs the body, and ends all connections.
    @discardableResult
    static func use<R: Sendable>(
        on cluster: TestCluster? = nil, with limits: Database.Configuration = .init(url: ""),
        _ body: @Sendable (Scratch) async throws -> R
    ) async throws -> R {
        let shared = try await TestCluster.shared()
        let test = try await (cluster ?? shared).emptyDatabase(named: "scratch")
        try await test.execute(tables)
        var configuration = limits
        configuration.url = test.ownerURL
        return try await Database.use(configuration, logger: quiet) { database in
            _ = try await database.patiently(Backend())
            _ = try await database.patiently(OrdinaryBackend())
            return try await body(Scratch(test: test, database: database))
        }
    }

    /// Another instance of the service on the same database.
    func other<R: Sendable>(
        _ body: @Sendable (Database) async throws -> R
    ) async throws -> R {
        try await Database.use(.init(url: test.ownerURL), logger: Self.quiet, body)
    }

    func value(_ sql: String) async throws -> String? {
        try await test.execute(sql).first?.first ?? nil
    }

    /// `failing` fails that often with that SQLSTATE, over all tries: sequences don't roll back.
    private static let tables = """
        create table counter (
            counter_id uuid primary key,
            n int8 not null default 0
        );
        create table entry (
            practice_id uuid not null,
            entry_id uuid not null,
            words text not null,
            constraint entry_pkey primary key (practice_id, entry_id),
            constraint entry_words_given check (words <> '')
        );
        create sequence tries;
        create function failing(times int8, state text, problem text) returns boolean
        language plpgsql volatile as $$
        begin
            if nextval('tries') <= times then
                raise exception using errcode = state, constraint = problem, message = 'as asked';
            end if;
            return true;
        end
        $$;
        create table promise (
            promise_id uuid constraint promise_pkey primary key,
            word int8 constraint promise_once unique deferrable initially deferred
        );
        """
}

extension Database {
    /// Runs a statement where its time is not what is tested.
    func patiently<S: Statement>(_ statement: S) async throws -> S.Output {
        try await run(statement, within: Scratch.patience)
    }
}

extension Database.Configuration {
    /// The usual limits but one; the address is filled in by `Scratch`.
    static func with<Value>(_ limit: WritableKeyPath<Self, Value>, _ value: Value) -> Self {
        var configuration = Self(url: "")
        configuration[keyPath: limit] = value
        return configuration
    }
}

/// Adds one to a counter; its new value.
struct Increment: Statement {
    let id: UUID
    static let sql = """
        with incremented as (
            insert into counter (counter_id, n)
            values ($1::uuid, 1)
            on conflict (counter_id) do update
            set n = counter.n + 1
            returning n
        )
        select n, $nonce as nonce
        from incremented
        """
    var parameters: [Parameter] { [.uuid(id)] }
    var subject: UUID? { id }
    static func decode(_ rows: [Row]) throws -> Int { try rows[0].int("n") }
}

struct OrdinaryIncrement: Statement {
    let id: UUID
    static let lane = Lane.ordinary
    static let sql = Increment.sql
    var parameters: [Parameter] { [.uuid(id)] }
    static func decode(_ rows: [Row]) throws -> Int { try Increment.decode(rows) }
}

/// Writes an entry; what the database has of it. Empty words break a constraint.
struct WriteEntry: Statement {
    struct Entry: Equatable, Sendable {
        var practice: UUID
        var id: UUID
        var words: String
    }
    let entry: Entry
    static let sql = """
        with written as (
            insert into entry (practice_id, entry_id, words)
            values ($1::uuid, $2::uuid, $3::text)
            returning practice_id, entry_id, words
        )
        select practice_id, entry_id, words, $nonce as nonce
        from written
        """
    var parameters: [Parameter] { [.uuid(entry.practice), .uuid(entry.id), .text(entry.words)] }
    static func decode(_ rows: [Row]) throws -> Entry {
        Entry(
            practice: try rows[0].uuid("practice_id"), id: try rows[0].uuid("entry_id"),
            words: try rows[0].text("words"))
    }
}

/// Writes an entry and fails as often as asked, with the SQLSTATE asked for.
struct FailThenWrite: Statement {
    let entry: UUID
    let times: Int
    let state: String
    var constraint = ""
    static let retryableConstraints = ["entry_taken"]
    static let sql = """
        with written as (
            insert into entry (practice_id, entry_id, words)
            select $1::uuid, $1::uuid, 'written'
            where failing($2::int8, $3::text, $4::text)
            returning words
        )
        select words, $nonce as nonce
        from written
        """
    var parameters: [Parameter] {
        [.uuid(entry), .int(times), .text(state), .text(constraint)]
    }
    static func decode(_ rows: [Row]) throws -> String { try rows[0].text("words") }
}

/// Takes its time in the server, on either kind of connection.
struct Nap: Statement {
    let seconds: Double
    static let sql =
        "select pg_sleep_for(make_interval(secs => $1::float8))::text as slept, $nonce as nonce"
    var parameters: [Parameter] { [.real(seconds)] }
    static func decode(_ rows: [Row]) throws {}
}

struct OrdinaryNap: Statement {
    let seconds: Double
    static let lane = Lane.ordinary
    static let sql = Nap.sql
    var parameters: [Parameter] { [.real(seconds)] }
    static func decode(_ rows: [Row]) throws {}
}

/// The server's process that serves it.
struct Backend: Statement {
    static let sql = "select pg_backend_pid()::int8 as pid, $nonce as nonce"
    var parameters: [Parameter] { [] }
    static func decode(_ rows: [Row]) throws -> Int { try rows[0].int("pid") }
}

struct OrdinaryBackend: Statement {
    static let lane = Lane.ordinary
    static let sql = Backend.sql
    var parameters: [Parameter] { [] }
    static func decode(_ rows: [Row]) throws -> Int { try rows[0].int("pid") }
}

/// What the server made of three rows that it took for 1,000,000,000.
struct ExplainDear: Statement {
    static let lane = Lane.ordinary
    static let sql = """
        explain analyze
        select count(*)
        from generate_series(1, (select 1)) as a, generate_series(1, (select 1)) as b,
            generate_series(1, (select 3)) as c
        """
    var parameters: [Parameter] { [] }
    static func decode(_ rows: [Row]) throws -> [String] {
        try rows.map { try $0.text("QUERY PLAN") }
    }
}

/// How often each kind of plan was used on its connection.
struct PlansUsed: Statement {
    static let sql = """
        select sum(custom_plans)::int8 as custom, sum(generic_plans)::int8 as generic,
               $nonce as nonce
        from pg_prepared_statements
        """
    var parameters: [Parameter] { [] }
    static func decode(_ rows: [Row]) throws -> (custom: Int, generic: Int) {
        (try rows[0].int("custom"), try rows[0].int("generic"))
    }
}

/// What a call came to, with its time.
func timed<R: Sendable>(
    _ body: () async throws -> R
) async -> (result: Swift.Result<R, any Error>, time: Duration) {
    let start = ContinuousClock.now
    do {
        let value = try await body()
        return (.success(value), start.duration(to: .now))
    } catch {
        return (.failure(error), start.duration(to: .now))
    }
}

/// All at once; their outcomes in order of their index.
func together<R: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) async throws -> R
) async -> [Swift.Result<R, any Error>] {
    await withTaskGroup(of: (Int, Swift.Result<R, any Error>).self) { group in
        for index in 0..<count {
            group.addTask {
                do { return (index, .success(try await body(index))) } catch {
                    return (index, .failure(error))
                }
            }
        }
        return await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
    }
}
