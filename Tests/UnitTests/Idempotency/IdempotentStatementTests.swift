import Foundation
import Postgres
import Testing

@testable import Auth

/// How a repeated request is told from a first and from another one.
@Suite struct IdempotentStatementTests {
    private static func row(
        stored: String?, same: Bool, secondsAgo: Double = 3.5, isUnderWay: Bool = false
    ) throws -> Row {
        let outcome = stored ?? "null"
        return try Row(
            json: """
                {"word": "refused", "stored_outcome": \(outcome), "same_request": \(same),
                 "seconds_ago": \(secondsAgo), "is_under_way": \(isUnderWay)}
                """)
    }

    @Test func `a request that was never answered is answered now`() throws {
        let row = try Self.row(stored: nil, same: false)
        #expect(try Act.answered(row) { try $0.text("word") } == nil)
    }

    @Test func `a request that was answered gets that answer and its age`() throws {
        let row = try Self.row(stored: #"{"word": "started"}"#, same: true)
        let answered = try #require(try Act.answered(row) { try $0.text("word") })
        guard case .before(let word, let secondsAgo) = answered else {
            Issue.record("not as before")
            return
        }
        #expect(word == "started")
        #expect(secondsAgo == 3.5)
    }

    @Test func `another request under the key is told so, whatever was stored`() throws {
        let row = try Self.row(stored: #"{"word": "started"}"#, same: false)
        let answered = try #require(try Act.answered(row) { try $0.text("word") })
        guard case .keyReused = answered else {
            Issue.record("not as reused")
            return
        }
    }

    @Test func `a request whose key another one works on is not answered at all`() throws {
        let row = try Self.row(stored: nil, same: false, isUnderWay: true)
        #expect(throws: PostgresError.underWay) {
            try Act.answered(row) { try $0.text("word") }
        }
    }

    @Test(arguments: [
        StartLogin.sql, ResendCode.sql, VerifyCode.sql, RefuseLogin.sql,
    ])
    func `every act looks for its answer first and keeps it last`(sql: String) throws {
        let earlier = try #require(sql.range(of: "with earlier as ("))
        #expect(earlier.lowerBound == sql.startIndex)
        let stored = try #require(sql.range(of: "stored as ("))
        let lock = try #require(sql.range(of: "pg_try_advisory_xact_lock"))
        #expect(stored.lowerBound < lock.lowerBound)
        let remembered = try #require(sql.range(of: "remembered as ("))
        let outcome = try #require(sql.range(of: "outcome as ("))
        #expect(lock.lowerBound < outcome.lowerBound)
        #expect(outcome.lowerBound < remembered.lowerBound)
        let last = sql[remembered.upperBound...]
        #expect(last.contains("and outcome.lasting"))
        #expect(last.contains("and not exists (select from stored)"))
    }
}
