import Foundation
import HTTPTypes
import Hummingbird

/// The routes of the service, and the order in which each of them refuses.
///
/// A feature adds its routes and writes only what is its own:
///
/// ```swift
/// struct LoginRoutes {
///     let database: Database
///
///     func add(to endpoints: Endpoints) {
///         endpoints.post("/v1/logins", scope: .logins, body: NewLogin.self) { body, context in
///             let caller = try context.caller
///             let login = try await database.run(StartLogin(body, by: caller.clientID))
///             return try .json(login, status: .created)
///         }
///         endpoints.get("/v1/logins/{id}", scope: .logins) { context in
///             let id = try context.id("id")
///             guard let login = try await database.run(FindLogin(id: id)) else {
///                 throw Problem(.notFound)
///             }
///             return try .json(login)
///         }
///         endpoints.delete("/v1/logins/{id}", scope: .logins) { context in
///             try await database.run(AbandonLogin(id: context.id("id")))
///             return .noContent
///         }
///     }
/// }
/// ```
///
/// Before a handler runs, its request was refused for, in this order (api.md): an unknown key
/// (401), a method the path does not know (405), a missing scope (403), the media type (415), the
/// size (413), headers, query or JSON that cannot be read (400), and fields (422). The handler goes
/// on with the patient's token (401), what is not there (404), what is in the way (409) and the
/// waits (429).
///
/// `scope: nil` takes any key of the practice; `public:` takes no key at all.
final class Endpoints {
    typealias Handler = @Sendable (AuthRequestContext) async throws -> Answer
    typealias BodyHandler<Body> = @Sendable (Body, AuthRequestContext) async throws -> Answer
    typealias LineHandler = @Sendable (BodyLines, AuthRequestContext) async throws -> Answer

    private let authenticator: (any APIKeyAuthenticator)?
    private let demandsLoopback: Bool
    private let now: @Sendable () -> Date
    private var added: [Route] = []

    /// - Parameters:
    ///   - authenticator: finds callers; nil where no route takes a key.
    ///   - demandsLoopback: answers this machine only, as development mode must (Z-31).
    ///   - now: the time by which refusals say how long to wait.
    init(
        authenticator: (any APIKeyAuthenticator)? = nil, demandsLoopback: Bool = false,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.authenticator = authenticator
        self.demandsLoopback = demandsLoopback
        self.now = now
    }

    /// Every route, in the order it was added, for the contract test.
    var routes: [(method: HTTPRequest.Method, path: String, access: Endpoint.Access)] {
        added.map { ($0.method, $0.path, $0.endpoint.access) }
    }

    struct Route: Sendable {
        let method: HTTPRequest.Method
        let path: String
        let limits: RequestLimits?
        let endpoint: Endpoint
    }

    private func add(
        _ method: HTTPRequest.Method, _ path: String, _ access: Endpoint.Access,
        _ input: Endpoint.Input, _ limits: RequestLimits?, isStaffAct: Bool = false,
        offering offered: [Representation] = [], _ handler: @escaping Endpoint.Handler
    ) {
        precondition(
            limits == nil || !path.parent.contains("{"),
            "limits are looked up by all but the last segment: \(path)")
        let endpoint = Endpoint(
            access: access, input: input, limits: limits ?? .ordinary,
            authenticator: authenticator, isStaffAct: isStaffAct, offered: offered,
            handler: handler)
        added.append(Route(method: method, path: path, limits: limits, endpoint: endpoint))
    }
}

// MARK: - Adding routes

extension Endpoints {
    func get(
        _ path: String, scope: Scope?, limits: RequestLimits? = nil, _ handler: @escaping Handler
    ) {
        add(.get, path, .key(scope), .ignored, limits) { _, context in try await handler(context) }
    }

    func get(
        public path: String, limits: RequestLimits? = nil, _ handler: @escaping Handler
    ) {
        add(.get, path, .open, .ignored, limits) { _, context in try await handler(context) }
    }

    func delete(_ path: String, scope: Scope?, _ handler: @escaping Handler) {
        add(.delete, path, .key(scope), .ignored, nil) { _, context in try await handler(context) }
    }

    /// A DELETE that says something more than what is to go, such as a password that confirms it.
    func delete<Body: RequestBody>(
        _ path: String, scope: Scope?, body: Body.Type, _ handler: @escaping BodyHandler<Body>
    ) {
        add(.delete, path, .key(scope), .json, nil) { _, context in
            try await handler(Body(json: context.body), context)
        }
    }

    func delete(public path: String, _ handler: @escaping Handler) {
        add(.delete, path, .open, .ignored, nil) { _, context in try await handler(context) }
    }

    /// A POST without fields: no body or an empty object.
    ///
    /// - Parameter offered: what the answer can come as by `Accept`; the first where the caller doesn't
    ///   say.
    func post(
        _ path: String, scope: Scope?, offering offered: [Representation] = [],
        _ handler: @escaping Handler
    ) {
        add(.post, path, .key(scope), .optionalJSON, nil, offering: offered) { _, context in
            if !context.body.isEmpty { _ = try NoFields(json: context.body) }
            return try await handler(context)
        }
    }

    /// A POST whose body may be left out, which then counts as an empty object.
    ///
    /// - Parameters:
    ///   - isStaffAct: demands `X-Acting-Staff` (Z-11).
    ///   - offered: what the answer can come as by `Accept`; the first where the caller doesn't say.
    func post<Body: RequestBody>(
        _ path: String, scope: Scope?, optionalBody: Body.Type, isStaffAct: Bool = false,
        offering offered: [Representation] = [], _ handler: @escaping BodyHandler<Body>
    ) {
        add(
            .post, path, .key(scope), .optionalJSON, nil, isStaffAct: isStaffAct,
            offering: offered
        ) { _, context in
            let bytes = context.body.isEmpty ? Array("{}".utf8) : context.body
            return try await handler(Body(json: bytes), context)
        }
    }

