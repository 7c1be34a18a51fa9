/// Reads one JSON text strictly, in one pass over its bytes (RFC 8259; ASVS 15.3.3, 15.3.5).
///
/// No reader we could have taken refuses duplicate names, and two systems that pick different
/// twins of a pair disagree on who is signing in. Refused beside broken syntax: duplicate names,
/// more than 16 levels, bytes that are not UTF-8, a byte order mark, lone surrogates, U+0000 (which
/// PostgreSQL's text cannot hold) and numbers beyond the range of a double.
struct JSONReader {
    /// Why a text was refused, and at which byte.
    struct Malformation: Error, Equatable {
        let code: Problem.Fault.Code
        let offset: Int
    }

    /// Levels of arrays and objects, the outermost counted.
    static let maximumDepth = 16

    /// The value that `bytes` hold and nothing else.
    static func value(of bytes: [UInt8]) throws(Malformation) -> JSONValue {
        var reader = JSONReader(bytes: bytes)
        reader.skipWhitespace()
        let value = try reader.readValue(depth: 1)
        reader.skipWhitespace()
        guard reader.position == bytes.count else { throw reader.malformed() }
        return value
    }

    /// The members of the object that `bytes` hold and nothing else.
    static func object(of bytes: [UInt8]) throws(Malformation) -> [JSONMember] {
        guard case .object(let members) = try value(of: bytes) else {
            throw Malformation(code: .wrongType, offset: 0)
        }
        return members
    }

    private let bytes: [UInt8]
    private var position = 0

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func malformed(_ code: Problem.Fault.Code = .syntax) -> Malformation {
        Malformation(code: code, offset: position)
    }

    private mutating func skipWhitespace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    private mutating func expect(_ byte: UInt8) throws(Malformation) {
        guard current == byte else { throw malformed() }
        position += 1
    }

    private mutating func readValue(depth: Int) throws(Malformation) -> JSONValue {
        switch current {
        case UInt8(ascii: "{"): return .object(try readMembers(depth: depth))
        case UInt8(ascii: "["): return .array(try readElements(depth: depth))
        case UInt8(ascii: "\""): return .string(try readString())
        case UInt8(ascii: "t"): return try readWord("true", as: .bool(true))
        case UInt8(ascii: "f"): return try readWord("false", as: .bool(false))
        case UInt8(ascii: "n"): return try readWord("null", as: .null)
        default: return try readNumber()
        }
    }

    private mutating func readWord(
        _ word: StaticString, as value: JSONValue
    ) throws(Malformation) -> JSONValue {
        let end = position + word.utf8CodeUnitCount
        let matches = word.withUTF8Buffer { expected in
            end <= bytes.count && bytes[position..<end].elementsEqual(expected)
        }
        guard matches else { throw malformed() }
        position = end
        return value
    }

    private mutating func readElements(depth: Int) throws(Malformation) -> [JSONValue] {
        guard depth <= Self.maximumDepth else { throw malformed(.tooDeep) }
        position += 1
        skipWhitespace()
        var elements: [JSONValue] = []
        if current == UInt8(ascii: "]") {
            position += 1
            return elements
        }
        while true {
            skipWhitespace()
            elements.append(try readValue(depth: depth + 1))
            skipWhitespace()
            if current == UInt8(ascii: "]") { break }
            try expect(UInt8(ascii: ","))
        }
        position += 1
        return elements
    }

    private mutating func readMembers(depth: Int) throws(Malformation) -> [JSONMember] {
        guard depth <= Self.maximumDepth else { throw malformed(.tooDeep) }
        position += 1
        skipWhitespace()
        var members: [JSONMember] = []
        var names: Set<String> = []
        if current == UInt8(ascii: "}") {
            position += 1
            return members
        }
        while true {
            skipWhitespace()
            let start = position
            guard current == UInt8(ascii: "\"") else { throw malformed() }
            let name = try readString()
            guard names.insert(name).inserted else {
                throw Malformation(code: .duplicate, offset: start)
            }
            skipWhitespace()
            try expect(UInt8(ascii: ":"))
            skipWhitespace()
            members.append(JSONMember(name, try readValue(depth: depth + 1)))
            skipWhitespace()
            if current == UInt8(ascii: "}") { break }
            try expect(UInt8(ascii: ","))
        }
        position += 1
        return members
    }
}

// MARK: - Strings

extension JSONReader {
    private mutating func readString() throws(Malformation) -> String {
        let opening = position
        position += 1
        let start = position
        // Most strings have no escape: they are validated and copied in one go.
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
            guard byte >= 0x20 else { throw malformed() }
            position += 1
        }
        var text: [UInt8]
        if current == UInt8(ascii: "\"") {
            text = Array(bytes[start..<position])
        } else {
            text = Array(bytes[start..<position])
            try readEscapedRest(into: &text)
        }
        try expect(UInt8(ascii: "\""))
        guard let string = String(validating: text, as: UTF8.self) else {
            throw Malformation(code: .encoding, offset: opening)
        }
        return string
    }

    private mutating func readEscapedRest(into text: inout [UInt8]) throws(Malformation) {
        while let byte = current, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw malformed() }
            if byte == UInt8(ascii: "\\") {
                try readEscape(into: &text)
            } else {
                text.append(byte)
                position += 1
            }
        }
    }

    private mutating func readEscape(into text: inout [UInt8]) throws(Malformation) {
        position += 1
        guard let letter = current else { throw malformed() }
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            try readUnicodeEscape(into: &text)
            return
        default: throw malformed()
        }
        position += 1
    }

    private mutating func readUnicodeEscape(into text: inout [UInt8]) throws(Malformation) {
        let start = position - 1
        let unit = try readHexUnit()
        var value = UInt32(unit)
        if UTF16.isLeadSurrogate(unit) {
            guard current == UInt8(ascii: "\\") else {
                throw Malformation(code: .encoding, offset: start)
            }
            position += 1
            guard current == UInt8(ascii: "u") else {
                throw Malformation(code: .encoding, offset: start)
            }
            let trail = try readHexUnit()
            guard UTF16.isTrailSurrogate(trail) else {
                throw Malformation(code: .encoding, offset: start)
            }
            value = 0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(trail) - 0xDC00)
        }
        guard value != 0, let scalar = Unicode.Scalar(value), let units = UTF8.encode(scalar) else {
            throw Malformation(code: .encoding, offset: start)
        }
        text.append(contentsOf: units)
    }

    /// Four hex digits, the position being on the `u` before them.
    private mutating func readHexUnit() throws(Malformation) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            position += 1
            guard let byte = current else { throw malformed() }
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw malformed()
            }
            unit = unit << 4 | UInt16(digit)
        }
        position += 1
        return unit
    }
}

// MARK: - Numbers

extension JSONReader {
    private mutating func readNumber() throws(Malformation) -> JSONValue {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") {
            position += 1
        } else {
            try readDigits()
        }
        var isInteger = true
        if current == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            try readDigits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try readDigits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let number = Int(text) { return .int(number) }
        guard let number = Double(text), number.isFinite else {
            throw Malformation(code: .outOfRange, offset: start)
        }
        return .double(number)
    }

    private mutating func readDigits() throws(Malformation) {
        let start = position
        while let byte = current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
            position += 1
        }
        guard position > start else { throw malformed() }
    }
}
