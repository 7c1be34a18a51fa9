import Cryptography
import Foundation

@testable import Auth

/// Instances of the service that run on one database, with what they send and log.
struct TestServers: Sendable {
    let instances: [HTTPClient]
    let internalInstances: [HTTPClient]
    let services: [AuthService]
    let mail: RecordingChannel
    let database: TestDatabase
    let log: TestLog

    /// Runs the body with servers that nobody else uses meanwhile: kept ones, where it sets nothing
    /// that they are started with.
    static func run<Result: Sendable>(
        _ settings: TestService.Settings,
        _ body: @escaping @Sendable (TestServers) async throws -> Result
    ) async throws -> Result {
        guard settings.canShareServers, let pool = pools[settings.instances] else {
            return try await own(settings, body)
        }
        return try await pool.run(body)
    }

    /// By the number of instances.
    private static let pools = [1: pool(of: 1), 2: pool(of: 2)]

    private static func pool(of instances: Int) -> TestPool<TestServers> {
        TestPool(
            start: { try await own(.init(instances: instances), $0) },
            renew: { try await $0.emptied() })
    }

    /// Starts servers on a new database, and stops them after the body whatever happened.
    private static func own<Result: Sendable>(
        _ settings: TestService.Settings,
        _ body: @escaping @Sendable (TestServers) async throws -> Result
    ) async throws -> Result {
        let shared = try await TestCluster.shared()
        let database = try await (settings.cluster ?? shared).cloneDatabase()
        let (mail, log) = (RecordingChannel(), TestLog())
        let signingKey = try TestKeys.signingKey()
        var services: [AuthService] = []
        for number in 0..<settings.instances {
            var configuration = ServiceConfiguration(
                publicURL: "http://127.0.0.1", listen: .init(host: "127.0.0.1", port: 0),
                internalListen: .init(host: "127.0.0.1", port: 0),
                databaseURL: Secret(database.serviceURL), keys: Secret(TestKeys.ring),
                signingKeys: Secret(signingKey), mail: nil)
            configuration.limits.drainDelay = .zero
            configuration.limits.hashThreads = settings.hashThreads
            settings.configure?(&configuration)
            let now = settings.clock.map { clock in { @Sendable in clock(number) } }
            services.append(
                try await AuthService(
                    configuration: configuration, logger: log.logger, metrics: MetricsRegistry(),
                    limits: settings.limits ?? .patient, channel: settings.channel ?? mail,
                    now: now))
        }
        return try await Running.with(services) { [services] ports in
            try await body(
                TestServers(
                    instances: ports.map { HTTPClient(port: $0.open) },
                    internalInstances: ports.map { HTTPClient(port: $0.internal) },
                    services: services, mail: mail, database: database, log: log))
        }
    }

    /// As if they had just been started on a new database, but for their metrics.
    private func emptied() async throws -> TestServers {
        try await database.empty()
        mail.forget()
        log.forget()
        // Connections that were idle for long may be closing just now.
        return TestServers(
            instances: instances.map { HTTPClient(port: $0.port) },
            internalInstances: internalInstances.map { HTTPClient(port: $0.port) },
            services: services, mail: mail, database: database, log: log)
    }
}

extension ServerLimits {
    /// For what is not about time: nothing fails because the machine does other work as well.
    fileprivate static let patient = {
        var limits = ServerLimits()
        limits.statementDeadline = .seconds(16)
        limits.equalRequestWait = .seconds(12)
        limits.request.answerDeadline = .seconds(20)
        return limits
    }()
}
