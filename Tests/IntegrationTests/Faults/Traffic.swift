import Foundation
import Synchronization

/// Callers that have codes sent and guess at them, at whatever instance, and write down what they are
/// told.
final class Traffic: Sendable {
    let history = History()
    private let clients: [HTTPClient]
    private let apiKey: String
    private let post: PostOffice
    private let isAlwaysAnswered: Bool
    private let isOver = Atomic<Bool>(false)

    /// - Parameters:
    ///   - clients: of the instances, or of what stands in front of them.
    ///   - isAlwaysAnswered: every request gets an answer, and whoever is put off is told for how long.
    init(_ clients: [HTTPClient], _ installation: Installation, isAlwaysAnswered: Bool) {
        self.clients = clients
        self.isAlwaysAnswered = isAlwaysAnswered
        apiKey = installation.key
        post = installation.post
    }

    /// Of the codes, so that what a test has sent besides is told from them.
    static let purpose = "pick-up"
    /// How many requests each caller has under way at most.
    static let guessesAtOnce = 8

    var acknowledged: Int { history.acknowledged }
    var unknown: Int { history.unknown }

    /// Runs the body beside that many callers; returns when the last of them has its answer.
    func run<Result: Sendable>(
        callers: Int, seed: UInt64, _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<callers {
                group.addTask {
                    var caller = Caller(
                        traffic: self,
                        randomness: SeededGenerator(state: seed &+ UInt64(number)))
                    while !self.isOver.load(ordering: .relaxed) { try await caller.step() }
                }
            }
            do {
                let result = try await body()
                isOver.store(true, ordering: .relaxed)
                try await group.waitForAll()
                return result
            } catch {
                isOver.store(true, ordering: .relaxed)
                throw error
            }
        }
    }
}

// MARK: - What a caller does

extension Traffic {
    /// One caller after another's code is none of its business: each step has an address of its own.
    private struct Caller: Sendable {
        let traffic: Traffic
        var randomness: SeededGenerator

        /// How long a code's letter is waited for; then the step goes on without: whatever ails the mail,
        /// callers go on writing, by which it is seen that the database takes writes.
        private static let letterLimit = Duration.seconds(1)

        mutating func step() async throws {
            let address = "c\(UUID().uuidString.lowercased().prefix(18))@example.no"
            guard let first = try await issue(to: address) else { return }
            switch Int.random(in: 0..<10, using: &randomness) {
            case 0..<3: try await guess(at: first, rightOnes: 3)
            case 3..<6: try await guess(at: first, rightOnes: 1)
            case 6..<8: try await guess(at: first, rightOnes: 0)
            default:
                guard let second = try await issue(to: address),
                    second.reference != first.reference
                else { return }
                let patience = isPatient()
                if let code = try await traffic.code(first, within: Self.letterLimit) {
                    _ = try await traffic.act(
                        .verify(flow: first.flow, code: code), patience, client())
                }
                try await guess(at: second, rightOnes: 1)
            }
        }

        private mutating func issue(to address: String) async throws -> Issued? {
            try await traffic.act(.issue(address: address), isPatient(), client()).map {
                Issued(flow: $0.flow, reference: $0.reference, address: address)
            }
        }

        /// All at the same time, so that they race; the right ones stand anywhere among them.
        private mutating func guess(at issued: Issued, rightOnes: Int) async throws {
            var codes = (0..<Traffic.guessesAtOnce - rightOnes).map { _ in
                String(Int.random(in: 100_000...999_999, using: &randomness))
            }
            if rightOnes > 0, let right = try await traffic.code(issued, within: Self.letterLimit) {
                codes += Array(repeating: right, count: rightOnes)
                codes.shuffle(using: &randomness)
            }
            let guesses = codes.map { ($0, isPatient(), client()) }
            let traffic = traffic
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (code, patience, client) in guesses {
                    group.addTask {
                        _ = try await traffic.act(
                            .verify(flow: issued.flow, code: code), patience, client)
                    }
                }
                try await group.waitForAll()
            }
        }

        /// Most repeat a request until they know what it came to; some never learn it.
        private mutating func isPatient() -> Bool { Int.random(in: 0..<5, using: &randomness) > 0 }

        private mutating func client() -> Int {
            Int.random(in: traffic.clients.indices, using: &randomness)
        }
    }

    fileprivate struct Issued: Sendable {
        let flow: String
        let reference: String
        var address = ""
    }

    private func code(_ issued: Issued, within limit: Duration) async throws -> String? {
        try await post.code(reference: issued.reference, to: issued.address, within: limit)
    }

    /// Asks until it is known what the act came to, each time another instance; the patient do.
    private func act(
        _ act: History.Act, _ isPatient: Bool, _ client: Int
    ) async throws -> Issued? {
        let key = UUID().uuidString
        var client = client
        while true {
            let (outcome, issued) = await ask(act, key: key, of: clients[client % clients.count])
            if outcome != .unknown { return issued }
            // Where the test has failed, what went wrong may never be healed.
            if !isPatient || Task.isCancelled { return nil }
            client += 1
            try await last(.milliseconds(100))
        }
    }

    private func ask(
        _ act: History.Act, key: String, of client: HTTPClient
    ) async -> (History.Outcome, Issued?) {
        let begun = ContinuousClock.now
        let answer = try? await send(act, key: key, to: client)
        let ended = ContinuousClock.now
        let body = answer.flatMap { try? $0.json() }
        let flow = body?["id"].string
        let outcome: History.Outcome =
            switch (answer?.status, answer?.problem) {
            case (200, _), (201, _):
                flow.map(History.Outcome.done) ?? .absurd("success without an id")
            case (nil, _) where isAlwaysAnswered && !Task.isCancelled: .absurd("no answer")
            case (503, let slug) where isAlwaysAnswered && answer?.header("Retry-After") == nil:
                .absurd("503 \(slug ?? "") without a time")
            // What stands in front answers 502 or 504 where an instance ends in the middle.
            case (nil, _), (502, _), (503, _), (504, _): .unknown
            // An earlier one with the key may be done yet.
            case (409, "request-running"): .unknown
            case (_, let slug?) where Self.refusals.contains(slug): .refused(slug)
            case (let status?, let slug): .absurd("\(status) \(slug ?? "")")
            }
        history.add(.init(act: act, key: key, begun: begun, ended: ended, outcome: outcome))
        return (
            outcome, flow.map { Issued(flow: $0, reference: body?["reference"].string ?? "?") }
        )
    }

    private static let refusals: Set = [
        "code-incorrect", "code-superseded", "code-used", "code-attempts-exhausted",
        "code-expired",
    ]

    private func send(
        _ act: History.Act, key: String, to client: HTTPClient
    ) async throws -> HTTPAnswer {
        let headers = [
            ("X-API-Key", apiKey), ("Idempotency-Key", key),
            ("Content-Type", "application/json"),
        ]
        switch act {
        case .issue(let address):
            let body: JSON = [
                "channel": "email", "to": .string(address), "purpose": .string(Self.purpose),
                "lifetime_seconds": 600,
            ]
            return try await client.send(
                "POST", "/v1/codes", headers: headers, body: body.bytes, within: .seconds(10))
        case .verify(let flow, let code):
            let body: JSON = ["code": .string(code)]
            return try await client.send(
                "POST", "/v1/codes/\(flow)/verify", headers: headers, body: body.bytes,
                within: .seconds(10))
        }
    }
}
