import Foundation
import Logging

/// Writes each log event as one line of JSON (G5, G6).
///
/// No value can end a line or a string early: every control character is escaped, and a line is
/// never longer than 4 KiB; what does not fit is left out and the line says `"truncated":true`.
package struct JSONLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let output: LogOutput

    package init(label: String, output: LogOutput, level: Logger.Level = .info) {
        self.label = label
        self.output = output
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line = LogLine()
        line.add("time", .string(Date().rfc3339))
        line.add("level", .string(event.level.rawValue))
        line.add("logger", .string(label))
        line.add("message", .string(event.message.description))
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { _, new in new } }
        if let own = event.metadata { fields.merge(own) { _, new in new } }
        // An error's text can hold what a caller sent; its type cannot.
        if let error = event.error {
            line.add("error_type", .string(String(reflecting: type(of: error))))
        }
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
            line.add(Self.reserved.contains(name) ? "field_\(name)" : name, JSONValue(value))
        }
        output.write(line.finished())
    }

    private static let reserved: Set<String> = [
        "time", "level", "logger", "message", "truncated", "error_type",
    ]
}

/// One line while it grows.
struct LogLine {
    private var bytes: [UInt8] = [UInt8(ascii: "{")]
    private var isTruncated = false

    private static let truncation = Array(#","truncated":true"#.utf8)
    private static let ending = Array("}\n".utf8)
    /// Characters of one text in a line.
    private static let textLimit = 1024

    /// Adds a field, or notes that it did not fit.
    mutating func add(_ name: String, _ value: JSONValue) {
        var field: [UInt8] = bytes.count > 1 ? [UInt8(ascii: ",")] : []
        JSONValue.write(shortened(name), to: &field)
        field.append(UInt8(ascii: ":"))
        shortened(value).write(to: &field)
        let room =
            LogOutput.lineLimit - bytes.count - Self.truncation.count - Self.ending.count
        if field.count <= room {
            bytes.append(contentsOf: field)
        } else {
            isTruncated = true
        }
    }

    /// The line with its end.
    consuming func finished() -> [UInt8] {
        if isTruncated { bytes.append(contentsOf: Self.truncation) }
        return bytes + Self.ending
    }

    private mutating func shortened(_ value: JSONValue) -> JSONValue {
        guard case .string(let text) = value else { return value }
        return .string(shortened(text))
    }

    private mutating func shortened(_ text: String) -> String {
        guard text.utf8.count > Self.textLimit else { return text }
        isTruncated = true
        return String(text.unicodeScalars.prefix(Self.textLimit / 4))
    }
}

extension JSONValue {
    /// A metadata value; numbers and truth values stay what they are.
    init(_ value: Logger.Metadata.Value) {
        switch value {
        case .string(let text): self = .string(text)
        case .stringConvertible(let number as Int): self = .int(number)
        case .stringConvertible(let number as Double) where number.isFinite: self = .double(number)
        case .stringConvertible(let flag as Bool): self = .bool(flag)
        case .stringConvertible(let other): self = .string(other.description)
        case .array(let values): self = .array(values.map { JSONValue($0) })
        case .dictionary(let values):
            self = .object(
                values.sorted { $0.key < $1.key }.map { JSONMember($0.key, JSONValue($0.value)) })
        }
    }
}
