import NIOCore
import NIOHTTP1

extension ConnectionGuard {
    /// Bytes have arrived; the handler in front of the parser tells.
    ///
    /// Returns false where they are to be thrown away.
    func bytesArrived(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) -> Bool {
        guard !isClosing else { return false }
        if let exchange {
            if !exchange.requestEnded { countBody(bytes.readableBytes, context) }
            return !isClosing
        }
        if bytes.readableBytesView.contains(UInt8(ascii: "\n")) { firstLineIsComplete = true }
        if headTimer == nil {
            let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
            headTimer = context.eventLoop.scheduleTask(in: TimeAmount(limits.headDeadline)) {
                bound.value.close(promise: nil)
            }
        }
        return true
    }

    /// Chunks may carry extensions of any length, which no count of the body's own bytes sees.
    func countBody(_ count: Int, _ context: ChannelHandlerContext) {
        guard let limit = exchange?.limits.bodyBytes else { return }
        exchange?.wireBytes += count
        guard let received = exchange?.wireBytes, received > limit * Self.framingAllowance else {
            return
        }
        if exchange?.answerStarted == true {
            context.close(promise: nil)
        } else {
            refuse(Problem(.bodyTooLarge), context)
        }
    }

    /// How many times its own size a body may take on the wire; a chunk of one byte takes six.
    private static let framingAllowance = 8

    func cancelHeadTimer() {
        headTimer?.cancel()
        headTimer = nil
        firstLineIsComplete = false
    }

    func startTimer(
        _ time: Duration, _ context: ChannelHandlerContext,
        _ action: @escaping (ConnectionGuard, ChannelHandlerContext) -> Void
    ) {
        let bound = NIOLoopBound((self, context, action), eventLoop: context.eventLoop)
        exchange?.timer = context.eventLoop.scheduleTask(in: TimeAmount(time)) {
            let (guarding, context, action) = bound.value
            action(guarding, context)
        }
    }

    func bodyIsLate(_ context: ChannelHandlerContext) {
        guard let exchange, !exchange.requestEnded else { return }
        if exchange.answerStarted {
            // Answered already; this is only the rest of a body that nobody reads.
            context.close(promise: nil)
        } else {
            refuse(Problem(.requestTimeout), context)
        }
    }

    func answerIsLate(_ context: ChannelHandlerContext) {
        guard let exchange, !exchange.answerStarted else { return }
        refuse(Problem(.serviceUnavailable), context)
    }
}
