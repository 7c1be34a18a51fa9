import Foundation
import Testing

/// An installation under traffic while something goes wrong, and what must hold of every fault: all
/// are answered in time, nothing is lost, no instance is restarted.
struct Ordeal: Sendable {
    let installation: Installation
    let traffic: Traffic

    /// From a fault, or its end, to the moment in which it shows.
    static let noticeLimit = Duration.seconds(2)
    /// Acknowledged before anything goes wrong, and again after it.
    private static let warmUp = 40

    /// What repeats a run: `AUTH_TEST_SEED`, which each run prints.
    static let firstSeed = ProcessInfo.processInfo.environment["AUTH_TEST_SEED"].flatMap {
        UInt64($0)
    }

    /// - Parameters:
    ///   - keptIn: where the history is compared with what the database has, after the body.
    ///   - instancesStay: false where the body ends instances itself.
    static func run(
        _ installation: Installation, callers: Int = 4,
        seed: UInt64 = firstSeed ?? .random(in: 0..<1 << 32), clients: [HTTPClient]? = nil,
        instancesStay: Bool = true, keptIn database: @Sendable () -> TestDatabase,
        _ body: @Sendable (Ordeal) async throws -> Void
    ) async throws {
        print("seed \(seed)")
        let traffic = Traffic(
            clients ?? installation.instances.map(\.client), installation,
            isAlwaysAnswered: instancesStay && clients == nil)
        let processes = installation.instances.map(\.identifier)
        try await traffic.run(callers: callers, seed: seed) {
            let ordeal = Ordeal(installation: installation, traffic: traffic)
            try await ordeal.goesOn()
            try await body(ordeal)
            try await ordeal.goesOn()
        }
        let entries = traffic.history.entries
        let violations = HistoryChecks.violations(entries, try await Kept(database()))
        #expect(
            violations.isEmpty,
            "seed \(seed): \(violations.count), such as \(violations.prefix(5))")
        if instancesStay { #expect(installation.instances.map(\.identifier) == processes) }
    }

    /// Waits until some more is acknowledged.
    func goesOn() async throws {
        let goal = traffic.acknowledged + Self.warmUp
        try await eventually(orElse: "nothing is acknowledged any more") {
            traffic.acknowledged >= goal
        }
    }

    /// Waits until every instance says so, in time.
    ///
    /// - Parameter step: what was before, for the message.
    func isReady(
        _ ready: Bool, after step: FaultPlan.Step? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let what = "an instance is still \(ready ? "not " : "")ready"
        try await eventually(
            within: Self.noticeLimit, orElse: step.map { "\(what) after \($0)" } ?? what,
            sourceLocation: sourceLocation
        ) {
            for instance in installation.instances where await instance.isReady != ready {
                return false
            }
            return true
        }
    }

    /// Waits until something is acknowledged that was asked for from now on, in time.
    func writesReturn(
        after step: FaultPlan.Step? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = traffic.acknowledged
        let what = "nothing is written again"
        try await eventually(
            within: Self.noticeLimit, orElse: step.map { "\(what) after \($0)" } ?? what,
            sourceLocation: sourceLocation
        ) { traffic.acknowledged > before }
    }

    /// Waits until so many requests more were answered with 503, or not at all.
    func refusals(_ count: Int) async throws {
        let goal = traffic.unknown + count
        try await eventually(orElse: "too few requests were refused") { traffic.unknown >= goal }
    }
}
