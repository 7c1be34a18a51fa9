import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// What every connection of one server shares.
struct ConnectionFloor: Sendable {
    let limits: ServerLimits
    let requests: RequestsInFlight
    let log: RequestLog
    /// The limits of a path that has its own.
    let requestLimits: @Sendable (_ path: Substring) -> RequestLimits?

    var rules: HeadRules { HeadRules(limits: limits) }
}

/// The framework's HTTP/1 connection with our guard between its parser and its code.
struct GuardedChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value
    private let base: HTTP1Channel
    private let floor: ConnectionFloor

    init(responder: @escaping HTTPChannelHandler.Responder, floor: ConnectionFloor) {
        self.floor = floor
        let limits = floor.limits
        // The parser's own limits lie above ours, so that ours decide which answer there is.
        base = HTTP1Channel(
            responder: responder,
            configuration: .init(
                idleTimeout: TimeAmount(limits.idleTimeout),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: 4 * max(limits.headerFieldBytes, limits.targetBytes),
                    maxHeaderListSize: 4 * (limits.headerBytes + limits.targetBytes),
                    maxHeaderFieldCount: 4 * limits.headerFields)))
    }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        base.setup(channel: channel, logger: logger).flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let parser = try pipeline.handler(
                type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            let connectionGuard = ConnectionGuard(floor: floor)
            // One request at a time: the next is not read before this one is answered.
            let oneByOne = HTTPServerPipelineHandler()
            try pipeline.addHandler(oneByOne, position: .after(parser))
            try pipeline.addHandler(connectionGuard, position: .after(oneByOne))
            try pipeline.addHandler(ByteWatch(connectionGuard), position: .before(parser))
            return value
        }
    }

    func handle(value: Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}

/// Tells the guard of bytes before the parser sees them.
private final class ByteWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    private let connectionGuard: ConnectionGuard

    init(_ connectionGuard: ConnectionGuard) { self.connectionGuard = connectionGuard }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if connectionGuard.bytesArrived(unwrapInboundIn(data), context) {
            context.fireChannelRead(data)
        }
    }
}
