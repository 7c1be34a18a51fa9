import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// One listening HTTP server: endpoints under all limits, as a service for the group.
///
/// The public and the internal port are two of these, each with its own endpoints and its own
/// account of requests, so that metrics can be read while the public one is full.
struct HTTPServer: Sendable {
    /// The routes of this port.
    private let responder: RouterResponder<AuthRequestContext>
    private let floor: ConnectionFloor
    private let logger: Logger

    /// The requests it is working on.
    var requests: RequestsInFlight { floor.requests }

    init(
        _ endpoints: Endpoints, limits: ServerLimits = ServerLimits(),
        requests: RequestsInFlight = RequestsInFlight(), log: RequestLog
    ) {
        responder = endpoints.responder(requests: requests, log: log)
        floor = ConnectionFloor(
            limits: limits, requests: requests, log: log, requestLimits: endpoints.limits())
        logger = log.logger
    }

    /// The application that listens on `host` and `port`, as a service that says in words why it
    /// could not.
    func listener(
        on address: ServiceConfiguration.ListenAddress,
        onListening: @escaping @Sendable (_ port: Int) async -> Void
    ) -> some Service {
        Listener(
            address: address,
            application: application(
                host: address.host, port: address.port, onListening: onListening))
    }

    /// The application that listens on `host` and `port`; 0 lets the system choose one.
    ///
    /// `onListening` gets the port that is open. On graceful shutdown it stops accepting, finishes
    /// what it works on and returns.
    func application(
        host: String, port: Int,
        onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) -> Application<RouterResponder<AuthRequestContext>> {
        let floor = floor
        let limits = floor.limits
        return Application(
            responder: responder,
            server: HTTPServerBuilder { GuardedChannel(responder: $0, floor: floor) },
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port), serverName: nil, backlog: 1_024,
                availableConnectionsDelegate: .maximum(
                    OpenFiles.connections(atMost: limits.connections), logger: logger)),
            onServerRunning: { channel in
                if let port = channel.localAddress?.port { await onListening(port) }
            },
            logger: logger)
    }
}

/// An address could not be listened on.
package struct ListenFailure: Error, CustomStringConvertible {
    package let address: ServiceConfiguration.ListenAddress
    /// The system's number for the reason.
    let code: Int32

    package var description: String {
        switch code {
        case EADDRINUSE: "something else listens on \(address)"
        case EACCES: "no permission to listen on \(address)"
        case EADDRNOTAVAIL: "this machine does not have the address \(address)"
        default: "can't listen on \(address): \(String(cString: strerror(code)))"
        }
    }
}

private struct Listener<Application: Service>: Service {
    let address: ServiceConfiguration.ListenAddress
    let application: Application

    func run() async throws {
        do {
            try await application.run()
        } catch let error as IOError {
            throw ListenFailure(address: address, code: error.errnoCode)
        }
    }
}
