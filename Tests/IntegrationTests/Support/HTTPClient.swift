import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix

/// A small HTTP/1.1 client on real sockets, kept alive and reused; each copy shares one pool.
///
/// Every answer is recorded for the contract check (`AnswerRecord`), unless told otherwise.
struct HTTPClient: Sendable {
    let host: String
    let port: Int
    private let pool: ConnectionPool
    private let isRecorded: Bool

    /// - Parameters:
    ///   - connections: the most that are open at once; further requests wait for one.
    ///   - isRecorded: false for thousands of equal requests, and for what stands in front.
    init(
        host: String = "127.0.0.1", port: Int, connections: Int = 128, isRecorded: Bool = true
    ) {
        self.host = host
        self.port = port
        self.isRecorded = isRecorded
        self.pool = ConnectionPool(host: host, port: port, limit: connections)
    }

    /// Sends one request and waits for the whole answer.
    ///
    /// `Host` and `Content-Length` are added where they are not given. Nothing is ever sent twice.
    ///
    /// - Throws: `HTTPClientError`, or what connecting throws.
    func send(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8]? = nil,
        within limit: Duration = .seconds(60)
    ) async throws -> HTTPAnswer {
        let request = HTTPClientRequest(method: method, path: path, headers: headers, body: body)
        let channel = try await pool.take()
        let started = ContinuousClock.now
        let promise = channel.eventLoop.makePromise(of: HTTPAnswer.self)
        let timer = channel.eventLoop.scheduleTask(in: .init(limit)) {
            promise.fail(HTTPClientError.noAnswerInTime)
            channel.close(promise: nil)
        }
        // A connection that ended just before takes nothing, and has nobody left to say so.
        channel.writeAndFlush(Exchange(request: request, promise: promise)).whenFailure { _ in
            promise.fail(HTTPClientError.closedBeforeAnswer)
        }
        do {
            var answer = try await withTaskCancellationHandler {
                try await promise.futureResult.get()
            } onCancel: {
                channel.close(promise: nil)
            }
            timer.cancel()
            answer.duration = started.duration(to: .now)
            pool.giveBack(channel, reusable: answer.keepsAlive)
            if isRecorded { AnswerRecord.add(request, answer) }
            return answer
        } catch {
            timer.cancel()
            pool.giveBack(channel, reusable: false)
            throw error
        }
    }

    /// Sends JSON and says so in `Content-Type`.
    func send(
        _ method: String, _ path: String, headers: [(String, String)] = [], json: JSON
    ) async throws -> HTTPAnswer {
        try await send(
            method, path, headers: headers + [("Content-Type", "application/json")],
            body: json.bytes)
    }
}

enum HTTPClientError: Error, Equatable {
    /// The connection ended before the answer was whole.
    case closedBeforeAnswer
    case noAnswerInTime
}

struct HTTPClientRequest: Sendable {
    let method: String
    let path: String
    let headers: [(String, String)]
    let body: [UInt8]?
}

/// One request on its way down a connection, with the promise of its answer.
private struct Exchange: Sendable {
    let request: HTTPClientRequest
    let promise: EventLoopPromise<HTTPAnswer>
}

/// Open connections to one address: idle ones are reused, the latest first.
private final class ConnectionPool: Sendable {
    private struct State {
        var idle: [any Channel] = []
        var open = 0
        /// Resumed with a connection, or with nil: "open one yourself".
        var waiting: [CheckedContinuation<(any Channel)?, Never>] = []
    }

    private let host: String
    private let port: Int
    private let limit: Int
    private let state = NIOLockedValueBox(State())

    init(host: String, port: Int, limit: Int) {
        self.host = host
        self.port = port
        self.limit = limit
    }

    deinit {
        for channel in state.withLockedValue({ $0.idle }) { channel.close(promise: nil) }
    }

    func take() async throws -> any Channel {
        let idle: (any Channel)? = await withCheckedContinuation { continuation in
            let ready: (any Channel)?? = state.withLockedValue { state in
                while let channel = state.idle.popLast() {
                    if channel.isActive { return .some(channel) }
                    state.open -= 1
                }
                if state.open < limit {
                    state.open += 1
                    return .some(nil)
                }
                state.waiting.append(continuation)
                return nil
            }
            if let ready { continuation.resume(returning: ready) }
        }
        if let idle { return idle }
        do {
            return try await connect()
        } catch {
            leave()
            throw error
        }
    }

    func giveBack(_ channel: any Channel, reusable: Bool) {
        guard reusable, channel.isActive else {
            channel.close(promise: nil)
            return leave()
        }
        let waiter = state.withLockedValue { state -> CheckedContinuation<(any Channel)?, Never>? in
            if !state.waiting.isEmpty { return state.waiting.removeFirst() }
            state.idle.append(channel)
            return nil
        }
        waiter?.resume(returning: channel)
    }

    /// A connection is gone: its place goes to whoever waits.
    private func leave() {
        let waiter = state.withLockedValue { state -> CheckedContinuation<(any Channel)?, Never>? in
            if !state.waiting.isEmpty { return state.waiting.removeFirst() }
            state.open -= 1
            return nil
        }
        waiter?.resume(returning: nil)
    }

    private func connect() async throws -> any Channel {
        let host = "\(host):\(port)"
        return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .connectTimeout(.seconds(10))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // The server's judgement of odd headers is what is tested: none is dropped here.
                    try channel.pipeline.syncOperations.addHTTPClientHandlers(
                        leftOverBytesStrategy: .dropBytes, enableOutboundHeaderValidation: false)
                    try channel.pipeline.syncOperations.addHandler(ExchangeHandler(host: host))
                }
            }
            .connect(host: self.host, port: port)
            .get()
    }
}

/// Writes one request at a time and gathers its answer.
private final class ExchangeHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = Exchange
    typealias OutboundOut = HTTPClientRequestPart

    private let host: String
    private var waiting: EventLoopPromise<HTTPAnswer>?
    private var head: HTTPResponseHead?
    private var body: [UInt8] = []

    init(host: String) { self.host = host }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let exchange = unwrapOutboundIn(data)
        guard context.channel.isActive else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        waiting = exchange.promise
        let request = exchange.request
        var headers = HTTPHeaders(request.headers)
        if !headers.contains(name: "Host") { headers.add(name: "Host", value: host) }
        let streams = headers.contains(name: "Transfer-Encoding")
        if !streams, !headers.contains(name: "Content-Length"),
            request.body != nil || request.method == "POST" || request.method == "PUT"
        {
            headers.add(name: "Content-Length", value: "\(request.body?.count ?? 0)")
        }
        let head = HTTPRequestHead(
            version: .http1_1, method: .init(rawValue: request.method), uri: request.path,
            headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if let body = request.body, !body.isEmpty {
            let buffer = context.channel.allocator.buffer(bytes: body)
            context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        }
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let part):
            body.append(contentsOf: part.readableBytesView)
        case .end:
            guard let head else { return }
            waiting?.succeed(
                HTTPAnswer(
                    status: Int(head.status.code),
                    headers: head.headers.map { ($0.name, $0.value) },
                    body: body, keepsAlive: head.isKeepAlive))
            waiting = nil
            self.head = nil
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        waiting?.fail(error)
        waiting = nil
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        waiting?.fail(HTTPClientError.closedBeforeAnswer)
        waiting = nil
        context.fireChannelInactive()
    }
}
