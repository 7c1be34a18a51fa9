import Foundation
import Testing

@testable import Auth

/// The problems in the contract's examples are those that the service writes, word by word, at the
/// moment when the first code of the story was sent.
@Suite struct ProblemExampleTests {
    private let contract: Contract
    private let now: Date
    private let practice = Practice(
        id: UUID(), name: "Huisartsenpraktijk Dom", country: .netherlands,
        timeZone: TimeZone(identifier: "Europe/Amsterdam") ?? .gmt, locale: .dutch,
        audience: "https://portal.dom-praktijk.example",
        portalOrigin: "https://portal.dom-praktijk.example",
        supportContact: "030 123 45 67", policy: .init(of: .netherlands))
    /// Refused before anybody knows whose patient it is about.
    private let unattributed: Set<Problem.Kind> = [
        .apiKeyInvalid, .signatureInvalid, .requestMalformed, .targetTooLong, .headersTooLarge,
        .expectationFailed,
    ]

    init() throws {
        contract = try Contract.shipped()
        now = try Self.instant("2026-03-02T10:50:07.125Z")
    }

    @Test func `every problem in an example reads as the service writes it`() throws {
        for example in contract.document["components"]?["examples"]?.members ?? [] {
            guard let value = example.value["value"],
                value["type"]?.string?.hasPrefix("/problems/") == true
            else { continue }
            let problem = try problem(value)
            let document = ProblemDocument(
                problem: problem,
                requestID: try #require(UUID(uuidString: value["request_id"]?.string ?? "")),
                language: .dutch,
                practice: unattributed.contains(problem.kind) ? nil : practice, now: now)
            #expect(document.body == value, "\(example.name)")
        }
    }

    private func problem(_ value: JSONValue) throws -> Problem {
        let slug = (value["type"]?.string ?? "").dropFirst("/problems/".count)
        var problem = Problem(try #require(Problem.Kind(rawValue: String(slug))))
        if case .int(let count) = value["attempts_left"] { problem.attemptsLeft = count }
        if case .string(let limit) = value["limit"] {
            problem.limit = SendLimit.Kind(rawValue: limit)
        }
        if case .int(let count) = value["digits_found"] {
            problem.digitsFound = count
            problem.digitsExpected = Code.digitCount
        }
        if let instant = value["retry_at"]?.string { problem.retryAt = try Self.instant(instant) }
        if let instant = value["newest_sent_at"]?.string {
            let sentAt = try Self.instant(instant)
            problem.newestCode = .init(
                sentAt: sentAt, sentAtLocal: practice.clockTime(sentAt),
                reference: value["newest_reference"]?.string ?? "")
        }
        problem.step = value["step"]?.string.flatMap(EnrolmentStep.init)
        problem.brokenRules = (value["broken_rules"]?.elements ?? []).compactMap {
            $0["name"]?.string.flatMap(PasswordRule.init)
        }
        problem.missing = (value["missing"]?.elements ?? []).compactMap(\.string)
        problem.steps = (value["steps"]?.elements ?? []).compactMap(\.string)
        problem.factorTypes = (value["factor_types"]?.elements ?? []).compactMap {
            $0.string.flatMap { Factor.Kind(rawValue: $0) }
        }
        if case .int(let age) = value["max_age"] {
            let level = value["acr_values"]?.string.flatMap(Assurance.Level.init)
            problem.stepUp = .init(level: try #require(level), maxAge: age)
        }
        problem.textFaults = (value["text_faults"]?.elements ?? []).compactMap(\.string)
        problem.documents = value["documents"]?.elements.map {
            Document.Reference(
                kind: $0["kind"]?.string ?? "", version: $0["version"]?.string ?? "")
        }
        problem.faults = try (value["errors"]?.elements ?? []).map { fault in
            let code = Problem.Fault.Code(rawValue: fault["code"]?.string ?? "")
            let place: Problem.Fault.Place =
                if let header = fault["header"]?.string {
                    .header(header)
                } else if let parameter = fault["parameter"]?.string {
                    .parameter(parameter)
                } else {
                    .pointer(try #require(fault["pointer"]?.string))
                }
            return Problem.Fault(place, try #require(code))
        }
        return problem
    }

    private static func instant(_ text: String) throws -> Date {
        try Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
