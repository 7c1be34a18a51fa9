import Foundation
import Logging
import Testing

@testable import Auth

@Suite struct JSONLogHandlerTests {
    /// Runs `body` with a logger and gives back the lines it wrote.
    private func lines(
        level: Logger.Level = .info, _ body: (inout Logger) -> Void
    ) throws -> [[UInt8]] {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).log").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let output = try LogOutput(path: path)
        var logger = Logger(label: "test") { label in
            JSONLogHandler(label: label, output: output, level: level)
        }
        body(&logger)
        let written = try Array(Data(contentsOf: URL(filePath: path)))
        return written.split(separator: UInt8(ascii: "\n")).map(Array.init)
    }

    private static let hostile = [
        "plain", "a\r\nb", "a\",\"level\":\"debug", "\\", "\u{0}\u{1B}[2J\u{7F}",
        "a\u{85}b\u{2028}c\u{2029}", "{\"x\":1}", "é😀", "'; drop table account; --", "\u{202E}evil",
    ]

    @Test(arguments: hostile)
    func `no value ends a line or a text early`(value: String) throws {
        let lines = try lines { logger in
            logger[metadataKey: "own"] = "\(value)"
            logger.info("\(value)", metadata: ["key": "\(value)", "\(value)": "x"])
        }
        #expect(lines.count == 1)
        // Foundation reads it, since our own reader refuses U+0000.
        let data = Data(try #require(lines.first))
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["message"] as? String == value)
        #expect(object["key"] as? String == value)
        #expect(object["own"] as? String == value)
        #expect(object["level"] as? String == "info")
        #expect(lines[0].allSatisfy { $0 >= 0x20 && $0 != 0x7F })
    }

    @Test(arguments: [100, 1_025, 4_096, 100_000])
    func `a line is at most four kibibytes and stays JSON`(length: Int) throws {
        let long = String(repeating: "é\n", count: length)
        let lines = try lines { logger in
            var metadata: Logger.Metadata = [:]
            for index in 0..<20 { metadata["key\(index)"] = "\(long)" }
            logger.info("\(long)", metadata: metadata)
        }
        #expect(lines.count == 1)
        #expect(lines[0].count < 4096)
        let object = try JSONReader.value(of: lines[0])
        #expect(object["truncated"] == .bool(true))
        #expect(object["time"] != nil && object["message"] != nil)
    }

    @Test func `a field cannot pose as one of ours`() throws {
        let lines = try lines { logger in
            logger.info("m", metadata: ["level": "debug", "time": "now", "truncated": "yes"])
        }
        let object = try JSONReader.value(of: try #require(lines.first))
        #expect(object["level"] == .string("info"))
        #expect(object["field_level"] == .string("debug"))
        #expect(object["field_time"] == .string("now"))
    }

    @Test func `numbers stay numbers, lists and dictionaries are written`() throws {
        let lines = try lines { logger in
            logger.info(
                "m",
                metadata: [
                    "count": .stringConvertible(3), "ms": .stringConvertible(1.5),
                    "on": .stringConvertible(true), "list": ["a", "b\n"], "map": ["k": "v"],
                ])
        }
        let object = try JSONReader.value(of: try #require(lines.first))
        #expect(object["count"] == .int(3))
        #expect(object["ms"] == .double(1.5))
        #expect(object["on"] == .bool(true))
        #expect(object["list"] == .array([.string("a"), .string("b\n")]))
        #expect(object["map"] == .object([.init("k", .string("v"))]))
    }

    @Test func `an error is named by its type and never by its words`() throws {
        struct Refusal: Error, CustomStringConvertible {
            let secret = "123456"
            var description: String { "code \(secret)" }
        }
        let lines = try lines { logger in logger.error("failed", error: Refusal()) }
        let text = String(decoding: try #require(lines.first), as: UTF8.self)
        #expect(text.contains("Refusal") && !text.contains("123456"))
    }

    @Test func `what is below the level is not written`() throws {
        let lines = try lines(level: .warning) { logger in
            logger.info("no")
            logger.error("yes")
        }
        #expect(lines.count == 1)
    }

    @Test func `a full disk costs a count and nothing else`() throws {
        let output = try LogOutput(path: "/dev/full")
        let handler = JSONLogHandler(label: "test", output: output)
        Logger(label: "test") { _ in handler }.info("lost")
        #expect(output.lostLines == 1)
    }

    @Test func `lines written at the same time do not mix`() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).log").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let output = try LogOutput(path: path)
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<8 {
                group.addTask {
                    let logger = Logger(label: "test") { label in
                        JSONLogHandler(label: label, output: output)
                    }
                    for _ in 0..<200 {
                        logger.info(
                            "m", metadata: ["x": "\(String(repeating: "\(index)", count: 900))"])
                    }
                }
            }
        }
        let written = try Array(Data(contentsOf: URL(filePath: path)))
        let lines = written.split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == 1600)
        for line in lines { _ = try JSONReader.object(of: Array(line)) }
    }
}
