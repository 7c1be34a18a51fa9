import Foundation
import Testing

@testable import Auth

/// What an account's owner reads of the audit (SU-1).
@Suite struct ActivityLineTests {
    @Test(arguments: Language.allCases)
    func `every kind has words of its own in every language`(language: Language) {
        let sentences = ActivityKind.allCases.map {
            $0.sentence(in: language, destination: "•••78", times: 1)
        }
        #expect(Set(sentences).count == ActivityKind.allCases.count)
        #expect(sentences.allSatisfy { !$0.isEmpty })
        #expect(sentences.count { $0.contains("•••78") } == 1)
    }

    @Test func `every kind comes from an event that is looked for, and failures are not successes`()
    {
        var found: Set<ActivityKind> = []
        for event in AuditEvent.allCases {
            for isDone in [true, false] {
                for reason in [nil, "revoked", "password-wrong", "incorrect"] {
                    guard let kind = ActivityKind(event, isDone: isDone, reason: reason) else {
                        continue
                    }
                    #expect(ActivityKind.events.contains(event))
                    found.insert(kind)
                }
            }
        }
        #expect(found == Set(ActivityKind.allCases))
        #expect(ActivityKind(.passwordChanged, isDone: false, reason: nil) == nil)
        #expect(ActivityKind(.codeGuessed, isDone: true, reason: nil) == nil)
        #expect(ActivityKind(.keyCreated, isDone: true, reason: nil) == nil)
    }

    @Test func `the same wrong try in a row is one line, and nothing else is`() throws {
        let practice = Practice(
            id: UUID(), name: "De Linde", country: .netherlands,
            timeZone: try #require(TimeZone(identifier: "Europe/Amsterdam")), locale: .dutch,
            audience: "a", portalOrigin: "https://portal.example", supportContact: "030",
            policy: .init(of: .netherlands))
        let noon = Date(timeIntervalSince1970: 1_795_345_200)
        let page = [
            ActivityKind.passwordWrong, .passwordWrong, nil, .passwordWrong, .codeSent, .codeSent,
            .passwordWrong,
        ].enumerated().map { number, kind in
            FindActivity.Happening(
                id: UUID(), at: noon - Double(number) * 60, kind: kind,
                destination: kind == .codeSent ? "•••78" : nil)
        }
        let lines = Activity.lines(page, in: practice, language: .english)
        #expect(lines.map(\.times) == [3, 1, 1, 1])
        #expect(lines[0].sentence == "22 November, 12:00: wrong password tried (3 times)")
        #expect(lines[1].sentence == "22 November, 11:56: code sent to •••78")
    }
}
