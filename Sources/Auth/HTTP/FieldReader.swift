import Cryptography
import Foundation

/// The body of a request, read from the members of a JSON object.
///
/// ```swift
/// struct NewLogin: RequestBody {
///     let identifier: String
///     let password: Secret<String>
///
///     init(_ fields: inout FieldReader) throws {
///         identifier = fields.string("identifier", max: 254)
///         password = fields.secret("password", max: 256)
///     }
/// }
/// ```
protocol RequestBody: Sendable {
    /// Takes every field it knows from `fields`; what it leaves there is refused as unknown.
    init(_ fields: inout FieldReader) throws
}

extension RequestBody {
    /// The body that `bytes` hold.
    ///
    /// Throws `body-malformed` (400) where they are no JSON object, and one `field-invalid` (422) that
    /// names every fault at once.
    init(json bytes: [UInt8]) throws {
        let members: [JSONMember]
        do throws(JSONReader.Malformation) {
            members = try JSONReader.object(of: bytes)
        } catch {
            let place = Problem.Fault.Place.pointer("")
            throw Problem(.bodyMalformed, faults: [Problem.Fault(place, error.code)])
        }
        var fields = FieldReader(members)
        self = try fields.read { reader in try Self(&reader) }
    }
}

/// Hands out the members of one JSON object by name and type, and keeps account of what is wrong.
///
/// A method that meets a fault notes it and returns an empty value, so that one answer can name all of
/// them; `read` throws afterwards, and no such value gets out.
struct FieldReader {
    private var members: [JSONMember]
    private let pointer: String
    private(set) var faults: [Problem.Fault] = []

    /// A reader on the members of an object that stands at `pointer` in the body.
    init(_ members: [JSONMember], at pointer: String = "") {
        self.members = members
        self.pointer = pointer
    }

    /// Runs `body` and throws `field-invalid` with every fault, unknown fields included.
    mutating func read<Value>(_ body: (inout FieldReader) throws -> Value) throws -> Value {
        let value: Value
        do {
            value = try body(&self)
        } catch is Unreadable {
            refuseUnknownFields()
            throw Problem(.fieldInvalid, faults: faults)
        }
        refuseUnknownFields()
        guard faults.isEmpty else { throw Problem(.fieldInvalid, faults: faults) }
        return value
    }

    /// Notes that a field holds something this endpoint cannot take.
    mutating func refuse(_ name: String, _ code: Problem.Fault.Code) {
        faults.append(Problem.Fault(.pointer(path(to: name)), code))
    }

    /// A fault that no empty value can stand in for.
    private struct Unreadable: Error {}

    private func path(to name: String) -> String {
        let escaped = name.prefix(Self.longestName)
            .replacing("~", with: "~0").replacing("/", with: "~1")
        return "\(pointer)/\(escaped)"
    }

    /// Characters of an unknown field's name that an answer repeats.
    private static let longestName = 64
    /// Unknown fields that one answer names.
    private static let mostUnknownFields = 16

    private mutating func refuseUnknownFields() {
        for member in members.prefix(Self.mostUnknownFields) { refuse(member.name, .unknown) }
        members = []
    }

    /// Takes the field out; an explicit null counts as absent.
    private mutating func take(_ name: String) -> JSONValue? {
        guard let index = members.firstIndex(where: { $0.name == name }) else { return nil }
        let value = members.remove(at: index).value
        return value == .null ? nil : value
    }

    private mutating func takeRequired(_ name: String) -> JSONValue? {
        let value = take(name)
        if value == nil { refuse(name, .required) }
        return value
    }
}

// MARK: - Texts

extension FieldReader {
    /// What a text may hold.
    enum Characters {
        /// No control and no bidirectional formatting characters: fit for a line of a form or a letter.
        case line
        /// Anything, as passwords are taken exactly as they were typed (ASVS 6.2.8).
        case any
    }

    /// A required text of 1 to `max` characters (Unicode scalars).
    mutating func string(_ name: String, max: Int, characters: Characters = .line) -> String {
        guard let value = takeRequired(name) else { return "" }
        return text(value, name, max: max, characters: characters) ?? ""
    }

