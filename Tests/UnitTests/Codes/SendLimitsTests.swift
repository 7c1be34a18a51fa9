import Foundation
import Postgres
import Testing

@testable import Auth

/// What the statements that send are handed (Z-22).
@Suite struct SendLimitsTests {
    @Test func `every limit is in the parameter, with all that its statement reads`() throws {
        let limits = [
            SendLimit(
                kind: .numbers, counter: "sent:+474123", span: .day, ceiling: 100,
                earned: "proven:+474123"),
            SendLimit(
                kind: .cost, counter: "a \"cost\"", span: .hour, ceiling: 2_500, weight: 15),
        ]
        guard case .json(let text) = SendLimits.parameter(limits) else {
            Issue.record("no JSON")
            return
        }
        let entries = try #require(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]])
        try #require(entries.count == 2)
        #expect(entries.map { $0["kind"] as? String } == ["numbers", "cost"])
        #expect(entries.map { $0["counter"] as? String } == ["sent:+474123", "a \"cost\""])
        #expect(entries.map { $0["span"] as? String } == ["day", "hour"])
        #expect(entries.map { $0["ceiling"] as? Int } == [100, 2_500])
        #expect(entries.map { $0["weight"] as? Int } == [1, 15])
        #expect(entries.map { $0["earned"] as? String } == ["proven:+474123", nil])
    }
}
