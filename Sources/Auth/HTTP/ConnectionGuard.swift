import NIOCore
import NIOHTTP1

/// Watches one connection between the parser and the framework: refuses heads, keeps every
/// deadline, and closes in an orderly way.
///
/// What is here cannot be done behind the framework: it resets its idle timer with every byte of a
/// dripped body, drains a refused body to its end, answers what the parser refuses with an empty
/// 400, and waits for a handler as long as that takes (Hummingbird 2.28). It runs on the
/// connection's event loop, so it answers even where every thread that runs handlers is stuck.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    let floor: ConnectionFloor
    var limits: ServerLimits { floor.limits }
    var requestCount = 0
    var exchange: Exchange?
    var closing = Closing.no
    var headTimer: Scheduled<Void>?
    var firstLineIsComplete = false

    /// One request and its answer.
    struct Exchange {
        let record: RequestRecord
        let head: HTTPRequestHead?
        let limits: RequestLimits
        var closesAfterwards: Bool
        var requestEnded = false
        var answerStarted = false
        var answerEnded = false
        /// Bytes that came since its head, framing counted.
        var wireBytes = 0
        var timer: Scheduled<Void>?
    }

    enum Closing {
        case no
        /// The last answer is being written; nothing more is read.
        case afterWrite
        /// Our side is closed. What still comes is thrown away for a moment, since closing at once
        /// would reset the connection and might take the answer out of the caller's hands (RFC 9112
        /// 9.6).
        case lingering(Scheduled<Void>)
    }

    init(floor: ConnectionFloor) { self.floor = floor }

    var isClosing: Bool { if case .no = closing { false } else { true } }

    func handlerAdded(context: ChannelHandlerContext) { floor.requests.connectionOpened() }
    func handlerRemoved(context: ChannelHandlerContext) { floor.requests.connectionClosed() }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body: context.fireChannelRead(data)
        case .end: endRequest(data, context)
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        cancelHeadTimer()
        requestCount += 1
        let record = RequestRecord(method: head.method.rawValue)
        record.update { facts in
            facts.traceID = head.headers.only("traceparent").flatMap(RequestHeaders.traceID)
            facts.clientRequestID = head.headers.only("x-request-id")
                .flatMap(RequestHeaders.clientRequestID)
        }
        let path = floor.rules.path(of: head) ?? "/"
        let requestLimits = floor.requestLimits(path.prefix { $0 != "?" }) ?? limits.request
        // After an upgrade the parser waits for another protocol for ever, and HTTP/1.0 has its own
        // idea of keeping a connection: both get one answer.
        let isLast =
            !head.isKeepAlive || head.version != .http1_1 || head.headers.contains(name: "upgrade")
            || requestCount >= limits.requestsPerConnection
        exchange = Exchange(
            record: record, head: head, limits: requestLimits, closesAfterwards: isLast)

        if let problem = floor.rules.refusal(of: head) { return refuse(problem, context) }
        guard floor.requests.add(record, limit: limits.requestsInFlight) else {
            return refuse(Problem(.overloaded), context)
        }
        if head.headers.contains(name: "expect"),
            (head.announcedLength ?? 0) <= requestLimits.bodyBytes
        {
            let goAhead = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(goAhead)), promise: nil)
        }
        startTimer(requestLimits.bodyDeadline, context) { $0.bodyIsLate($1) }
        var head = head
        head.uri = path
        head.headers.replaceOrAdd(name: "X-Request-Id", value: record.id.text)
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    private func endRequest(_ data: NIOAny, _ context: ChannelHandlerContext) {
        if var exchange {
            exchange.timer?.cancel()
            exchange.timer = nil
            exchange.requestEnded = true
            self.exchange = exchange.answerEnded ? nil : exchange
            if !exchange.answerStarted {
                startTimer(exchange.limits.answerDeadline, context) { $0.answerIsLate($1) }
            }
        }
        context.fireChannelRead(data)
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isClosing else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(let head): beginAnswer(head, context, promise)
        case .body: context.write(data, promise: promise)
        case .end: endAnswer(data, context, promise)
        }
    }

    private func beginAnswer(
        _ head: HTTPResponseHead, _ context: ChannelHandlerContext,
        _ promise: EventLoopPromise<Void>?
    ) {
        var head = head
        if var exchange {
            exchange.answerStarted = true
            if exchange.requestEnded { exchange.timer?.cancel() }
            // What is left of a body is read to its end only where that is little.
            let left = exchange.requestEnded ? 0 : exchange.head?.announcedLength
            let isTooMuch = left.map { $0 > limits.request.bodyBytes } ?? true
            if isTooMuch || floor.requests.isDraining || !head.isKeepAlive {
                exchange.closesAfterwards = true
            }
            if exchange.closesAfterwards {
                head.headers.replaceOrAdd(name: "Connection", value: "close")
            }
            self.exchange = exchange
        }
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }

    private func endAnswer(
        _ data: NIOAny, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
    ) {
        guard let exchange else { return context.write(data, promise: promise) }
        if exchange.closesAfterwards {
            finish(context, data, promise)
        } else {
            // Set before the write: it may deliver the next request at once.
            self.exchange?.answerEnded = true
            if exchange.requestEnded { self.exchange = nil }
            write(context, data, promise, isLast: false)
        }
    }

    /// Answers in the handler's place, unless that has answered already; then closes.
    func refuse(_ problem: Problem, _ context: ChannelHandlerContext) {
        guard let exchange else { return }
        exchange.timer?.cancel()
        guard exchange.record.claimAnswer() else {
            self.exchange?.closesAfterwards = true
            return
        }
        floor.log.answered(
            exchange.record, status: problem.kind.status, problem: problem.kind)
        let answer = ConnectionRefusal(problem, to: exchange.head, record: exchange.record)
        context.write(wrapOutboundOut(.head(answer.head)), promise: nil)
        if let body = answer.body {
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        finish(context, wrapOutboundOut(.end(nil)), nil)
        context.flush()
    }

    /// Writes the last part of the last answer, then closes our side.
    func finish(
        _ context: ChannelHandlerContext, _ end: NIOAny, _ promise: EventLoopPromise<Void>?
    ) {
        closing = .afterWrite
        if let exchange { release(exchange) }
        exchange = nil
        write(context, end, promise, isLast: true)
    }

    /// Writes the last part of an answer; gives the connection up where the caller does not read it.
    private func write(
        _ context: ChannelHandlerContext, _ end: NIOAny, _ promise: EventLoopPromise<Void>?,
        isLast: Bool
    ) {
        let written = promise ?? context.eventLoop.makePromise()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let timer = context.eventLoop.scheduleTask(in: TimeAmount(limits.writeDeadline)) {
            bound.value.1.close(promise: nil)
        }
        written.futureResult.whenComplete { _ in
            timer.cancel()
            let (guarding, context) = bound.value
            if isLast { guarding.linger(context) }
        }
        context.write(end, promise: written)
    }

    func linger(_ context: ChannelHandlerContext) {
        guard case .afterWrite = closing else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let timer = context.eventLoop.scheduleTask(in: TimeAmount(limits.lingerTimeout)) {
            bound.value.1.close(promise: nil)
        }
        closing = .lingering(timer)
        context.close(mode: .output, promise: nil)
        // A handler that still reads its body must not take what it has for all of it.
        context.fireErrorCaught(RequestCut())
        context.read()
    }

    func release(_ exchange: Exchange) {
        exchange.timer?.cancel()
        floor.requests.release(exchange.record)
    }
}

