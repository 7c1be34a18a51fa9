import Cryptography
import Foundation
import Postgres
import Testing

@testable import Auth

/// What gateways in trouble cost those who are served meanwhile (C5): minutes of measuring, for whoever
/// asks for it.
@Suite(
    .enabled(if: ProcessInfo.processInfo.environment["AUTH_TEST_LOAD"] != nil),
    .serialized, .timeLimit(.minutes(10)))
struct GatewayLoadTests {
    private static let rounds = 5
    private static let codesOfARound = 400
    private static let inFlight = 8

    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
    }

    @Test(arguments: GatewayFaultTests.Fault.allCases)
    func `codes are issued as fast beside a gateway in trouble`(
        fault: GatewayFaultTests.Fault
    ) async throws {
        try await run(first: HTTPSPeer.takes, isAway: false) { sound in
            try await run(first: fault.answer, isAway: fault == .refusing) { troubled in
                var ratios: [Double] = []
                for _ in 0..<Self.rounds {
                    let usual = try await slowest(of: sound)
                    ratios.append(try await slowest(of: troubled) / usual)
                }
                judge(ratios, "\(fault)")
            }
        }
    }

    /// It is not gone around, so its messages pile up: what is measured is measured beside that.
    @Test func `codes are issued as fast beside a gateway that answers just in time`()
        async throws
    {
        try await run(first: HTTPSPeer.takes, isAway: false) { sound in
            try await run(first: HTTPSPeer.takesInTime, isAway: false) { tardy in
                var ratios: [Double] = []
                for _ in 0..<Self.rounds {
                    let usual = try await slowest(of: sound)
                    ratios.append(try await slowest(of: tardy, drains: false) / usual)
                }
                judge(ratios, "just in time")
            }
        }
    }

    private func judge(_ ratios: [Double], _ gateway: String) {
        print("\(gateway): p99 of issuing by that beside a sound gateway, \(ratios)")
        #expect(ratios.sorted()[Self.rounds / 2] <= 2)
    }

    /// A service whose first practice mails through that gateway, and through a sound one after it.
    private func run(
        first: HTTPSPeer.Answer, isAway: Bool,
        _ body: @escaping @Sendable (TestService) async throws -> Void
    ) async throws {
        let certificate = try authority.certificate(for: "localhost")
        let peers = [
            try await HTTPSPeer([first], certificate: certificate),
            try await HTTPSPeer([HTTPSPeer.takes], certificate: certificate),
        ]
        var settings = TestService.Settings()
        let path = authority.certificate.path
        settings.configure = {
            $0.outbound = .init(hosts: peers.map(\.authority))
            $0.outbound.loopbackAuthorities = path
            $0.sending = SendCeilings(perClientAndHour: 1_000_000)
        }
        try await TestService.run(settings) { service in
            let rungs = [peers[0].rung("first"), peers[1].rung("second")]
            let ladder = try NewLadder.parsed(
                "[\(rungs.joined(separator: ","))]", for: .email,
                hosts: Set(peers.map(\.authority)))
            try await service.service.database.run(
                ReplaceLadder(
                    practice: service.practice, ladder: ladder,
                    key: service.service.keys.sealingKey(.gateway)))
            if isAway { _ = await peers[0].stop() }
            try await body(service)
        }
    }

    /// Seconds within which 99 of 100 codes were issued.
    ///
    /// - Parameter drains: whether it returns only when all of them are on their way.
    private func slowest(of service: TestService, drains: Bool = true) async throws -> Double {
        let durations = try await withThrowingTaskGroup(of: [Double].self) { group in
            for _ in 0..<Self.inFlight {
                group.addTask {
                    try await issue(Self.codesOfARound / Self.inFlight, service)
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }.sorted()
        }
        if drains {
            try await eventually(within: .seconds(60)) {
                try await service.database.count("message", where: "state = 'queued'") == 0
            }
        }
        return durations[durations.count * 99 / 100]
    }

    private func issue(_ count: Int, _ service: TestService) async throws -> [Double] {
        var durations: [Double] = []
        for _ in 0..<count {
            let begun = ContinuousClock.now
            let answer = try await service.issueAnswer(to: TestService.freshAddress())
            try #require(answer.status == 201, "\(answer.text)")
            durations.append((ContinuousClock.now - begun) / .seconds(1))
        }
        return durations
    }
}
