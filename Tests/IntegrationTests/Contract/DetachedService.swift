import Cryptography
import Foundation

@testable import Auth

/// A service whose database is not there: for what needs none, and for what happens then.
enum DetachedService {
    static func make(_ limits: ServerLimits = ServerLimits()) async throws -> AuthService {
        var configuration = ServiceConfiguration(
            publicURL: "http://127.0.0.1", listen: .init(host: "127.0.0.1", port: 0),
            internalListen: .init(host: "127.0.0.1", port: 0),
            databaseURL: Secret("postgresql:///none_test?host=/nonexistent"),
            keys: Secret(TestKeys.ring), signingKeys: Secret(try TestKeys.signingKey()), mail: nil)
        configuration.limits.drainDelay = .zero
        return try await AuthService(
            configuration: configuration, logger: TestLog().logger, metrics: MetricsRegistry(),
            limits: limits, channel: RecordingChannel())
    }

    static func run(
        _ limits: ServerLimits = ServerLimits(),
        _ body: @escaping @Sendable (HTTPClient) async throws -> Void
    ) async throws {
        try await Running.with([try await make(limits)]) { ports in
            try await body(HTTPClient(port: ports[0].open))
        }
    }
}
