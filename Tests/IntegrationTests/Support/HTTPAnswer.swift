import Foundation

/// An answer as it came over the wire.
struct HTTPAnswer: Sendable {
    let status: Int
    let headers: [(String, String)]
    let body: [UInt8]
    /// Whether the server leaves the connection open.
    let keepsAlive: Bool
    /// From the first byte written to the last byte read.
    var duration: Duration = .zero

    /// The first header of that name, in any case.
    func header(_ name: String) -> String? {
        headers.first { $0.0.lowercased() == name.lowercased() }?.1
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// - Throws: `DecodingError` where the body is not JSON.
    func json() throws -> JSON { try JSON(parsing: body) }

    /// The slug of a problem document's `type`; nil where the answer is not one.
    var problem: String? {
        guard header("Content-Type")?.hasPrefix("application/problem+json") == true,
            let type = try? json()["type"].string
        else { return nil }
        return type.split(separator: "/").last.map(String.init)
    }
}

/// A JSON value that tests can read and write without a type for every body.
enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])
    /// What a subscript finds where there is nothing; left out where it is written.
    case absent

    init(parsing bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(JSON.self, from: Data(bytes))
    }

    var bytes: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return (try? encoder.encode(self)).map { [UInt8]($0) } ?? []
    }

    subscript(_ name: String) -> JSON {
        if case .object(let members) = self { members[name] ?? .absent } else { .absent }
    }

    subscript(_ index: Int) -> JSON {
        array.indices.contains(index) ? array[index] : .absent
    }

    var string: String? { if case .string(let value) = self { value } else { nil } }
    var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    var number: Double? { if case .number(let value) = self { value } else { nil } }
    var int: Int? { number.flatMap { Int(exactly: $0) } }
    var array: [JSON] { if case .array(let values) = self { values } else { [] } }
    var members: [String: JSON] { if case .object(let members) = self { members } else { [:] } }
    var isAbsent: Bool { self == .absent }
}

extension JSON: Codable {
    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let array = try? value.decode([JSON].self) {
            self = .array(array)
        } else {
            self = .object(try value.decode([String: JSON].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null, .absent: try value.encodeNil()
        case .bool(let bool): try value.encode(bool)
        case .number(let number):
            if let int = Int(exactly: number) {
                try value.encode(int)
            } else {
                try value.encode(number)
            }
        case .string(let string): try value.encode(string)
        case .array(let array): try value.encode(array)
        case .object(let members): try value.encode(members.filter { !$0.value.isAbsent })
        }
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .string(value) }
    init(integerLiteral value: Int) { self = .number(Double(value)) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(nilLiteral: ()) { self = .null }
    init(arrayLiteral elements: JSON...) { self = .array(elements) }
    init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
}
