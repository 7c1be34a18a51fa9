import HTTPTypes
import Hummingbird

/// Lets a development service answer nobody but the machine that it runs on (Z-31).
///
/// It listens on a loopback address, but a browser can be led there by a name that a stranger points
/// at it (DNS rebinding), and a proxy can pass the world on. So the `Host` must be a loopback one, and
/// a request that says it was forwarded is not answered.
struct DevelopmentGuard: RouterMiddleware {
    typealias Context = AuthRequestContext

    func handle(
        _ request: Request, context: AuthRequestContext,
        next: (Request, AuthRequestContext) async throws -> Response
    ) async throws -> Response {
        guard let host = request.head.authority, Self.isLoopback(host),
            !request.headers.contains(where: { Self.isForwarding($0.name.canonicalName) })
        else { throw Problem(.notFound) }
        return try await next(request, context)
    }

    /// Whether a `Host` value, with or without a port, names this machine to itself.
    static func isLoopback(_ host: String) -> Bool {
        let host = host.lowercased()
        return ["localhost", "127.0.0.1", "[::1]"].contains { name in
            guard host.hasPrefix(name) else { return false }
            let port = host.dropFirst(name.count)
            guard port.first == ":" else { return port.isEmpty }
            let digits = port.dropFirst().utf8
            return (1...5).contains(digits.count) && digits.allSatisfy(\.isASCIIDigit)
        }
    }

    /// Whether a proxy writes a header of that name, in lower case, into what it passes on.
    static func isForwarding(_ name: String) -> Bool {
        ["forwarded", "via", "x-real-ip"].contains(name) || name.hasPrefix("x-forwarded")
    }
}
