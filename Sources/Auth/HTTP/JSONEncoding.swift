import Foundation

extension JSONValue {
    /// What `value` encodes: names in snake case and in the order they were written, ids in lower
    /// case, instants as RFC 3339 in UTC.
    ///
    /// Foundation's encoder has no order on Linux and no say over ids. An optional that is nil is
    /// left out by the compiler's own conformances; encode it by hand where an answer shows null.
    init(encoding value: some Encodable) throws {
        self = try JSONNode.value(of: value, at: [])
    }
}

/// The place that a value being encoded grows in.
private final class JSONNode {
    enum Content {
        case nothing
        case value(JSONValue)
        case members([(name: String, node: JSONNode)])
        case elements([JSONNode])
    }

    var content = Content.nothing

    var finished: JSONValue {
        switch content {
        case .nothing: .object([])
        case .value(let value): value
        case .members(let members):
            .object(members.map { JSONMember($0.name, $0.node.finished) })
        case .elements(let nodes): .array(nodes.map(\.finished))
        }
    }

    func add(_ key: any CodingKey) -> JSONNode {
        let node = JSONNode()
        var members: [(name: String, node: JSONNode)] = []
        if case .members(let present) = content { members = present }
        content = .nothing
        members.append((key.stringValue.snakeCased, node))
        content = .members(members)
        return node
    }

    func append() -> JSONNode {
        let node = JSONNode()
        var elements: [JSONNode] = []
        if case .elements(let present) = content { elements = present }
        content = .nothing
        elements.append(node)
        content = .elements(elements)
        return node
    }

    var count: Int {
        if case .elements(let nodes) = content { nodes.count } else { 0 }
    }

    static func value(of value: some Encodable, at path: [any CodingKey]) throws -> JSONValue {
        switch value {
        case let value as JSONValue: return value
        case let id as UUID: return .string(id.text)
        case let instant as Date: return .string(instant.rfc3339)
        case let url as URL: return .string(url.absoluteString)
        default:
            let node = JSONNode()
            try value.encode(to: JSONTreeEncoder(node: node, codingPath: path))
            return node.finished
        }
    }
}

private struct JSONTreeEncoder: Encoder {
    let node: JSONNode
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .nothing = node.content { node.content = .members([]) }
        return KeyedEncodingContainer(JSONMembers<Key>(node: node, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .nothing = node.content { node.content = .elements([]) }
        return JSONElements(node: node, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        JSONSingle(node: node, codingPath: codingPath)
    }
}

private struct JSONMembers<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: JSONNode
    let codingPath: [any CodingKey]

    mutating func encodeNil(forKey key: Key) { node.add(key).content = .value(.null) }

    mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        node.add(key).content = .value(try JSONNode.value(of: value, at: codingPath + [key]))
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        JSONTreeEncoder(node: node.add(key), codingPath: codingPath + [key])
            .container(keyedBy: keyType)
    }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        JSONTreeEncoder(node: node.add(key), codingPath: codingPath + [key]).unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder {
        JSONTreeEncoder(node: node, codingPath: codingPath)
    }

    mutating func superEncoder(forKey key: Key) -> any Encoder {
        JSONTreeEncoder(node: node.add(key), codingPath: codingPath + [key])
    }
}

private struct JSONElements: UnkeyedEncodingContainer {
    let node: JSONNode
    let codingPath: [any CodingKey]
    var count: Int { node.count }

    mutating func encodeNil() { node.append().content = .value(.null) }

    mutating func encode<T: Encodable>(_ value: T) throws {
        node.append().content = .value(try JSONNode.value(of: value, at: codingPath))
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        JSONTreeEncoder(node: node.append(), codingPath: codingPath).container(keyedBy: keyType)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        JSONTreeEncoder(node: node.append(), codingPath: codingPath).unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder {
        JSONTreeEncoder(node: node.append(), codingPath: codingPath)
    }
}

private struct JSONSingle: SingleValueEncodingContainer {
    let node: JSONNode
    let codingPath: [any CodingKey]

    mutating func encodeNil() { node.content = .value(.null) }
    mutating func encode(_ value: Bool) { node.content = .value(.bool(value)) }
    mutating func encode(_ value: String) { node.content = .value(.string(value)) }
    mutating func encode(_ value: Double) throws { node.content = .value(try finite(value)) }
    mutating func encode(_ value: Float) throws { node.content = .value(try finite(Double(value))) }
    mutating func encode(_ value: Int) throws { try whole(value) }
    mutating func encode(_ value: Int8) throws { try whole(value) }
    mutating func encode(_ value: Int16) throws { try whole(value) }
    mutating func encode(_ value: Int32) throws { try whole(value) }
    mutating func encode(_ value: Int64) throws { try whole(value) }
    mutating func encode(_ value: UInt) throws { try whole(value) }
    mutating func encode(_ value: UInt8) throws { try whole(value) }
    mutating func encode(_ value: UInt16) throws { try whole(value) }
    mutating func encode(_ value: UInt32) throws { try whole(value) }
    mutating func encode(_ value: UInt64) throws { try whole(value) }

    mutating func encode<T: Encodable>(_ value: T) throws {
        node.content = .value(try JSONNode.value(of: value, at: codingPath))
    }

    private func whole(_ value: some BinaryInteger) throws {
        guard let number = Int(exactly: value) else { throw outOfRange(value) }
        node.content = .value(.int(number))
    }

    private func finite(_ value: Double) throws -> JSONValue {
        guard value.isFinite else { throw outOfRange(value) }
        return .double(value)
    }

    private func outOfRange(_ value: Any) -> EncodingError {
        .invalidValue(
            value, .init(codingPath: codingPath, debugDescription: "no JSON number can hold it"))
    }
}

extension JSONValue: Encodable {
    /// Only for `JSONValue(encoding:)`, which takes the value as it is.
    func encode(to encoder: any Encoder) throws {
        switch self {
        case .null:
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        case .bool(let flag): try flag.encode(to: encoder)
        case .int(let number): try number.encode(to: encoder)
        case .double(let number): try number.encode(to: encoder)
        case .string(let text): try text.encode(to: encoder)
        case .array(let values): try values.encode(to: encoder)
        case .object(let members):
            var container = encoder.container(keyedBy: Name.self)
            for member in members {
                try container.encode(member.value, forKey: Name(stringValue: member.name))
            }
        }
    }

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

extension String {
    /// `sentAtLocal` as `sent_at_local`, `requestID` as `request_id`.
    fileprivate var snakeCased: String {
        let letters = Array(utf8)
        guard letters.contains(where: \.isCapital) else { return self }
        var result: [UInt8] = []
        result.reserveCapacity(letters.count + 4)
        for (index, letter) in letters.enumerated() {
            guard letter.isCapital else {
                result.append(letter)
                continue
            }
            let followsSmall = index > 0 && !letters[index - 1].isCapital
            let precedesSmall =
                index > 0 && index + 1 < letters.count && !letters[index + 1].isCapital
            if followsSmall || precedesSmall { result.append(UInt8(ascii: "_")) }
            result.append(letter | 0x20)
        }
        return String(decoding: result, as: UTF8.self)
    }
}
