import Foundation

/// Cuts a stream of bytes into numbered lines, empty ones left out.
///
/// Of a line that is too long only so much is kept that it is refused.
struct InputLines {
    /// Bytes of the longest line that is looked at.
    static let longestLine = 16 * 1024
    /// Bytes read at once.
    static let chunk = 64 * 1024

    private var number = 1
    private var current: [UInt8] = []

    mutating func add(_ data: Data) -> [(number: Int, bytes: [UInt8])] {
        var lines: [(number: Int, bytes: [UInt8])] = []
        var rest = data[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            append(rest[..<end])
            lines += finish()
            number += 1
            rest = rest[(end + 1)...]
        }
        append(rest)
        return lines
    }

    mutating func finish() -> [(number: Int, bytes: [UInt8])] {
        defer { current.removeAll(keepingCapacity: true) }
        if current.last == UInt8(ascii: "\r") { current.removeLast() }
        return current.isEmpty ? [] : [(number, current)]
    }

    private mutating func append(_ bytes: Data) {
        current.append(contentsOf: bytes.prefix(Self.longestLine + 1 - current.count))
    }
}
