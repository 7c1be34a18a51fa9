import Foundation
import Testing

@testable import Postgres

@Suite struct PlanTests {
    private struct Greet: Statement {
        static let sql = "select $1::text as greeting, $nonce as nonce"
        static let retryableConstraints = ["greeting_pkey"]
        var parameters: [Parameter] { [.text("hello")] }
        static func decode(_ rows: [Row]) throws -> String { try rows[0].text("greeting") }
    }

    private struct Bare: Statement {
        static let sql = "select 1 as one"
        var parameters: [Parameter] { [] }
        static func decode(_ rows: [Row]) throws -> Int { try rows[0].int("one") }
    }

    @Test func `the nonce is the parameter after the last`() {
        let plan = PlanCatalogue.shared.plan(of: Greet.self, parameterCount: 1)
        #expect(plan.sql == "select $1::text as greeting, $2::int8 as nonce")
        #expect(plan.hasNonce)
        #expect(plan.name == "Greet")
        #expect(plan.retryableConstraints == ["greeting_pkey"])
    }

    @Test func `a kind of statement has one plan`() {
        let plan = PlanCatalogue.shared.plan(of: Greet.self, parameterCount: 1)
        #expect(PlanCatalogue.shared.plan(of: Greet.self, parameterCount: 1) === plan)
    }

    @Test func `a statement without a nonce may not share a commit`() {
        #expect(throws: PostgresError.undecodable("nonce")) { try Call(Bare()) }
    }
}

@Suite struct ConnectionStringTests {
    private func servers(_ text: String) throws -> [[String: String]] {
        try ConnectionString(
            text, defaults: ["target_session_attrs": "read-write"],
            sessionOptions: ["lock_timeout": "250ms"]
        ).servers
    }

    @Test func `each host of a list becomes a server with its port`() throws {
        let servers = try servers("postgresql://me@a:1,b:2/db?sslmode=require")
        #expect(servers.map { $0["host"] } == ["a", "b"])
        #expect(servers.map { $0["port"] } == ["1", "2"])
        #expect(servers.allSatisfy { $0["dbname"] == "db" && $0["sslmode"] == "require" })
    }

    @Test func `one port stands for all hosts`() throws {
        let servers = try servers("host=a,b,c port=7 user=me")
        #expect(servers.map { $0["port"] } == ["7", "7", "7"])
    }

    @Test func `settings of ours are added to those that are given`() throws {
        let server = try #require(try servers("host=a options='-c work_mem=8MB'").first)
        #expect(server["options"] == "-c work_mem=8MB -c lock_timeout=250ms")
        #expect(server["target_session_attrs"] == "read-write")
    }

    @Test func `what is given stands above a default`() throws {
        let server = try #require(try servers("host=a target_session_attrs=any").first)
        #expect(server["target_session_attrs"] == "any")
    }

    @Test func `an unreadable text is refused without being repeated`() throws {
        #expect(throws: ConnectionString.Invalid.unreadable) {
            try servers("postgresql://user:secret@[::1/db")
        }
    }
}
