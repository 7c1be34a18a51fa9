import HTTPTypes
import Hummingbird
import NIOCore

/// One method of one path: refuses in the order of api.md, then lets the handler answer.
struct Endpoint: HTTPResponder {
    typealias Context = AuthRequestContext
    typealias Handler =
        @Sendable (Hummingbird.RequestBody, AuthRequestContext) async throws -> Answer

    /// Who may call.
    enum Access: Equatable, Sendable {
        /// Anybody.
        case open
        /// A client with a key, which has the scope if one is named.
        case key(Scope?)
    }

    /// What is read of the body before the handler runs.
    enum Input: Sendable {
        /// Nothing; a body is thrown away.
        case ignored
        /// All of it, as JSON.
        case json
        /// All of it, as JSON, if there is any.
        case optionalJSON
        /// All of it as it came, JSON or a form, whose signature the handler checks.
        case signed
        /// All of it, as JSON or as a form.
        case jsonOrForm
        /// Nothing: the handler reads the lines as they come.
        case lines
    }

    let access: Access
    let input: Input
    let limits: RequestLimits
    let authenticator: (any APIKeyAuthenticator)?
    /// Why nobody gets past the key: the path does not know this method.
    var refusal: Problem?
    /// Whether the request must say who of the practice acts (Z-11).
    var isStaffAct = false
    /// What the answer can come as, where a caller may choose.
    var offered: [Representation] = []
    let handler: Handler

    func respond(to request: Request, context: AuthRequestContext) async throws -> Response {
        var context = context
        context.method = request.method
        context.path = request.uri.path
        context.rawQuery = request.uri.query
        if case .key(let scope) = access {
            let caller = try await authenticate(request)
            context.identifiedCaller = caller
            context.record.update {
                $0.clientID = caller.clientID
                $0.practice = caller.practice
            }
            if request.headers[.acceptLanguage].flatMap({ Language(acceptLanguage: $0) }) == nil {
                context.language = caller.practice.locale
            }
            if let refusal { throw refusal }
            if let scope, !caller.scopes.contains(scope) { throw Problem(.scopeMissing) }
        }
        if let refusal { throw refusal }
        try refuseMediaType(of: request)
        if !offered.isEmpty {
            let accept = request.headers[values: .accept]
            guard let wanted = Representation(accept: accept, offered: offered) else {
                throw Problem(.notAcceptable)
            }
            context.representation = wanted
        }
        try refuseAnnouncedLength(of: request)
        context.ifNoneMatch = request.headers[.ifNoneMatch]
        // What a caller may say beside its key means nothing where there is none.
        if access != .open {
            try RequestHeaders.read(
                request.headers, into: &context, demandsStaff: isStaffAct)
        }
        context.body = try await collect(request)
        let isForm = request.headers[.contentType]?.mediaType == FormReader.mediaType
        if input == .jsonOrForm, isForm {
            context.body = try FormReader.json(of: context.body)
        }
        if input == .signed {
            context.isForm = isForm
            context.signedHeaders = request.headers
        }
        return try await handled(request.body, context).response
    }

    /// The handler's answer; once the connection has answered in its place, its task is cancelled, so
    /// that nothing goes on waiting for a turn on behalf of nobody.
    private func handled(
        _ body: Hummingbird.RequestBody, _ context: AuthRequestContext
    ) async throws -> Answer {
        try await withThrowingTaskGroup(of: Answer?.self) { [handler] group in
            group.addTask { try await handler(body, context) }
            group.addTask {
                try await context.record.untilAnswered()
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let answer = first else {
                throw CancellationError()
            }
            return answer
        }
    }

    private func authenticate(_ request: Request) async throws -> Caller {
        let keys = request.headers[values: .apiKey]
        guard let key = keys.first, keys.count == 1, (1...256).contains(key.utf8.count),
            key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let caller = try await authenticator?.caller(forKey: key)
        else { throw Problem(.apiKeyInvalid) }
        return caller
    }

    /// A body that is there must say what it is; one that is demanded must be there.
    private func refuseMediaType(of request: Request) throws(Problem) {
        guard input != .ignored else { return }
        let headers = request.headers
        let isEmpty = headers[.transferEncoding] == nil && (headers[.contentLength] ?? "0") == "0"
        if isEmpty, input == .optionalJSON { return }
        let types = headers[values: .contentType]
        guard types.count == 1, let type = types.first,
            let mediaType = type.mediaType, input.mediaTypes.contains(mediaType),
            headers[.contentEncoding] == nil
        else { throw Problem(.mediaTypeUnsupported) }
    }

    private func refuseAnnouncedLength(of request: Request) throws(Problem) {
        guard input != .ignored, let length = request.headers[.contentLength] else { return }
        guard let length = Int(length), length <= limits.bodyBytes else {
            throw Problem(.bodyTooLarge)
        }
    }

    private func collect(_ request: Request) async throws -> [UInt8] {
        guard input != .ignored, input != .lines else { return [] }
        var bytes: [UInt8] = []
        for try await part in request.body {
            guard bytes.count + part.readableBytes <= limits.bodyBytes else {
                throw Problem(.bodyTooLarge)
            }
            bytes.append(contentsOf: part.readableBytesView)
        }
        return bytes
    }
}

extension Endpoint.Input {
    fileprivate var mediaTypes: [String] {
        switch self {
        case .ignored: []
        case .json, .optionalJSON: ["application/json"]
        case .jsonOrForm, .signed: ["application/json", FormReader.mediaType]
        case .lines: ["application/x-ndjson"]
        }
    }
}

extension String {
    /// A `Content-Type` without its parameters, in lower case.
    ///
    /// A charset other than UTF-8 makes it something we do not read.
    fileprivate var mediaType: String? {
        let pieces = split(separator: ";").map { $0.trimmingSpaces.lowercased() }
        for parameter in pieces.dropFirst() where parameter.hasPrefix("charset=") {
            let charset = parameter.dropFirst("charset=".count)
            guard charset == "utf-8" || charset == "\"utf-8\"" else { return nil }
        }
        return pieces.first
    }
}
