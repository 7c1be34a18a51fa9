import Foundation
import NIOCore
import NIOPosix

/// One TCP connection on which a test writes any bytes and reads what comes back.
///
/// Nothing here is recorded for the contract check: these servers have routes of their own.
final class Wire: Sendable {
    private let channel: any Channel
    private let reader: NIOLoopBound<WireReader>

    private init(channel: any Channel, reader: NIOLoopBound<WireReader>) {
        self.channel = channel
        self.reader = reader
    }

    /// - Parameter reads: whether what comes is read; if not, it stays in the system's buffers.
    static func connect(port: Int, reads: Bool = true) async throws -> Wire {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.autoRead, value: reads)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let reader = WireReader()
                    try channel.pipeline.syncOperations.addHandler(reader)
                    return Wire(
                        channel: channel,
                        reader: NIOLoopBound(reader, eventLoop: channel.eventLoop))
                }
            }
    }

    /// Connects, runs the body and closes.
    static func on<Result>(
        _ port: Int, _ body: (Wire) async throws -> Result
    ) async throws -> Result {
        let wire = try await connect(port: port)
        do {
            let result = try await body(wire)
            wire.close()
            return result
        } catch {
            wire.close()
            throw error
        }
    }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    /// Sends although the server may have closed already.
    func sendAnyway(_ text: String) async { try? await send(text) }
    func sendAnyway(_ bytes: [UInt8]) async { try? await send(bytes) }

    /// Ends our side; the server can still answer.
    func endOutput() async throws { try await channel.close(mode: .output) }

    func close() { channel.close(promise: nil) }

    /// The next answer; fails where the server closes without one, or does not answer in time.
    func answer(hasBody: Bool = true, within limit: Duration = .seconds(30)) async throws
        -> WireAnswer
    {
        try await wait(limit) { reader in
            if let answer = reader.take(hasBody: hasBody) { return .success(answer) }
            return reader.isAtEnd ? .failure(WireError.closedWithoutAnswer) : nil
        }
    }

    /// Every answer that comes before the server closes.
    func answersUntilClosed(within limit: Duration = .seconds(30)) async throws -> [WireAnswer] {
        try await wait(limit) { reader in
            guard reader.isAtEnd else { return nil }
            var answers: [WireAnswer] = []
            while let answer = reader.take(hasBody: true) { answers.append(answer) }
            return .success(answers)
        }
    }

    /// Waits until the server has closed; fails where it does not in time.
    func untilClosed(within limit: Duration = .seconds(30)) async throws {
        try await wait(limit) { $0.isAtEnd ? .success(()) : nil }
    }

    private func wait<Value: Sendable>(
        _ limit: Duration, _ attempt: @escaping @Sendable (WireReader) -> Result<Value, any Error>?
    ) async throws -> Value {
        let promise = channel.eventLoop.makePromise(of: Value.self)
        let reader = reader
        channel.eventLoop.execute { reader.value.wait(promise, attempt) }
        let timer = channel.eventLoop.scheduleTask(in: TimeAmount(limit)) {
            promise.fail(WireError.tooLate)
        }
        defer { timer.cancel() }
        return try await promise.futureResult.get()
    }
}

enum WireError: Error {
    case closedWithoutAnswer
    case tooLate
}

/// An answer as it came.
struct WireAnswer: Sendable {
    let status: Int
    let headers: [(name: String, value: String)]
    let body: String

    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The slug of a problem document.
    var problem: String? {
        guard header("content-type") == "application/problem+json; charset=utf-8" else {
            return nil
        }
        return body.firstMatch(of: /"type":"\/problems\/([a-z-]+)"/).map { String($0.1) }
    }

    var closes: Bool { header("connection")?.lowercased() == "close" }
}

/// Gathers bytes and hands out answers.
final class WireReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private var bytes: [UInt8] = []
    private(set) var isAtEnd = false
    private var waiting: (() -> Bool)?

    func wait<Value: Sendable>(
        _ promise: EventLoopPromise<Value>,
        _ attempt: @escaping (WireReader) -> Result<Value, any Error>?
    ) {
        waiting = { [unowned self] in
            guard let result = attempt(self) else { return false }
            promise.completeWith(result)
            return true
        }
        check()
    }

    private func check() {
        if waiting?() == true { waiting = nil }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes.append(contentsOf: unwrapInboundIn(data).readableBytesView)
        check()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { end() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end() }
    func channelInactive(context: ChannelHandlerContext) { end() }

    private func end() {
        isAtEnd = true
        check()
    }

    /// The first whole answer of what has come, taken out.
    func take(hasBody: Bool) -> WireAnswer? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let headEnd = text.range(of: "\r\n\r\n") else { return nil }
        let lines = text[..<headEnd.lowerBound].components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count > 1, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
            return nil
        }
        let headers = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (name: String(parts[0]), value: String(parts.last ?? "").trimmed)
        }
        let length = headers.first { $0.name.lowercased() == "content-length" }
            .flatMap { Int($0.value) }
        let bodyLength = hasBody && status != 204 && status >= 200 ? length ?? 0 : 0
        let headLength = text[..<headEnd.upperBound].utf8.count
        guard bytes.count >= headLength + bodyLength else { return nil }
        let body = String(decoding: bytes[headLength..<(headLength + bodyLength)], as: UTF8.self)
        bytes.removeFirst(headLength + bodyLength)
        return WireAnswer(status: status, headers: headers, body: body)
    }
}

extension String {
    fileprivate var trimmed: String { String(drop { $0 == " " }) }
}