    /// A text of 1 to `max` characters, or nil where the field is absent or null.
    mutating func optionalString(
        _ name: String, max: Int, characters: Characters = .line
    ) -> String? {
        guard let value = take(name) else { return nil }
        return text(value, name, max: max, characters: characters)
    }

    /// A required text that must never be printed, of 1 to `max` characters, taken as typed.
    mutating func secret(_ name: String, max: Int) -> Secret<String> {
        Secret(string(name, max: max, characters: .any))
    }

    /// A text that must never be printed, or nil where the field is absent or null.
    mutating func optionalSecret(_ name: String, max: Int) -> Secret<String>? {
        optionalString(name, max: max, characters: .any).map { Secret($0) }
    }

    /// A required list of `count` texts of 1 to `max` characters each.
    mutating func strings(_ name: String, max: Int, count: ClosedRange<Int>) -> [String] {
        guard let value = takeRequired(name) else { return [] }
        return texts(value, name, max: max, count: count)
    }

    /// A list of texts, empty where the field is absent or null.
    mutating func optionalStrings(_ name: String, max: Int, count: ClosedRange<Int>) -> [String] {
        guard let value = take(name) else { return [] }
        return texts(value, name, max: max, count: count)
    }

    private mutating func texts(
        _ value: JSONValue, _ name: String, max: Int, count: ClosedRange<Int>
    ) -> [String] {
        guard case .array(let elements) = value else {
            refuse(name, .wrongType)
            return []
        }
        guard elements.count <= count.upperBound else {
            refuse(name, .tooLong)
            return []
        }
        if elements.count < count.lowerBound { refuse(name, .tooShort) }
        var result: [String] = []
        for (index, element) in elements.enumerated() {
            let fault = Self.fault(of: element, max: max, characters: .line)
            if let fault {
                let place = Problem.Fault.Place.pointer("\(path(to: name))/\(index)")
                faults.append(Problem.Fault(place, fault))
            } else if case .string(let text) = element {
                result.append(text)
            }
        }
        return result
    }

    private mutating func text(
        _ value: JSONValue, _ name: String, max: Int, characters: Characters
    ) -> String? {
        if let fault = Self.fault(of: value, max: max, characters: characters) {
            refuse(name, fault)
            return nil
        }
        guard case .string(let text) = value else { return nil }
        return text
    }

    private static func fault(
        of value: JSONValue, max: Int, characters: Characters
    ) -> Problem.Fault.Code? {
        guard case .string(let text) = value else { return .wrongType }
        if text.isEmpty { return .tooShort }
        if text.unicodeScalars.count > max { return .tooLong }
        if case .line = characters, !text.unicodeScalars.allSatisfy(\.isFitForALine) {
            return .wrongFormat
        }
        return nil
    }
}

// MARK: - Other types

extension FieldReader {
    /// A required whole number within `range`.
    mutating func int(_ name: String, in range: ClosedRange<Int>) -> Int {
        guard let value = takeRequired(name) else { return range.lowerBound }
        return number(value, name, in: range) ?? range.lowerBound
    }

    /// A whole number within `range`, or nil where the field is absent or null.
    mutating func optionalInt(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let value = take(name) else { return nil }
        return number(value, name, in: range)
    }

    /// A required truth value.
    mutating func bool(_ name: String) -> Bool {
        guard let value = takeRequired(name) else { return false }
        return flag(value, name) ?? false
    }

    /// A truth value, or nil where the field is absent or null.
    mutating func optionalBool(_ name: String) -> Bool? {
        guard let value = take(name) else { return nil }
        return flag(value, name)
    }

    /// A required id.
    mutating func id(_ name: String) throws -> UUID {
        guard let value = takeRequired(name) else { throw Unreadable() }
        guard let id = identifier(value, name) else { throw Unreadable() }
        return id
    }

    /// An id, or nil where the field is absent or null.
    mutating func optionalID(_ name: String) -> UUID? {
        guard let value = take(name) else { return nil }
        return identifier(value, name)
    }

