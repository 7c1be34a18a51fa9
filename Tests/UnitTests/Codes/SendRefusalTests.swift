import Foundation
import Postgres
import Testing

@testable import Auth

/// Why a code is not sent, as the statement's row says it and as the caller reads it.
@Suite struct SendRefusalTests {
    private static func row(_ word: String) throws -> Row {
        try Row(
            json: """
                {"word": "\(word)", "guesses_again_at": "2026-09-01T11:50:00+00:00",
                 "sends_again_at": "2026-09-02T11:50:00+00:00"}
                """)
    }

    @Test func `spent guesses are a wait of their own`() throws {
        let instant = try Sample.instant("2026-09-01T11:50:00Z")
        let refusal = try #require(try SendRefusal(Self.row("guesses-exhausted")))
        #expect(refusal == .guessesExhausted(until: instant))
        #expect(refusal.problem.kind == .codeAttemptsExhausted)
        #expect(refusal.problem.kind.status == 429)
        #expect(refusal.problem.retryAt == instant)
    }

    @Test func `spent sends say when the destination may have another`() throws {
        let instant = try Sample.instant("2026-09-02T11:50:00Z")
        let refusal = try #require(try SendRefusal(Self.row("sends-exhausted")))
        #expect(refusal == .sendsExhausted(until: instant))
        #expect(refusal.problem.kind == .sendsExhausted)
        #expect(refusal.problem.kind.status == 429)
        #expect(refusal.problem.retryAt == instant)
    }

    @Test(arguments: ["started", "sent", "overtaken", "too-soon", "ended"])
    func `every other word is no refusal to send`(word: String) throws {
        #expect(try SendRefusal(Self.row(word)) == nil)
    }

    @Test func `the word that a statement writes is the word that is read`() {
        let column = SendRefusal.word(sent: "started")
        for word in ["'started'", "'guesses-exhausted'", "'sends-exhausted'", "'overtaken'"] {
            #expect(column.contains("then \(word)") || column.contains("else \(word)"))
        }
    }
}
