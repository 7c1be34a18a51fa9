import Hummingbird
import NIOCore

/// The lines of a body, handed over as they arrive and never held all at once.
///
/// Empty lines count and are skipped. Throws `body-too-large` beyond the limit of the whole body.
struct BodyLines: AsyncSequence, Sendable {
    /// One line, counted from 1; `bytes` is nil where it is longer than a line may be.
    struct Line: Sendable, Equatable {
        let number: Int
        let bytes: [UInt8]?
    }

    /// Bytes of one line: as much as an ordinary body.
    static let lineLimit = 16 * 1024

    private let body: Hummingbird.RequestBody
    private let limit: Int

    init(_ body: Hummingbird.RequestBody, limit: Int) {
        self.body = body
        self.limit = limit
    }

    func makeAsyncIterator() -> Iterator {
        Iterator(parts: body.makeAsyncIterator(), limit: limit)
    }

    struct Iterator: AsyncIteratorProtocol {
        private var parts: Hummingbird.RequestBody.AsyncIterator
        private var buffer = ByteBuffer()
        /// Bytes at the front of the buffer in which no line ends.
        private var searched = 0
        private var remaining: Int
        private var number = 0
        private var isAtEnd = false

        fileprivate init(parts: Hummingbird.RequestBody.AsyncIterator, limit: Int) {
            self.parts = parts
            remaining = limit
        }

        mutating func next() async throws -> Line? {
            while true {
                guard let line = try await nextLine() else { return nil }
                if line.bytes?.isEmpty != true { return line }
            }
        }

        private mutating func nextLine() async throws -> Line? {
            var isTooLong = false
            while true {
                if let count = lengthOfLine() {
                    return take(count, separator: 1, isTooLong: isTooLong)
                }
                if buffer.readableBytes > BodyLines.lineLimit {
                    isTooLong = true
                    buffer.clear()
                    searched = 0
                }
                if isAtEnd {
                    guard isTooLong || buffer.readableBytes > 0 else { return nil }
                    return take(buffer.readableBytes, separator: 0, isTooLong: isTooLong)
                }
                try await readMore()
            }
        }

        private mutating func lengthOfLine() -> Int? {
            let unsearched = buffer.readableBytesView.dropFirst(searched)
            guard let end = unsearched.firstIndex(of: UInt8(ascii: "\n")) else {
                searched = buffer.readableBytes
                return nil
            }
            return end - buffer.readerIndex
        }

        private mutating func take(_ count: Int, separator: Int, isTooLong: Bool) -> Line {
            number += 1
            searched = 0
            var bytes = buffer.readBytes(length: count) ?? []
            buffer.moveReaderIndex(forwardBy: separator)
            if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
            let fits = !isTooLong && bytes.count <= BodyLines.lineLimit
            return Line(number: number, bytes: fits ? bytes : nil)
        }

        private mutating func readMore() async throws {
            guard var part = try await parts.next() else {
                isAtEnd = true
                return
            }
            remaining -= part.readableBytes
            guard remaining >= 0 else { throw Problem(.bodyTooLarge) }
            buffer.discardReadBytes()
            buffer.writeBuffer(&part)
        }
    }
}