    /// A required word out of those `Choice` knows.
    mutating func choice<Choice: RawRepresentable>(
        _ name: String, of type: Choice.Type = Choice.self
    ) throws -> Choice where Choice.RawValue == String {
        guard let value = takeRequired(name) else { throw Unreadable() }
        guard let choice = word(value, name, of: type) else { throw Unreadable() }
        return choice
    }

    /// A word out of those `Choice` knows, or nil where the field is absent or null.
    mutating func optionalChoice<Choice: RawRepresentable>(
        _ name: String, of type: Choice.Type = Choice.self
    ) -> Choice? where Choice.RawValue == String {
        guard let value = take(name) else { return nil }
        return word(value, name, of: type)
    }

    /// A required list of `count` objects, each read by `element`.
    mutating func objects<Element>(
        _ name: String, count: ClosedRange<Int>,
        _ element: (inout FieldReader) throws -> Element
    ) -> [Element] {
        guard let value = takeRequired(name) else { return [] }
        return list(value, name, count: count, element)
    }

    /// A list of objects, empty where the field is absent or null.
    mutating func optionalObjects<Element>(
        _ name: String, count: ClosedRange<Int>,
        _ element: (inout FieldReader) throws -> Element
    ) -> [Element] {
        guard let value = take(name) else { return [] }
        return list(value, name, count: count, element)
    }

    private mutating func number(
        _ value: JSONValue, _ name: String, in range: ClosedRange<Int>
    ) -> Int? {
        guard case .int(let number) = value else {
            refuse(name, .wrongType)
            return nil
        }
        guard range.contains(number) else {
            refuse(name, .outOfRange)
            return nil
        }
        return number
    }

    private mutating func flag(_ value: JSONValue, _ name: String) -> Bool? {
        guard case .bool(let flag) = value else {
            refuse(name, .wrongType)
            return nil
        }
        return flag
    }

    private mutating func identifier(_ value: JSONValue, _ name: String) -> UUID? {
        guard case .string(let text) = value else {
            refuse(name, .wrongType)
            return nil
        }
        guard let id = UUID(strict: text) else {
            refuse(name, .wrongFormat)
            return nil
        }
        return id
    }

    private mutating func word<Choice: RawRepresentable>(
        _ value: JSONValue, _ name: String, of type: Choice.Type
    ) -> Choice? where Choice.RawValue == String {
        guard case .string(let text) = value else {
            refuse(name, .wrongType)
            return nil
        }
        guard let choice = Choice(rawValue: text) else {
            refuse(name, .notAllowed)
            return nil
        }
        return choice
    }

    private mutating func list<Element>(
        _ value: JSONValue, _ name: String, count: ClosedRange<Int>,
        _ element: (inout FieldReader) throws -> Element
    ) -> [Element] {
        guard case .array(let values) = value else {
            refuse(name, .wrongType)
            return []
        }
        guard values.count <= count.upperBound else {
            refuse(name, .tooLong)
            return []
        }
        if values.count < count.lowerBound { refuse(name, .tooShort) }
        var result: [Element] = []
        for (index, value) in values.enumerated() {
            let place = "\(path(to: name))/\(index)"
            guard case .object(let members) = value else {
                faults.append(Problem.Fault(.pointer(place), .wrongType))
                continue
            }
            var reader = FieldReader(members, at: place)
            if let read = try? reader.read(element) { result.append(read) }
            faults.append(contentsOf: reader.faults)
        }
        return result
    }
}

extension UUID {
    /// The id that `text` spells in the one form of RFC 9562 section 4: 36 characters with hyphens.
    init?(strict text: some StringProtocol) {
        guard text.utf8.count == 36 else { return nil }
        self.init(uuidString: String(text))
    }

    /// The id in lower case, as PostgreSQL prints it and RFC 9562 asks.
    var text: String { uuidString.lowercased() }
}

extension Unicode.Scalar {
    /// False for controls, line ends and the characters that turn the reading direction around, with
    /// which a name could rewrite the line that it is printed in (Z-26).
    var isFitForALine: Bool {
        switch self {
        case "\0"..<" ", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}": false
        case "\u{061C}", "\u{200E}", "\u{200F}", "\u{202A}"..."\u{202E}",
            "\u{2066}"..."\u{2069}", "\u{FEFF}":
            false
        default: true
        }
    }
}