    /// - Parameter acceptsForm: takes `application/x-www-form-urlencoded` as well.
    func post<Body: RequestBody>(
        _ path: String, scope: Scope?, body: Body.Type, acceptsForm: Bool = false,
        isStaffAct: Bool = false, _ handler: @escaping BodyHandler<Body>
    ) {
        add(
            .post, path, .key(scope), acceptsForm ? .jsonOrForm : .json, nil,
            isStaffAct: isStaffAct
        ) { _, context in
            try await handler(Body(json: context.body), context)
        }
    }

    func post<Body: RequestBody>(
        public path: String, body: Body.Type, _ handler: @escaping BodyHandler<Body>
    ) {
        add(.post, path, .open, .json, nil) { _, context in
            try await handler(Body(json: context.body), context)
        }
    }

    /// A PUT whose fields the handler reads itself, since what they may hold depends on what is
    /// there already.
    func put(_ path: String, scope: Scope?, _ handler: @escaping Handler) {
        add(.put, path, .key(scope), .json, nil) { _, context in try await handler(context) }
    }

    /// A POST without a key, whose sender is known by a signature over the raw body.
    func post(signed path: String, _ handler: @escaping Handler) {
        add(.post, path, .open, .signed, nil) { _, context in try await handler(context) }
    }

    func put<Body: RequestBody>(
        _ path: String, scope: Scope?, body: Body.Type, limits: RequestLimits? = nil,
        _ handler: @escaping BodyHandler<Body>
    ) {
        add(.put, path, .key(scope), .json, limits) { _, context in
            try await handler(Body(json: context.body), context)
        }
    }

    func patch<Body: RequestBody>(
        _ path: String, scope: Scope?, body: Body.Type, _ handler: @escaping BodyHandler<Body>
    ) {
        add(.patch, path, .key(scope), .json, nil) { _, context in
            try await handler(Body(json: context.body), context)
        }
    }

    /// A POST of many lines of JSON (`application/x-ndjson`), handed over as they arrive.
    func stream(
        _ path: String, scope: Scope?, limits: RequestLimits, _ handler: @escaping LineHandler
    ) {
        add(.post, path, .key(scope), .lines, limits) { body, context in
            try await handler(BodyLines(body, limit: limits.bodyBytes), context)
        }
    }

    /// The body of an endpoint that has no fields.
    private struct NoFields: RequestBody {
        init(_ fields: inout FieldReader) throws {}
    }
}

// MARK: - Building

extension Endpoints {
    /// The routes as one responder, in which every path also answers the methods it does not know.
    func responder(
        requests: RequestsInFlight, log: RequestLog
    ) -> RouterResponder<AuthRequestContext> {
        let router = Hummingbird.Router(context: AuthRequestContext.self)
        router.add(middleware: ProblemMiddleware(requests: requests, log: log, now: now))
        if demandsLoopback { router.add(middleware: DevelopmentGuard()) }
        for (path, routes) in Dictionary(grouping: added, by: \.path) {
            var methods: [HTTPRequest.Method: Endpoint] = [:]
            for route in routes { methods[route.method] = route.endpoint }
            if let get = methods[.get], methods[.head] == nil { methods[.head] = get }
            let allowed = methods.keys.map(\.rawValue).sorted()
            let isOpen = routes.contains { $0.endpoint.access == .open }
            let refusal = Endpoint(
                access: isOpen ? .open : .key(nil), input: .ignored, limits: .ordinary,
                authenticator: authenticator,
                refusal: Problem(.methodNotAllowed, allowedMethods: allowed),
                handler: { _, _ in .noContent })
            let routerPath = RouterPath(path)
            for method in HTTPRequest.Method.all {
                router.on(routerPath, method: method, responder: methods[method] ?? refusal)
            }
        }
        return router.buildResponder()
    }

    /// The limits of requests to `path`, for the connection, which meets them before any route
    /// does.
    func limits() -> @Sendable (_ path: Substring) -> RequestLimits? {
        var special: [String: RequestLimits] = [:]
        /// Of paths whose last segment is a parameter, by the path before it.
        var below: [Substring: RequestLimits] = [:]
        for route in added {
            guard let limits = route.limits else { continue }
            if route.path.hasSuffix("}") {
                below[route.path.parent] = limits
            } else {
                special[route.path] = limits
            }
        }
        return { [special, below] path in special[String(path)] ?? below[path.parent] }
    }
}

extension StringProtocol where SubSequence == Substring {
    /// A path without its last segment.
    fileprivate var parent: Substring { self[..<(lastIndex(of: "/") ?? startIndex)] }
}

extension HTTPRequest.Method {
    /// Every method that the parser lets through; all others are refused there.
    static let all: [HTTPRequest.Method] = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "ACL",
        "ANNOUNCE", "BIND", "CHECKOUT", "COPY", "DESCRIBE", "FLUSH", "GET_PARAMETER", "LINK",
        "LOCK", "M-SEARCH", "MSEARCH", "MERGE", "MKACTIVITY", "MKCALENDAR", "MKCOL", "MOVE",
        "NOTIFY", "PAUSE", "PLAY", "PRI", "PROPFIND", "PROPPATCH", "PURGE", "QUERY", "REBIND",
        "RECORD", "REDIRECT", "REPORT", "SEARCH", "SETUP", "SET_PARAMETER", "SOURCE", "SUBSCRIBE",
        "TEARDOWN", "UNBIND", "UNLINK", "UNLOCK", "UNSUBSCRIBE",
    ].compactMap { HTTPRequest.Method($0) }
}
