import Foundation
import Testing

@testable import Auth

/// Crowds of connections that ask for nothing, or never come to the point, beside callers in earnest
/// (reliability.md, section 6).
@Suite(.serialized, .timeLimit(.minutes(5))) struct CrowdTests {
    /// Connections of a crowd; the process may hold far more (`ServerLimits.connections`). They are this
    /// process's too, whose other tests start programs: that library can't count files beyond 1,024.
    private static let crowd = 400
    /// Of the crowd, from one to the next: 200 a second.
    private static let step = Duration.milliseconds(5)
    /// How long the caller in earnest asks, one request after the other: until the crowd is cut off.
    private static let time = Duration.seconds(8)
    /// More than beside nobody, on a machine that has the crowd to play as well.
    private static let slack = Duration.milliseconds(50)

    enum Manner: String, CaseIterable, Sendable {
        case saysNothing, dripsItsHead, dripsItsBody

        /// What it begins with.
        var first: String {
            switch self {
            case .saysNothing: ""
            case .dripsItsHead: "GET /v1/practice HTTP/1.1\r\nHost: auth\r\n"
            case .dripsItsBody:
                "POST /v1/logins HTTP/1.1\r\nHost: auth\r\nContent-Type: application/json\r\n"
                    + "Content-Length: 16000\r\n\r\n{"
            }
        }

        /// What it says again and again.
        var drip: String? {
            switch self {
            case .saysNothing: nil
            case .dripsItsHead: "X-A: b\r\n"
            case .dripsItsBody: " "
            }
        }
    }

    @Test(arguments: Manner.allCases)
    func `a crowd keeps nobody waiting, and who drips is cut off`(manner: Manner) async throws {
        try await run { installation in
            let instance = installation.instances[0]
            let process = instance.identifier
            // The first requests of a process take longer than others.
            _ = try await latencies(installation, for: .seconds(1))
            let alone = try await latencies(installation, for: .seconds(3))
            let wires = try await connect(Self.crowd, to: instance.port)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (number, wire) in wires.enumerated() {
                    group.addTask {
                        try await last(Self.step * number)
                        await wire.sendAnyway(manner.first)
                        guard let drip = manner.drip else { return }
                        while (try? await wire.send(drip)) != nil {
                            try await last(.milliseconds(500))
                        }
                    }
                }
                let beside = try await latencies(installation)
                #expect(
                    beside.p99 <= alone.p99 * 1.5 + Self.slack,
                    "\(manner): \(beside.p99), alone \(alone.p99)")
                if manner.drip != nil {
                    for wire in wires { try await wire.untilClosed(within: .seconds(10)) }
                }
                for wire in wires { wire.close() }
                try await group.waitForAll()
            }
            _ = try await latencies(installation, for: .seconds(1))
            #expect(instance.identifier == process)
        }
    }

    @Test func `who connects and leaves keeps nobody waiting`() async throws {
        try await run { installation in
            let instance = installation.instances[0]
            _ = try await latencies(installation, for: .seconds(1))
            let alone = try await latencies(installation, for: .seconds(3))
            async let flood: Void = flood(8_000, to: instance.port)
            let beside = try await latencies(installation)
            try await flood
            #expect(
                beside.p99 <= alone.p99 * 2 + Self.slack, "\(beside.p99), alone \(alone.p99)")
        }
    }

    @Test func `an instance that may open few files is there again when a crowd has left`()
        async throws
    {
        try await run(openFiles: 256) { installation in
            let instance = installation.instances[0]
            let process = instance.identifier
            let wires = try await connect(400, to: instance.port)
            for wire in wires { wire.close() }
            _ = try await latencies(installation, for: .seconds(1))
            #expect(instance.identifier == process)
        }
    }

    // MARK: - What they share

    private func run(
        openFiles: Int? = nil, _ body: @escaping @Sendable (Installation) async throws -> Void
    ) async throws {
        // This process holds the other ends.
        try #require(OpenFiles.limit > 2 * Self.crowd)
        let database = try await TestCluster.shared().cloneDatabase()
        let post = try await PostOffice()
        var settings = Installation.Settings()
        settings.instances = 1
        settings.openFiles = openFiles
        try await Installation.run(settings, on: database, post: post, body)
    }

    private func connect(_ count: Int, to port: Int) async throws -> [Wire] {
        var wires: [Wire] = []
        // In turns: what waits to be accepted is limited too.
        while wires.count < count {
            wires += try await parallel(min(50, count - wires.count)) { _ in
                try await Wire.connect(port: port)
            }
        }
        return wires
    }

    /// At most 2,000 a second.
    private func flood(_ count: Int, to port: Int) async throws {
        for _ in 0..<count / 50 {
            for wire in try await connect(50, to: port) { wire.close() }
            try await last(Self.step * 5)
        }
    }

    private struct Latencies {
        let sorted: [Duration]
        var p99: Duration { sorted[sorted.count * 99 / 100] }
    }

    /// Of requests that read the database; each must be answered.
    private func latencies(
        _ installation: Installation, for time: Duration = time
    ) async throws -> Latencies {
        var all: [Duration] = []
        let end = ContinuousClock.now + time
        while ContinuousClock.now < end {
            let begun = ContinuousClock.now
            let answer = try await installation.send("GET", "/v1/practice")
            all.append(ContinuousClock.now - begun)
            try #require(answer.status == 200, "\(answer.text)")
        }
        return Latencies(sorted: all.sorted())
    }
}
