import NIOCore
import NIOPosix

/// A bare socket, for bytes that no HTTP client would send.
struct RawConnection {
    private let inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var unread: [UInt8] = []

    /// Connects, runs the body and closes.
    static func open<Result>(
        host: String = "127.0.0.1", port: Int,
        _ body: (inout RawConnection) async throws -> Result
    ) async throws -> Result {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var connection = RawConnection(
                inbound: inbound.makeAsyncIterator(), outbound: outbound)
            return try await body(&connection)
        }
    }

    private init(
        inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
        outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) {
        self.inbound = inbound
        self.outbound = outbound
    }

    func write(_ text: String) async throws {
        try await write([UInt8](text.utf8))
    }

    func write(_ bytes: [UInt8]) async throws {
        try await outbound.write(ByteBuffer(bytes: bytes))
    }

    /// The next answer; nil where the server closed without one.
    ///
    /// - Parameter recordedAs: the method and path it is recorded under; not recorded where nil.
    mutating func answer(
        recordedAs request: (method: String, path: String)? = nil
    ) async throws -> HTTPAnswer? {
        var needed: Int?
        while true {
            if needed == nil, let head = Head(unread) { needed = head.length + head.bodyLength }
            if let needed, unread.count >= needed, let head = Head(unread) {
                let answer = HTTPAnswer(
                    status: head.status, headers: head.headers,
                    body: [UInt8](unread[head.length..<needed]), keepsAlive: head.keepsAlive)
                unread.removeFirst(needed)
                if let request {
                    AnswerRecord.add(
                        .init(method: request.method, path: request.path, headers: [], body: nil),
                        answer)
                }
                return answer
            }
            guard try await readMore() else { return nil }
        }
    }

    /// Whether the server has closed; waits until it does or sends something.
    mutating func isClosedByServer() async -> Bool {
        guard unread.isEmpty else { return false }
        return await (try? readMore()) != true
    }

    private mutating func readMore() async throws -> Bool {
        var iterator = inbound
        guard let part = try await iterator.next() else { return false }
        unread.append(contentsOf: part.readableBytesView)
        return true
    }

    /// Status line and headers at the front of some bytes; nil until they are whole.
    private struct Head {
        let length: Int
        let status: Int
        let headers: [(String, String)]

        init?(_ bytes: [UInt8]) {
            let end: [UInt8] = [13, 10, 13, 10]
            guard
                let start = bytes.indices.first(where: { bytes[$0...].starts(with: end) })
            else { return nil }
            let lines = String(decoding: bytes[..<start], as: UTF8.self)
                .split(separator: "\r\n")
            let words = lines.first?.split(separator: " ") ?? []
            guard words.count > 1, let status = Int(words[1]) else { return nil }
            self.length = start + end.count
            self.status = status
            self.headers = lines.dropFirst().map { line in
                let parts = line.split(separator: ":", maxSplits: 1)
                let value = parts.count > 1 ? parts[1].drop { $0 == " " } : ""
                return (String(parts[0]), String(value))
            }
        }

        var bodyLength: Int { Int(value("content-length") ?? "") ?? 0 }
        var keepsAlive: Bool { value("connection")?.lowercased() != "close" }

        private func value(_ name: String) -> String? {
            headers.first { $0.0.lowercased() == name }?.1
        }
    }
}
