import Foundation

/// A value of `$1`, `$2`, … in PostgreSQL's binary form.
package enum Parameter: Sendable, Equatable {
    case null
    case bool(Bool)
    /// `int8`
    case int(Int)
    /// `float8`
    case real(Double)
    case text(String)
    /// `bytea`
    case bytes([UInt8])
    case uuid(UUID)
    /// `timestamptz`, in whole microseconds
    case instant(Date)
    /// `jsonb`, given as its text
    case json(String)
    /// `text[]`
    case texts([String])
    /// `bytea[]`
    case byteArrays([[UInt8]])
    /// `uuid[]`
    case uuids([UUID])
}

extension Parameter {
    /// The parameter's type for the server, or `.unspecified` for null: then the cast decides.
    var type: ObjectID {
        switch self {
        case .null: .unspecified
        case .bool: .bool
        case .int: .int8
        case .real: .float8
        case .text: .text
        case .bytes: .bytea
        case .uuid: .uuid
        case .instant: .timestamptz
        case .json: .jsonb
        case .texts: .textArray
        case .byteArrays: .byteaArray
        case .uuids: .uuidArray
        }
    }

    fileprivate var containsNUL: Bool {
        switch self {
        case .text(let value), .json(let value): value.utf8.contains(0)
        case .texts(let values): values.contains { $0.utf8.contains(0) }
        default: false
        }
    }

    fileprivate func append(to bytes: inout [UInt8]) {
        switch self {
        case .null: break
        case .bool(let value): bytes.append(value ? 1 : 0)
        case .int(let value): bytes.append(bigEndian: Int64(value))
        case .real(let value): bytes.append(bigEndian: value.bitPattern)
        case .text(let value): bytes.append(contentsOf: value.utf8)
        case .bytes(let value): bytes.append(contentsOf: value)
        case .uuid(let value): bytes.append(value)
        case .instant(let value): bytes.append(bigEndian: value.postgresMicroseconds)
        case .json(let value):
            bytes.append(1)  // The version of jsonb's binary form.
            bytes.append(contentsOf: value.utf8)
        case .texts(let values):
            bytes.append(array: values, of: .text) { $1.append(contentsOf: $0.utf8) }
        case .byteArrays(let values):
            bytes.append(array: values, of: .bytea) { $1.append(contentsOf: $0) }
        case .uuids(let values):
            bytes.append(array: values, of: .uuid) { $1.append($0) }
        }
    }
}

/// All parameters of one execution, side by side in one buffer.
struct Arguments: Sendable {
    /// The values, and one byte more: libpq takes the address of an empty value for null if it is.
    private(set) var bytes: [UInt8] = []
    /// The length of each value in bytes; -1 for null.
    private(set) var lengths: [Int32] = []
    private(set) var types: [ObjectID] = []

    /// Refuses a text with a NUL, as the server would: it would fail all that share its commit.
    init(_ parameters: [Parameter]) throws(PostgresError) {
        lengths.reserveCapacity(parameters.count)
        types.reserveCapacity(parameters.count)
        bytes.reserveCapacity(parameters.count * 24)
        for parameter in parameters {
            let start = bytes.count
            parameter.append(to: &bytes)
            let type = parameter.type
            if parameter.containsNUL {
                throw .server(sqlState: "22021", constraint: nil)
            }
            lengths.append(type == .unspecified ? -1 : Int32(bytes.count - start))
            types.append(type)
        }
        bytes.append(0)
    }

    private init() {
        bytes = [0]
    }

    /// No parameters at all.
    static let none = Arguments()
}

/// A type of the server's catalogue (`pg_type.oid`); the built-in ones never change.
struct ObjectID: RawRepresentable, Hashable, Sendable {
    let rawValue: UInt32

    static let unspecified = ObjectID(rawValue: 0)
    static let bool = ObjectID(rawValue: 16)
    static let bytea = ObjectID(rawValue: 17)
    static let name = ObjectID(rawValue: 19)
    static let int8 = ObjectID(rawValue: 20)
    static let int2 = ObjectID(rawValue: 21)
    static let int4 = ObjectID(rawValue: 23)
    static let text = ObjectID(rawValue: 25)
    static let json = ObjectID(rawValue: 114)
    static let float4 = ObjectID(rawValue: 700)
    static let float8 = ObjectID(rawValue: 701)
    static let byteaArray = ObjectID(rawValue: 1001)
    static let textArray = ObjectID(rawValue: 1009)
    static let varcharArray = ObjectID(rawValue: 1015)
    static let bpchar = ObjectID(rawValue: 1042)
    static let varchar = ObjectID(rawValue: 1043)
    static let date = ObjectID(rawValue: 1082)
    static let timestamptz = ObjectID(rawValue: 1184)
    static let uuid = ObjectID(rawValue: 2950)
    static let uuidArray = ObjectID(rawValue: 2951)
    static let jsonb = ObjectID(rawValue: 3802)
}

extension Date {
    /// From PostgreSQL's epoch, 2000-01-01, to Foundation's, 2001-01-01, in seconds.
    private static let secondsBetweenEpochs = 31_622_400.0
    private static let microsecondsPerSecond = 1_000_000.0

    /// Microseconds since 2000-01-01 UTC; the server's `infinity` where it does not fit.
    var postgresMicroseconds: Int64 {
        let seconds = timeIntervalSinceReferenceDate + Self.secondsBetweenEpochs
        let microseconds = (seconds * Self.microsecondsPerSecond).rounded()
        if let whole = Int64(exactly: microseconds) { return whole }
        return microseconds < 0 ? .min : .max
    }

    /// An instant of the server; its infinities become the distant past and future.
    init(postgresMicroseconds: Int64) {
        switch postgresMicroseconds {
        case .max: self = .distantFuture
        case .min: self = .distantPast
        default:
            // Whole seconds and the rest apart: together they would lose the last digits.
            let (seconds, rest) = postgresMicroseconds.quotientAndRemainder(
                dividingBy: Int64(Self.microsecondsPerSecond))
            self.init(
                timeIntervalSinceReferenceDate: Double(seconds) - Self.secondsBetweenEpochs
                    + Double(rest) / Self.microsecondsPerSecond)
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func append(_ value: UUID) {
        Swift.withUnsafeBytes(of: value.uuid) { append(contentsOf: $0) }
    }

    /// PostgreSQL's binary form of a one-dimensional array without nulls.
    fileprivate mutating func append<Value>(
        array elements: [Value], of type: ObjectID,
        _ encode: (Value, inout [UInt8]) -> Void
    ) {
        append(bigEndian: Int32(elements.isEmpty ? 0 : 1))  // dimensions
        append(bigEndian: Int32(0))  // no nulls
        append(bigEndian: type.rawValue)
        if elements.isEmpty { return }
        append(bigEndian: Int32(elements.count))
        append(bigEndian: Int32(1))  // the index of the first element
        for element in elements {
            var encoded: [UInt8] = []
            encode(element, &encoded)
            append(bigEndian: Int32(encoded.count))
            append(contentsOf: encoded)
        }
    }
}
