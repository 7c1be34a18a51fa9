import Foundation
import Resources

/// `openapi.yaml` as it ships: its bytes, and what it says.
struct Contract: Sendable {
    let bytes: [UInt8]
    let document: JSONValue

    /// The one that ships beside the binary.
    static func shipped() throws -> Contract { try kept.get() }

    /// Its file alone: reading what it says takes longer than a start may.
    static func shippedBytes() throws -> [UInt8] { try keptBytes.get() }

    /// `info.version`, which stands in the head of the file.
    static func shippedVersion() throws -> String {
        let head = String(decoding: try shippedBytes().prefix(1_000), as: UTF8.self)
        let start = "\n  version: \""
        guard
            let version = head.components(separatedBy: start).dropFirst().first?
                .prefix(while: { $0 != "\"" }), !version.isEmpty
        else { throw CocoaError(.fileReadCorruptFile) }
        return String(version)
    }

    /// Both once a process.
    private static let keptBytes = Result { Array(try Data(contentsOf: Resources.contract)) }
    private static let kept = Result { try Contract(bytes: shippedBytes()) }

    private init(bytes: [UInt8]) throws {
        self.bytes = bytes
        document = try PlainYAML.parse(String(decoding: bytes, as: UTF8.self))
    }

    /// The value itself, or what its `$ref` points to within the file.
    func resolve(_ value: JSONValue) -> JSONValue {
        guard let reference = value["$ref"]?.string else { return value }
        var target = document
        for part in reference.split(separator: "/").dropFirst() {
            target = target[String(part)] ?? .null
        }
        return resolve(target)
    }

    /// The last part of a `$ref`; nil where there is none.
    func referencedName(_ value: JSONValue) -> String? {
        value["$ref"]?.string?.split(separator: "/").last.map(String.init)
    }

    /// Every operation, in the order of the file.
    var operations: [Operation] {
        (document["paths"]?.members ?? []).flatMap { path in
            path.value.members.compactMap { member in
                guard member.value["operationId"] != nil else { return nil }
                return Operation(
                    method: member.name.uppercased(), path: path.name,
                    shared: path.value["parameters"]?.elements ?? [], value: member.value)
            }
        }
    }

    /// One method of one path.
    struct Operation: Sendable {
        let method: String
        let path: String
        /// The parameters of the path.
        let shared: [JSONValue]
        let value: JSONValue

        var id: String { value["operationId"]?.string ?? "" }
        var tag: String { value["tags"]?.elements.first?.string ?? "" }
        /// The scopes of which a key needs one; nil where no key is needed.
        var scopes: [String]? {
            value["security"]?.elements.first?["apiKey"]?.elements.compactMap(\.string)
        }
    }
}

extension JSONValue {
    var string: String? { if case .string(let text) = self { text } else { nil } }
    var elements: [JSONValue] { if case .array(let values) = self { values } else { [] } }
    var members: [JSONMember] { if case .object(let members) = self { members } else { [] } }

    /// The value over several lines, two spaces a level, as examples are shown.
    func indented(by level: Int = 0) -> String {
        let inner = String(repeating: "  ", count: level + 1)
        let outer = String(repeating: "  ", count: level)
        switch self {
        case .array(let values) where values.contains { !$0.members.isEmpty }:
            let rows = values.map { inner + $0.indented(by: level + 1) }
            return "[\n\(rows.joined(separator: ",\n"))\n\(outer)]"
        case .object(let members) where !members.isEmpty:
            let rows = members.map {
                "\(inner)\(JSONValue.string($0.name).text): \($0.value.indented(by: level + 1))"
            }
            return "{\n\(rows.joined(separator: ",\n"))\n\(outer)}"
        default: return text
        }
    }
}
