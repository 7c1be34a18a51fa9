import Foundation

/// Lines in the order of their bytes, searched where they lie.
///
/// A file is mapped, not read: 2 MB of it cost no memory that the system can't take back, and a
/// look-up of one line touches some twenty pages.
struct SortedLines: Sendable {
    private let data: Data

    /// Maps a file whose lines are sorted already, each ended by a line feed.
    init(mapping file: URL) throws {
        data = try Data(contentsOf: file, options: .alwaysMapped)
    }

    init(sorting lines: [[UInt8]]) {
        let sorted = lines.sorted { $0.lexicographicallyPrecedes($1) }
        data = Data(sorted.flatMap { $0 + [Self.lineFeed] })
    }

    var isEmpty: Bool { data.isEmpty }

    /// Whether one of the lines is this one, whole.
    func contains(_ line: [UInt8]) -> Bool {
        data.withUnsafeBytes { bytes in
            let found = Self.lowerBound(of: line[...], in: bytes)
            return Self.begins(bytes, at: found, with: line[...])
                && bytes[found + line.count] == Self.lineFeed
        }
    }

    /// The lines that `text` begins with, as their lengths, the shortest first.
    func prefixes(of text: ArraySlice<UInt8>) -> [Int] {
        data.withUnsafeBytes { bytes in
            var lengths: [Int] = []
            for length in 1...max(text.count, 1) where length <= text.count {
                let prefix = text.prefix(length)
                let found = Self.lowerBound(of: prefix, in: bytes)
                // No line goes on from here, so no longer one does.
                guard Self.begins(bytes, at: found, with: prefix) else { break }
                if bytes[found + length] == Self.lineFeed { lengths.append(length) }
            }
            return lengths
        }
    }

    private static let lineFeed = UInt8(ascii: "\n")

    /// Where the first line begins that is not before `key`.
    private static func lowerBound(
        of key: ArraySlice<UInt8>, in bytes: UnsafeRawBufferPointer
    ) -> Int {
        var (low, high) = (0, bytes.count)
        while low < high {
            let middle = (low + high) / 2
            var start = middle
            while start > low, bytes[start - 1] != lineFeed { start -= 1 }
            var end = middle
            while end < high, bytes[end] != lineFeed { end += 1 }
            if bytes[start..<end].lexicographicallyPrecedes(key) {
                low = end + 1
            } else {
                high = start
            }
        }
        return min(low, bytes.count)
    }

    /// Whether the line at `start` begins with these bytes; the end of it is there then, too.
    private static func begins(
        _ bytes: UnsafeRawBufferPointer, at start: Int, with prefix: ArraySlice<UInt8>
    ) -> Bool {
        bytes.count - start > prefix.count
            && bytes[start..<start + prefix.count].elementsEqual(prefix)
    }
}
