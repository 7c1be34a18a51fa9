import Foundation
import Testing

@testable import AuthServer

@Suite struct InputLinesTests {
    private func lines(_ chunks: String...) -> [(number: Int, bytes: [UInt8])] {
        var lines = InputLines()
        return chunks.flatMap { lines.add(Data($0.utf8)) } + lines.finish()
    }

    @Test func `lines are numbered as an editor does, however the bytes arrive`() {
        let found = lines("{\"a\":", "1}\r\n\n{\"b\":2}", "\n", "{\"c\":3}")
        #expect(found.map(\.number) == [1, 3, 4])
        #expect(
            found.map { String(decoding: $0.bytes, as: UTF8.self) }
                == [#"{"a":1}"#, #"{"b":2}"#, #"{"c":3}"#])
    }

    @Test func `nothing comes of an empty file`() {
        #expect(lines("").isEmpty)
        #expect(lines("\n\r\n\n").isEmpty)
    }

    @Test func `of a line that is too long only so much is kept that it is refused`() {
        let found = lines(
            String(repeating: "x", count: 100_000), String(repeating: "y", count: 100_000), "\nz")
        #expect(found.map(\.number) == [1, 2])
        #expect(found.first?.bytes.count == InputLines.longestLine + 1)
    }
}
