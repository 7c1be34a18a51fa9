import Foundation
import Synchronization
import Testing

@testable import Postgres

@Suite struct BatchTests {
    @Test func `one statement is answered with what the database has`() async throws {
        try await Scratch.use { scratch async throws in
            let id = UUID()
            #expect(try await scratch.database.patiently(Increment(id: id)) == 1)
            #expect(try await scratch.database.patiently(Increment(id: id)) == 2)
        }
    }

    @Test func `statements that wait together share commits`() async throws {
        try await Scratch.use { scratch async throws in
            let answers = await together(256) { _ in
                try await scratch.database.patiently(Increment(id: UUID()))
            }
            #expect(try answers.map { try $0.get() } == Array(repeating: 1, count: 256))
            let gauges = scratch.database.gauges
            // Two more were the ones that opened the connections.
            #expect(gauges.statements == 258)
            #expect(gauges.batches < 128)
            #expect(gauges.connectionsLost == 0)
        }
    }

    @Test func `an error inside a batch is its own caller's alone`() async throws {
        try await Scratch.use { scratch async throws in
            let practice = UUID()
            let answers = await together(64) { index in
                try await scratch.database.patiently(
                    WriteEntry(
                        entry: .init(
                            practice: practice, id: UUID(), words: index == 30 ? "" : "\(index)")))
            }
            for (index, answer) in answers.enumerated() {
                if index == 30 {
                    #expect(
                        throws: PostgresError.server(
                            sqlState: "23514", constraint: "entry_words_given")
                    ) { try answer.get() }
                } else {
                    #expect(try answer.get().words == "\(index)")
                }
            }
            #expect(try await scratch.value("select count(*) from entry") == "63")
            #expect(scratch.database.gauges.reruns > 0)
        }
    }

    @Test func `ten thousand mixed requests each get their own answer`() async throws {
        try await Scratch.use { scratch async throws in
            // The flush is not what is tested here.
            try await scratch.test.execute(
                "alter database \(scratch.test.name) set synchronous_commit = off")
            try await scratch.other { database async throws in
                let practices = [UUID(), UUID()]
                let total = 10_000
                let next = Atomic<Int>(0)
                let wrong = Atomic<Int>(0)
                let refused = Atomic<Int>(0)
                let answers = await together(64) { _ in
                    while true {
                        let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
                        if number >= total { return }
                        let fails = number.isMultiple(of: 20)
                        let entry = WriteEntry.Entry(
                            practice: practices[number % 2], id: UUID(),
                            words: fails ? "" : "\(number)")
                        do {
                            let answer = try await database.patiently(WriteEntry(entry: entry))
                            if answer != entry { wrong.wrappingAdd(1, ordering: .relaxed) }
                        } catch PostgresError.server("23514", "entry_words_given") where fails {
                            refused.wrappingAdd(1, ordering: .relaxed)
                        }
                    }
                }
                for answer in answers { try answer.get() }
                #expect(wrong.load(ordering: .relaxed) == 0)
                #expect(refused.load(ordering: .relaxed) == total / 20)
            }
            #expect(try await scratch.value("select count(*) from entry") == "9500")
            #expect(
                try await scratch.value(
                    "select count(*) from entry where words::int8 % 2 = 1 group by practice_id")
                    == "5000")
        }
    }

    @Test func `a commit that fails at its end is not answered with success`() async throws {
        struct Promise: Statement {
            let word: Int
            static let sql = """
                with promised as (
                    insert into promise (promise_id, word)
                    values (gen_random_uuid(), $1::int8)
                    returning word
                )
                select word, $nonce as nonce
                from promised
                """
            var parameters: [Parameter] { [.int(word)] }
            static func decode(_ rows: [Row]) throws -> Int { try rows[0].int("word") }
        }
        try await Scratch.use { scratch async throws in
            let answers = await together(20) { index in
                try await scratch.database.patiently(Promise(word: index % 10))
            }
            let kept = answers.compactMap { try? $0.get() }
            #expect(kept.sorted() == Array(0..<10))
            for case .failure(let error) in answers {
                #expect(
                    error as? PostgresError
                        == .server(sqlState: "23505", constraint: "promise_once"))
            }
            #expect(try await scratch.value("select count(*) from promise") == "10")
        }
    }

    @Test func `a statement that the server can't read fails alone`() async throws {
        struct Broken: Statement {
            static let sql = "select missing_column, $nonce as nonce from counter"
            var parameters: [Parameter] { [] }
            static func decode(_ rows: [Row]) throws {}
        }
        try await Scratch.use { scratch async throws in
            let answers = await together(32) { index in
                if index.isMultiple(of: 8) {
                    try await scratch.database.patiently(Broken())
                } else {
                    _ = try await scratch.database.patiently(Increment(id: UUID()))
                }
            }
            for (index, answer) in answers.enumerated() {
                if index.isMultiple(of: 8) {
                    #expect(throws: PostgresError.server(sqlState: "42703", constraint: nil)) {
                        try answer.get()
                    }
                } else {
                    try answer.get()
                }
            }
        }
    }

    @Test func `an answer to another question is given to nobody`() async throws {
        struct Mismatched: Statement {
            static let sql = "select $nonce # 1 as nonce"
            var parameters: [Parameter] { [] }
            static func decode(_ rows: [Row]) throws {}
        }
        try await Scratch.use { scratch async throws in
            let before = try await scratch.database.patiently(Backend())
            let answers = await together(8) { index in
                if index == 3 {
                    try await scratch.database.patiently(Mismatched())
                } else {
                    _ = try await scratch.database.patiently(Backend())
                }
            }
            #expect(throws: PostgresError.commitUnknown) { try answers[3].get() }
            #expect(try await scratch.database.patiently(Backend()) != before)
        }
    }

    @Test(arguments: ["40001", "40P01"])
    func `a conflict is run again`(state: String) async throws {
        try await Scratch.use { scratch async throws in
            let statement = FailThenWrite(entry: UUID(), times: 3, state: state)
            #expect(try await scratch.database.patiently(statement) == "written")
            #expect(try await scratch.value("select count(*) from entry") == "1")
        }
    }

    @Test func `a conflict that does not end is unavailable at the deadline`() async throws {
        try await Scratch.use { scratch async throws in
            let statement = FailThenWrite(entry: UUID(), times: 1_000_000, state: "40001")
            let outcome = await timed {
                try await scratch.database.run(statement, within: .milliseconds(300))
            }
            #expect(throws: PostgresError.unavailable(.waitedTooLong)) {
                try outcome.result.get()
            }
            #expect(outcome.time < .seconds(2))
        }
    }

    @Test func `whoever finds that another was first runs again, but twice at most`() async throws {
        try await Scratch.use { scratch async throws in
            let statement = FailThenWrite(
                entry: UUID(), times: 2, state: "23505", constraint: "entry_taken")
            #expect(try await scratch.database.patiently(statement) == "written")
        }
        try await Scratch.use { scratch async throws in
            let statement = FailThenWrite(
                entry: UUID(), times: 1_000, state: "23505", constraint: "entry_taken")
            await #expect(
                throws: PostgresError.server(sqlState: "23505", constraint: "entry_taken")
            ) { try await scratch.database.patiently(statement) }
            #expect(try await scratch.value("select last_value from tries") == "3")
        }
    }

    @Test(arguments: ["26000", "0A000"])
    func `a stale prepared statement is prepared anew on a new connection`(
        state: String
    ) async throws {
        try await Scratch.use { scratch async throws in
            let before = try await scratch.database.patiently(Backend())
            let statement = FailThenWrite(entry: UUID(), times: 1, state: state)
            #expect(try await scratch.database.patiently(statement) == "written")
            #expect(try await scratch.database.patiently(Backend()) != before)
        }
    }

    @Test func `a changed table is seen by statements that were prepared before`() async throws {
        struct ReadAll: Statement {
            static let lane = Lane.ordinary
            static let sql = "select * from counter"
            var parameters: [Parameter] { [] }
            static func decode(_ rows: [Row]) throws -> Bool {
                try rows[0].textIfPresent("added") == nil
            }
        }
        try await Scratch.use(with: .with(\.ordinaryConnections, 1)) { scratch async throws in
            _ = try await scratch.database.patiently(Increment(id: UUID()))
            await #expect(throws: PostgresError.undecodable("added")) {
                try await scratch.database.patiently(ReadAll())
            }
            try await scratch.test.execute("alter table counter add column added text")
            #expect(try await scratch.database.patiently(ReadAll()))
        }
    }

    @Test func `a parameter may be null first and have a value later`() async throws {
        struct Maybe: Statement {
            let number: Parameter
            static let sql = "select $1::int4 as number, $nonce as nonce"
            var parameters: [Parameter] { [number] }
            static func decode(_ rows: [Row]) throws -> Int? { try rows[0].intIfPresent("number") }
        }
        try await Scratch.use { scratch async throws in
            #expect(try await scratch.database.patiently(Maybe(number: .null)) == nil)
            #expect(try await scratch.database.patiently(Maybe(number: .int(7))) == 7)
            #expect(try await scratch.database.patiently(Maybe(number: .null)) == nil)
        }
    }

    @Test func `every kind of value comes back as it was sent`() async throws {
        struct Everything: Statement {
            struct Values: Equatable, Sendable {
                var flag = true
                var count = -5
                var ratio = 0.25
                var words = "Åse \u{1F600} 'x' \\"
                var empty = ""
                var seal: [UInt8] = [0, 1, 255]
                var id = UUID()
                var at = Date(postgresMicroseconds: 812_345_678_901_234)
                var list = ["a", "", "{\"b\"}"]
                var ids = [UUID(), UUID()]
                var seals: [[UInt8]] = [[1], [], [0, 0]]
            }
            let values: Values
            static let sql = """
                select $1::bool as flag, $2::int8 as count, $3::float8 as ratio, $4::text as words,
                       $5::text as empty, $6::bytea as seal, $7::uuid as id, $8::timestamptz as at,
                       $9::text[] as list, $10::uuid[] as ids, $11::bytea[] as seals,
                       $12::jsonb as document, $nonce as nonce
                """
            var parameters: [Parameter] {
                [
                    .bool(values.flag), .int(values.count), .real(values.ratio),
                    .text(values.words), .text(values.empty), .bytes(values.seal),
                    .uuid(values.id), .instant(values.at), .texts(values.list),
                    .uuids(values.ids), .byteArrays(values.seals), .json(#"{"a": [1, "b"]}"#),
                ]
            }
            static func decode(_ rows: [Row]) throws -> Values {
                let row = rows[0]
                guard try row.json("document") == #"{"a": [1, "b"]}"# else {
                    throw PostgresError.undecodable("document")
                }
                return Values(
                    flag: try row.bool("flag"), count: try row.int("count"),
                    ratio: try row.real("ratio"), words: try row.text("words"),
                    empty: try row.text("empty"), seal: try row.bytes("seal"),
                    id: try row.uuid("id"), at: try row.instant("at"),
                    list: try row.texts("list"), ids: try row.uuids("ids"),
                    seals: try row.byteArrays("seals"))
            }
        }
        try await Scratch.use { scratch async throws in
            let values = Everything.Values()
            #expect(try await scratch.database.patiently(Everything(values: values)) == values)
        }
    }
}
