import Foundation
import Testing

@testable import Auth

/// Random steps over HTTP, on two instances, against a small model of what a code may do.
@Suite struct CodeModelTests {
    private static let subjects = 20
    private static let stepsInRound = 10
    /// A thousand steps, or as many rounds of two hundred as are asked for.
    private static let rounds =
        ProcessInfo.processInfo.environment["AUTH_TEST_MODEL_ROUNDS"].flatMap { Int($0) } ?? 5

    @Test func `every answer is the model's`() async throws {
        let seed = UInt64.random(in: 0 ... .max)
        var settings = CodeRaceTests.two
        settings.sendsPerHour = 1_000
        settings.sendsPerDay = 10_000
        try await TestService.run(settings) { service in
            var randomness = SeededGenerator(state: seed)
            var models = (0..<Self.subjects).map { number in
                CodeModel(
                    address: TestService.freshAddress(),
                    randomness: SeededGenerator(state: seed &+ UInt64(number) &* 0x9E37_79B9))
            }
            for _ in 0..<Self.rounds {
                let before = models
                models = try await parallel(Self.subjects) { number in
                    var model = before[number]
                    for _ in 0..<Self.stepsInRound { try await model.step(service, seed: seed) }
                    return model
                }
                // Past the resend's wait, past a code's life, or past the hour of guesses.
                let spans: [Double] = [130, 130, 610, 3_700]
                let seconds = spans.randomElement(using: &randomness) ?? 130
                try await service.travel(seconds)
                for number in models.indices { models[number].clock += seconds }
            }
        }
    }
}

/// One receiver with the codes that one client sent, as the rules say they are.
private struct CodeModel: Sendable {
    /// One `id`, with the digits of each of its sends.
    struct Flow {
        let id: String
        var digits: [String]
        var left = Code.attemptCount
        var sentAt: Double
        var firstAt: Double
        var isUsed = false
        var isCancelled = false
    }

    let address: String
    var randomness: SeededGenerator
    var clock = 0.0
    private var flows: [Flow] = []
    private var guesses: [Double] = []

    init(address: String, randomness: SeededGenerator) {
        self.address = address
        self.randomness = randomness
    }

    private var guessesSpent: Int { guesses.count { $0 > clock - 3_600 } }

    mutating func step(_ service: TestService, seed: UInt64) async throws {
        let instance = Int.random(in: 0...1, using: &randomness)
        guard !flows.isEmpty, Int.random(in: 0..<8, using: &randomness) > 0 else {
            return try await issue(service, instance, seed)
        }
        // The newest most of the time, an older one now and then.
        let index =
            Int.random(in: 0..<3, using: &randomness) > 0
            ? flows.count - 1 : flows.indices.randomElement(using: &randomness) ?? 0
        switch Int.random(in: 0..<10, using: &randomness) {
        case 0: try await cancel(index, service, instance)
        case 1: try await resend(index, service, seed)
        case 2...5: try await guess(index, flows[index].digits.last ?? "", service, instance, seed)
        case 6:
            let older = flows[index].digits.randomElement(using: &randomness) ?? ""
            try await guess(index, older, service, instance, seed)
        default:
            let wrong = TestService.wrongDigits(
                flows[index].digits.last ?? "", Int.random(in: 1...9, using: &randomness))
            try await guess(index, wrong, service, instance, seed)
        }
    }

    private mutating func issue(
        _ service: TestService, _ instance: Int, _ seed: UInt64
    ) async throws {
        let answer = try await service.issueAnswer(to: address, instance: instance)
        if guessesSpent >= Code.guessesPerHour {
            #expect(answer.problem == "code-attempts-exhausted", "issue, seed \(seed)")
            return
        }
        try #require(answer.status == 201, "issue, seed \(seed): \(answer.text)")
        let issued = try await service.issued(try answer.json(), at: address)
        flows.append(
            Flow(id: issued.id, digits: [issued.digits], sentAt: clock, firstAt: clock))
    }

    private mutating func resend(
        _ index: Int, _ service: TestService, _ seed: UInt64
    ) async throws {
        let flow = flows[index]
        let answer = try await service.resend(flow.id)
        let expected = resendRefusal(of: flow, isNewest: index == flows.count - 1)
        #expect(answer.problem == expected, "resend, seed \(seed)")
        guard answer.status == 201 else { return }
        let issued = try await service.issued(try answer.json(), at: address)
        flows[index].digits.append(issued.digits)
        flows[index].left = Code.attemptCount
        flows[index].sentAt = clock
    }

    /// The first wait is thirty seconds; a round is longer than every later one.
    private func resendRefusal(of flow: Flow, isNewest: Bool) -> String? {
        if flow.isUsed { return "code-used" }
        if flow.isCancelled { return "code-expired" }
        if !isNewest { return "code-superseded" }
        if clock > flow.firstAt + 1_800 { return "code-expired" }
        if clock < flow.sentAt + 30 { return "resend-too-soon" }
        return guessesSpent >= Code.guessesPerHour ? "code-attempts-exhausted" : nil
    }

    private func guessRefusal(
        of flow: Flow, isNewest: Bool, isRight: Bool, isOlder: Bool
    ) -> String? {
        if flow.isUsed { return "code-used" }
        if !isNewest { return "code-superseded" }
        if flow.isCancelled { return "code-expired" }
        if isOlder, !isRight { return "code-superseded" }
        if clock > flow.sentAt + 600 { return "code-expired" }
        if flow.left == 0 || guessesSpent >= Code.guessesPerHour {
            return "code-attempts-exhausted"
        }
        return isRight ? nil : "code-incorrect"
    }

    private mutating func cancel(
        _ index: Int, _ service: TestService, _ instance: Int
    ) async throws {
        let answer = try await service.send(
            "DELETE", "/v1/codes/\(flows[index].id)", instance: instance)
        #expect(answer.status == 204)
        if !flows[index].isUsed { flows[index].isCancelled = true }
    }

    private mutating func guess(
        _ index: Int, _ digits: String, _ service: TestService, _ instance: Int, _ seed: UInt64
    ) async throws {
        let flow = flows[index]
        let answer = try await service.check(flow.id, digits, instance: instance)
        let expected = guessRefusal(
            of: flow, isNewest: index == flows.count - 1, isRight: digits == flow.digits.last,
            isOlder: flow.digits.dropLast().contains(digits))
        #expect(answer.problem == expected, "verify, seed \(seed)")
        if answer.status == 200 {
            flows[index].isUsed = true
            guesses = []
        }
        if expected == "code-incorrect" {
            flows[index].left -= 1
            guesses.append(clock)
            let left = min(flows[index].left, Code.guessesPerHour - guessesSpent)
            #expect(try answer.json()["attempts_left"].int == left, "seed \(seed)")
        }
    }
}
