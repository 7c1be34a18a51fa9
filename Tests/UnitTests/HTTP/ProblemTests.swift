import Foundation
import HTTPTypes
import Testing

@testable import Auth

@Suite struct ProblemTests {
    private static let now = Date(timeIntervalSince1970: 1_772_362_200)  // 11:50 in Utrecht
    private static let practice = Practice(
        id: UUID(), name: "Utrecht", country: .netherlands,
        timeZone: TimeZone(secondsFromGMT: 3600) ?? .gmt, locale: .dutch, audience: "a",
        portalOrigin: "https://portal.example", supportContact: "de balie, 030 000 00 00",
        policy: .init(of: .netherlands))

    private func document(
        _ problem: Problem, _ language: Language = .dutch, practice: Practice? = Self.practice
    ) -> ProblemDocument {
        ProblemDocument(
            problem: problem, requestID: UUID(), language: language, practice: practice,
            now: Self.now)
    }

    private func detail(
        _ problem: Problem, _ language: Language = .dutch, practice: Practice? = Self.practice
    ) -> String {
        guard
            case .string(let text)? = document(problem, language, practice: practice).body["detail"]
        else { return "" }
        return text
    }

    @Test(arguments: Problem.Kind.allCases)
    func `every kind has a title, a sentence and a page in every language`(kind: Problem.Kind) {
        var titles: Set<String> = []
        for language in Language.allCases {
            let texts = language.problemTexts
            let detail = texts.detail(kind, ProblemFacts())
            #expect(!texts.title(kind).isEmpty && !texts.title(kind).hasSuffix("."))
            #expect(detail.hasSuffix(".") && detail.count > 15 && detail.count < 320)
            #expect(
                !detail.contains("nil") && !detail.contains("Optional") && !detail.contains("  "))
            titles.insert(detail)
            let page = ProblemPage(kind: kind, language: language).html
            #expect(page.contains("<html lang=\"\(language.rawValue)\">"))
            #expect(page.contains("/problems/\(kind.rawValue)") && page.contains("\(kind.status)"))
            #expect(!page.contains("<script") && !page.contains(" style="))
        }
        #expect(titles.count == Language.allCases.count)
        #expect(kind.developerNote.hasSuffix("."))
    }

    @Test(arguments: Problem.Fault.Code.allCases)
    func `every fault has a sentence in every language`(code: Problem.Fault.Code) {
        let sentences = Set(Language.allCases.map { $0.problemTexts.detail(code) })
        #expect(sentences.count == Language.allCases.count)
        #expect(sentences.allSatisfy { $0.hasSuffix(".") })
    }

    @Test func `a document has the members of RFC 9457 and ours`() throws {
        let problem = Problem(.codeIncorrect, attemptsLeft: 3)
        let document = document(problem)
        #expect(document.body["type"] == .string("/problems/code-incorrect"))
        #expect(document.body["title"] == .string("Onjuiste code"))
        #expect(document.body["status"] == .int(422))
        #expect(document.body["request_id"] == .string(document.requestID.text))
        #expect(document.body["attempts_left"] == .int(3))
        #expect(document.body["retry_at"] == nil && document.body["errors"] == nil)
        let answer = document.answer
        #expect(answer.status.code == 422)
        #expect(answer.headers[.contentType] == "application/problem+json; charset=utf-8")
        #expect(answer.headers[.contentLanguage] == "nl")
    }

    @Test(arguments: [
        (1, "Deze code is niet juist. U kunt het nog 1 keer proberen."),
        (3, "Deze code is niet juist. U kunt het nog 3 keer proberen."),
    ])
    func `a wrong code says how many attempts are left`(left: Int, sentence: String) {
        #expect(detail(Problem(.codeIncorrect, attemptsLeft: left)) == sentence)
    }

    @Test func `the last wrong code says what to do, from when on, and whom to turn to`() {
        let last = detail(Problem(.codeIncorrect, attemptsLeft: 0))
        #expect(last.hasPrefix("Deze code is niet juist. Begin opnieuw. "))
        let hours = Problem(.codeIncorrect, attemptsLeft: 0, retryAt: Self.now + 3600)
        #expect(detail(hours).contains("Probeer het om 12:50 opnieuw."))
        for language in Language.allCases {
            for problem in [Problem(.codeIncorrect, attemptsLeft: 0), hours] {
                #expect(detail(problem, language).contains("de balie, 030 000 00 00"))
            }
        }
    }

    @Test func `an older code names the newest by clock and reference`() {
        let newest = Problem.NewestCode(sentAt: Self.now, sentAtLocal: "11:50", reference: "KF")
        let problem = Problem(.codeSuperseded, newestCode: newest)
        #expect(
            detail(problem)
                == "Er is om 11:50 een nieuwere code verstuurd (referentie KF). Gebruik die.")
        #expect(
            detail(problem, .bokmål)
                == "Det ble sendt en nyere kode kl. 11:50 (referanse KF). Bruk den.")
        let body = document(problem).body
        #expect(body["newest_sent_at"] == .string("2026-03-01T10:50:00.000Z"))
        #expect(body["newest_sent_at_local"] == .string("11:50"))
        #expect(body["newest_reference"] == .string("KF"))
    }

    @Test(arguments: [
        (0, "We hebben geen cijfers gevonden."), (1, "We hebben 1 cijfer gevonden."),
        (5, "We hebben 5 cijfers gevonden."),
    ])
    func `what is no code says how many digits it has`(found: Int, sentence: String) {
        let detail = detail(Problem(.codeMalformed, digitsFound: found))
        #expect(detail.hasPrefix(sentence) && detail.hasSuffix("Dit telt niet als poging."))
    }

    @Test(arguments: [
        (-5.0, "U kunt het nu opnieuw proberen."), (0.2, "Probeer het over 1 seconde opnieuw."),
        (30.0, "Probeer het over 30 seconden opnieuw."),
        (90.0, "Probeer het over 90 seconden opnieuw."),
        (91.0, "Probeer het om 11:52 opnieuw."), (120.0, "Probeer het om 11:52 opnieuw."),
        (121.0, "Probeer het om 11:53 opnieuw."), (3600.0, "Probeer het om 12:50 opnieuw."),
        (12.5 * 3600, "Probeer het morgen om 00:20 opnieuw."),
        (72.0 * 3600, "Probeer het op 4 maart 2026 om 11:50 opnieuw."),
    ])
    func `a wait is told by the practice's clock, never too early`(wait: Double, words: String) {
        let problem = Problem(.loginThrottled, retryAt: Self.now + wait)
        #expect(detail(problem).contains(words))
    }

    @Test func `a wait without a practice is told in minutes`() {
        let problem = Problem(.loginThrottled, retryAt: Self.now + 125)
        #expect(detail(problem, .english, practice: nil).contains("in 3 minutes"))
    }

    @Test func `a wait stands in header and member, rounded up`() {
        let waiting = document(Problem(.resendTooSoon, retryAt: Self.now + 24.2))
        #expect(waiting.answer.headers[.retryAfter] == "25")
        #expect(waiting.body["retry_at"] == .string("2026-03-01T10:50:24.200Z"))
        let past = document(Problem(.resendTooSoon, retryAt: Self.now - 24))
        #expect(past.answer.headers[.retryAfter] == "1")
    }

    @Test(arguments: [Problem.Kind.serviceUnavailable, .overloaded])
    func `a 503 says when to come back, not all at once`(kind: Problem.Kind) throws {
        var seen: Set<String> = []
        for _ in 0..<200 {
            let answer = document(Problem(kind)).answer
            seen.insert(try #require(answer.headers[.retryAfter]))
        }
        #expect(seen == ["1", "2", "3"])
    }

    @Test(arguments: [
        Problem.Kind.loginRefused, .codeAttemptsExhausted, .sendsExhausted, .factorUnavailable,
        .internalError,
    ])
    func `a text that ends there names the practice's contact`(kind: Problem.Kind) {
        for language in Language.allCases {
            #expect(detail(Problem(kind), language).contains("de balie, 030 000 00 00"))
        }
        #expect(detail(Problem(kind), practice: nil).contains("uw praktijk"))
    }

    @Test func `a refusal of the login names the other identifiers and nothing else`() {
        let text = detail(Problem(.loginRefused))
        #expect(text.contains("klantnummer") && text.contains("gebruikersnaam"))
    }

    @Test func `faults are listed with place, code and sentence`() {
        let problem = Problem(
            .fieldInvalid,
            faults: [
                .init(.pointer("/password"), .required),
                .init(.header("X-Patient-IP"), .wrongFormat),
                .init(.parameter("wait"), .unknown),
            ])
        let entries = [("pointer", "/password"), ("header", "X-Patient-IP"), ("parameter", "wait")]
        guard case .array(let errors)? = document(problem).body["errors"] else {
            Issue.record("no errors")
            return
        }
        for (entry, place) in zip(errors, entries) {
            #expect(entry[place.0] == .string(place.1))
            #expect(entry["code"] != nil && entry["detail"] != nil)
        }
        #expect(errors.count == 3)
    }

    @Test func `challenges and methods stand in their headers`() {
        let refused = Problem(.methodNotAllowed, allowedMethods: ["GET", "HEAD"])
        #expect(document(refused).answer.headers[.allow] == "GET, HEAD")
        let key = document(Problem(.apiKeyInvalid)).answer.headers[.wwwAuthenticate]
        let token = document(Problem(.tokenInvalid)).answer.headers[.wwwAuthenticate]
        #expect(key?.hasPrefix("APIKey") == true && token?.hasPrefix("Bearer") == true)
    }

    @Test func `slugs are slugs`() {
        for kind in Problem.Kind.allCases {
            #expect(kind.rawValue.wholeMatch(of: /[a-z]+(-[a-z]+)*/) != nil)
            #expect((400...503).contains(kind.status))
        }
    }
}
