import Foundation

/// One value that is not null; each accessor is nil where the value is of another type.
enum Cell {
    case binary(ArraySlice<UInt8>, type: ObjectID)
    case json(JSONValue)

    var bool: Bool? {
        switch self {
        case .binary(let bytes, .bool): bytes.first.map { $0 != 0 }
        case .json(.bool(let value)): value
        default: nil
        }
    }

    var int: Int? {
        switch self {
        case .binary(let bytes, .int8): Int64(bigEndianBytes: bytes).map { Int($0) }
        case .binary(let bytes, .int4): Int32(bigEndianBytes: bytes).map { Int($0) }
        case .binary(let bytes, .int2): Int16(bigEndianBytes: bytes).map { Int($0) }
        case .json(.int(let value)): value
        default: nil
        }
    }

    var real: Double? {
        switch self {
        case .binary(let bytes, .float8):
            UInt64(bigEndianBytes: bytes).map { Double(bitPattern: $0) }
        case .binary(let bytes, .float4):
            UInt32(bigEndianBytes: bytes).map { Double(Float(bitPattern: $0)) }
        case .json(.real(let value)): value
        case .json(.int(let value)): Double(value)
        default: nil
        }
    }

    var text: String? {
        switch self {
        case .binary(let bytes, .text), .binary(let bytes, .varchar), .binary(let bytes, .bpchar),
            .binary(let bytes, .name):
            String(decoding: bytes, as: UTF8.self)
        case .binary(_, .json), .binary(_, .jsonb): json
        case .json(.text(let value)): value
        default: nil
        }
    }

    var json: String? {
        switch self {
        case .binary(let bytes, .json): String(decoding: bytes, as: UTF8.self)
        // The first byte is the version of jsonb's binary form.
        case .binary(let bytes, .jsonb): String(decoding: bytes.dropFirst(), as: UTF8.self)
        case .binary: nil
        case .json(let value): value.encoded
        }
    }

    var bytes: [UInt8]? {
        switch self {
        case .binary(let bytes, .bytea): Array(bytes)
        case .json(.text(let value)): [UInt8](postgresHexadecimal: value)
        default: nil
        }
    }

    var uuid: UUID? {
        switch self {
        case .binary(let bytes, .uuid) where bytes.count == MemoryLayout<uuid_t>.size:
            bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
        case .json(.text(let value)): UUID(uuidString: value)
        default: nil
        }
    }

    var instant: Date? {
        switch self {
        case .binary(let bytes, .timestamptz):
            Int64(bigEndianBytes: bytes).map { Date(postgresMicroseconds: $0) }
        case .json(.text(let value)): Date(postgresText: value)
        default: nil
        }
    }

    /// The elements of a one-dimensional array; nil where one of them is null or undecodable.
    func elements<Element>(_ decode: (Cell) -> Element?) -> [Element]? {
        let cells: [Cell]?
        switch self {
        case .binary(let bytes, .textArray), .binary(let bytes, .varcharArray),
            .binary(let bytes, .uuidArray), .binary(let bytes, .byteaArray):
            cells = Self.cells(ofArray: bytes)
        case .json(.array(let values)):
            cells = values.map { .json($0) }
        default:
            cells = nil
        }
        guard let cells else { return nil }
        let elements = cells.compactMap(decode)
        return elements.count == cells.count ? elements : nil
    }

    /// PostgreSQL's binary array: dimensions, null flag, element type, then length and lower bound
    /// of the dimension, then each element behind its length.
    private static func cells(ofArray array: ArraySlice<UInt8>) -> [Cell]? {
        var rest = array
        func next<Number: FixedWidthInteger>(_: Number.Type) -> Number? {
            let head = rest.prefix(MemoryLayout<Number>.size)
            rest = rest.dropFirst(head.count)
            return Number(bigEndianBytes: head)
        }
        guard let dimensions = next(Int32.self), next(Int32.self) != nil,
            let type = next(UInt32.self)
        else { return nil }
        if dimensions == 0 { return [] }
        guard dimensions == 1, let count = next(Int32.self), next(Int32.self) != nil else {
            return nil
        }
        var cells: [Cell] = []
        for _ in 0..<count {
            guard let length = next(Int32.self), length >= 0, rest.count >= Int(length) else {
                return nil
            }
            cells.append(.binary(rest.prefix(Int(length)), type: ObjectID(rawValue: type)))
            rest = rest.dropFirst(Int(length))
        }
        return cells
    }
}