// MARK: - Errors and closing

extension ConnectionGuard {
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isClosing else { return }
        guard let fault = error as? HTTPParserError else { return context.fireErrorCaught(error) }
        if let exchange {
            self.exchange?.closesAfterwards = true
            if exchange.answerStarted && !exchange.requestEnded {
                context.fireErrorCaught(error)
            } else if !exchange.answerStarted {
                refuse(Problem(.requestMalformed), context)
            }
            return
        }
        // A caller that closes between two requests, or within a head, is owed no answer.
        if fault == .invalidEOFState { return context.fireErrorCaught(error) }
        exchange = Exchange(
            record: RequestRecord(method: "other"), head: nil, limits: limits.request,
            closesAfterwards: true)
        let kind: Problem.Kind =
            fault != .headerOverflow
            ? .requestMalformed
            : firstLineIsComplete ? .headersTooLarge : .targetTooLong
        cancelHeadTimer()
        refuse(Problem(kind), context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .lingering = closing { context.read() }
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .lingering = closing, case ChannelEvent.inputClosed = event {
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch closing {
        case .no:
            context.close(mode: mode, promise: promise)
        case .afterWrite, .lingering:
            // The framework gives the connection up; it is closed in its turn, by us.
            promise?.succeed(())
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        cancelHeadTimer()
        if let exchange { release(exchange) }
        exchange = nil
        if case .lingering(let timer) = closing { timer.cancel() }
        context.fireChannelInactive()
    }
}

/// The rest of a request will never be read.
struct RequestCut: Error {}
