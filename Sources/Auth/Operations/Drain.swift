import Logging
import ServiceLifecycle

/// Takes this process out of service without a failed request (E1, O6).
///
/// It stands last in the service group, so that on SIGTERM it is the first to go: readiness fails
/// at once, every answer closes its connection, and only when load balancers have had time to
/// notice does the next service, the listening server, stop accepting and finish what it has.
struct Drain: Service {
    let readiness: Readiness
    /// The account of the public server.
    let requests: RequestsInFlight
    /// How long requests are still accepted; three check intervals of the load balancer.
    let delay: Duration
    let logger: Logger

    func run() async throws {
        do {
            try await gracefulShutdown()
        } catch {
            return
        }
        logger.notice("draining", metadata: ["seconds": "\(delay.seconds)"])
        readiness.stop()
        requests.startDraining()
        try? await Task.sleep(for: delay)
        logger.notice("no new connections from now on")
    }
}
