import Foundation
import Synchronization
import Testing

@testable import Auth

/// Instances that are killed at work, as a machine that loses its power kills them, while codes are asked
/// for (C1, Z-24).
@Suite(.timeLimit(.minutes(8)))
struct KilledWorkerTests {
    /// Six, or as many as are asked for: thirty take minutes. Each comes after some 50 letters.
    private static let kills =
        ProcessInfo.processInfo.environment["AUTH_TEST_KILLS"].flatMap { Int($0) } ?? 6
    private static let lettersOfAKill = 50
    private static let callers = 4
    /// How far the callers are ahead of the letters: far enough that every kill meets a worker at work.
    private static let lead = 40

    @Test func `of many codes none is lost and next to none sent twice by kills`() async throws {
        let codes = Self.kills * 200 / 3
        let database = try await TestCluster.shared().cloneDatabase()
        let post = try await PostOffice()
        var settings = Installation.Settings()
        settings.environment = { _ in ["AUTH_DELIVERY_WORKERS": "1"] }
        try await Installation.run(settings, on: database, post: post) { installation in
            async let asked = Self.ask(for: codes, installation)
            try await Self.kill(installation)
            let addresses = try await asked
            try await eventually(within: .seconds(120), orElse: "a letter never went") {
                try await database.count("message", where: "state <> 'sent'") == 0
            }
            // A caller who heard nothing and asked again under its key has one code.
            #expect(try await database.count("message", where: "true") == codes)
            let keys = addresses.map { Set(post.letters(to: $0).map(\.id)) }
            #expect(keys.allSatisfy { $0.count == 1 })
            #expect(Set(keys.joined()).count == codes)
            #expect(post.letters.count - codes <= codes / 100)
        }
    }

    /// Kills one after the other, each as soon as enough letters came since, and starts it anew.
    private static func kill(_ installation: Installation) async throws {
        for number in 0..<kills {
            let goal = (number + 1) * lettersOfAKill
            try await eventually(within: .seconds(60), orElse: "letters stopped coming") {
                installation.post.letters.count >= goal
            }
            let instance = installation.instances[number % installation.instances.count]
            try await instance.end(SIGKILL)
            try instance.start()
            try await eventually { await instance.isReady }
        }
    }

    /// Asks for so many codes, each until there is an answer, and returns whom they are for.
    private static func ask(
        for count: Int, _ installation: Installation
    ) async throws -> [String] {
        let demand = Demand(count)
        return try await withThrowingTaskGroup(of: [String].self) { group in
            for caller in 0..<callers {
                group.addTask {
                    var addresses: [String] = []
                    while let number = demand.next() {
                        try await eventually(within: .seconds(60)) {
                            number <= installation.post.letters.count + lead
                        }
                        addresses.append(try await askUntilAnswered(installation, caller))
                    }
                    return addresses
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    /// By one key at one instance and the other, as a portal repeats what broke off.
    private static func askUntilAnswered(
        _ installation: Installation, _ caller: Int
    ) async throws -> String {
        let address = TestService.freshAddress()
        let body: JSON = ["channel": "email", "to": .string(address), "purpose": "pick-up"]
        let key = UUID().uuidString
        let tries = Mutex(caller)
        try await eventually(within: .seconds(60), orElse: "a code was never answered for") {
            let instance = tries.withLock { tries in
                tries += 1
                return tries % installation.instances.count
            }
            let answer = try? await installation.send(
                "POST", "/v1/codes", at: instance, json: body,
                headers: [("Idempotency-Key", key)])
            return answer?.status == 201
        }
        return address
    }

    /// How many codes the callers have asked for together.
    private final class Demand: Sendable {
        private let count: Int
        private let asked = Mutex(0)

        init(_ count: Int) { self.count = count }

        /// The number of the next; nil after the last.
        func next() -> Int? {
            asked.withLock { asked in
                guard asked < count else { return nil }
                asked += 1
                return asked
            }
        }
    }
}
