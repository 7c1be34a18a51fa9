import Foundation
import Postgres
import Testing

/// Runs in which everything goes wrong that can, one after the other, each drawn from a seed.
@Suite(.serialized, .timeLimit(.minutes(60))) struct SeededFaultTests {
    private static let environment = ProcessInfo.processInfo.environment
    /// How many, from a seed on; none in an ordinary run.
    private static let runs = environment["AUTH_TEST_SEEDS"].flatMap { UInt64($0) }
    private static let firstSeed = Ordeal.firstSeed ?? .random(in: 0..<1 << 32)
    private static let steps = FaultPlan.Fault.allCases.count
    /// Acknowledged in each run, at least.
    private static let acknowledged = 5_000
    private static let callers = 6

    @Test func `the same seed makes the same plan, and another one another`() {
        let plan = FaultPlan(seed: 7, count: 20)
        #expect(plan.description == FaultPlan(seed: 7, count: 20).description)
        #expect(plan.description != FaultPlan(seed: 8, count: 20).description)
        #expect(Set(plan.steps.map(\.fault)).count == FaultPlan.Fault.allCases.count)
    }

    @Test(
        .enabled(if: runs != nil, "minutes, for whoever asks for them"),
        arguments: (0..<(runs ?? 1)).map { firstSeed + $0 })
    func `whatever goes wrong, nothing is lost and no rule about codes is broken`(
        seed: UInt64
    ) async throws {
        let plan = FaultPlan(seed: seed, count: Self.steps)
        print("\(plan)")
        let cluster = try await ReplicatedCluster()
        let name = try await cluster.primary.cluster.cloneDatabase().name
        let post = try await PostOffice()
        let mail = try await FaultProxy(to: "\(post.port)")
        var settings = Installation.Settings()
        settings.mailPort = mail.port
        try await Installation.run(
            settings, on: cluster.database(name), url: cluster.url(database: name), post: post
        ) { installation in
            try await Ordeal.run(
                installation, callers: Self.callers, seed: seed, instancesStay: false,
                keptIn: { cluster.database(name) }
            ) { ordeal in
                let stage = Stage(cluster: cluster, mail: mail, installation: installation)
                for step in plan.steps {
                    try await stage.play(step)
                    try await ordeal.writesReturn(after: step)
                    try await ordeal.isReady(true, after: step)
                    try await ordeal.goesOn()
                }
                try await eventually(within: .seconds(600)) {
                    ordeal.traffic.acknowledged >= Self.acknowledged
                }
            }
            try await everyLivingCodeWasMailed(cluster.database(name), post)
        }
    }

    /// With all healed, every message is over, and what the outbox calls sent has arrived (C1).
    private func everyLivingCodeWasMailed(
        _ database: TestDatabase, _ post: PostOffice
    ) async throws {
        try await eventually(within: .seconds(60), orElse: "messages wait for ever") {
            try await database.count("message", where: "state = 'queued'") == 0
        }
        let sent = try await database.rows(
            "select message_id::text from message where state = 'sent'")
        let arrived = Set(post.letters.map(\.id))
        #expect(sent.allSatisfy { $0[0].map(arrived.contains) == true })
        #expect(try await database.count("message", where: "state = 'failed'") == 0)
        let unsent = try await database.value(
            """
            select count(*)
            from code
            join code_subject
                on code_subject.practice_id = code.practice_id
                and code_subject.newest_code_id = code.code_id
            where code.used_at is null
              and code.voided_at is null
              and code.attempts_left > 0
              and code.expires_at > clock_timestamp()
              and not exists (
                  select from message
                  where message.practice_id = code.practice_id
                    and message.code_id = code.code_id
                    and message.state = 'sent')
            """)
        #expect(unsent == "0")
    }
}

/// Where the steps of a plan are played; each returns when the fault is over.
private struct Stage: Sendable {
    let cluster: ReplicatedCluster
    let mail: FaultProxy
    let installation: Installation

    func play(_ step: FaultPlan.Step) async throws {
        let primary = cluster.primary
        let instance = installation.instances[step.instance]
        switch step.fault {
        case .primaryCrashes:
            try await primary.local.kill()
            try await last(step.lasts)
            try await primary.local.start()
            try await cluster.standbyFollows()
        case .primarySwitches:
            try await primary.local.stop()
            try await cluster.promote()
            try await cluster.rejoin()
        case .primaryFreezes:
            primary.local.freeze()
            try await last(step.lasts)
            primary.local.thaw()
        case .standbyFreezes:
            let standby = cluster.standby.local
            standby.freeze()
            try await last(step.lasts)
            standby.thaw()
        case .primaryCutOff: try await turn(primary.proxy, .blackhole, step)
        case .answersBreakOff: try await turn(primary.proxy, .half, step)
        case .networkIsSlow: try await turn(primary.proxy, .delay(milliseconds: 40), step)
        case .connectionsAreCut: try await turn(primary.proxy, .reset, step)
        case .mailAway: try await turn(mail, .refuse, step)
        case .instanceKilled:
            try await instance.end(SIGKILL)
            try await last(step.lasts)
            try instance.start()
        case .instanceRestarted:
            #expect(try await instance.end(SIGTERM) == 0)
            try instance.start()
        case .instanceFreezes:
            instance.signal(SIGSTOP)
            try await last(.milliseconds(900))
            instance.signal(SIGCONT)
        }
        try await eventually { await instance.isReady }
    }

    private func turn(
        _ proxy: FaultProxy, _ mode: FaultProxy.Mode, _ step: FaultPlan.Step
    ) async throws {
        try await proxy.turn(mode)
        try await last(step.lasts)
        try await proxy.turn(.ok)
    }
}
