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
    /// Throws `body-malformed` (400) where they are no JSON object, and one `field-invalid` (422)
    /// that names every fault at once.
    init(json bytes: [UInt8]) throws {
        var fields = try FieldReader(json: bytes)
        self = try fields.read { reader in try Self(&reader) }
    }
}

/// Hands out the members of one JSON object by name and type, and keeps account of what is wrong.
///
/// A method that meets a fault notes it and returns an empty value, so that one answer can name all
/// of them; `read` throws afterwards, and no such value gets out.
struct FieldReader {
    private var members: [JSONMember]
    private let pointer: String
    var faults: [Problem.Fault] = []

    /// A reader on the members of an object that stands at `pointer` in the body.
    init(_ members: [JSONMember], at pointer: String = "") {
        self.members = members
        self.pointer = pointer
    }

    /// A reader on the object that `bytes` hold.
    ///
    /// Throws `body-malformed` where they are no JSON object.
    init(json bytes: [UInt8]) throws(Problem) {
        do throws(JSONReader.Malformation) {
            self.init(try JSONReader.object(of: bytes))
        } catch {
            let place = Problem.Fault.Place.pointer("")
            throw Problem(.bodyMalformed, faults: [Problem.Fault(place, error.code)])
        }
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
    struct Unreadable: Error {}

    func path(to name: String) -> String {
        let escaped = name.fitForALine.prefix(Self.longestName)
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
    mutating func take(_ name: String) -> JSONValue? {
        guard let index = members.firstIndex(where: { $0.name == name }) else { return nil }
        let value = members.remove(at: index).value
        return value == .null ? nil : value
    }

    /// What becomes of a field that may be emptied: gone where it is null, else what `read` finds,
    /// and as it is now where it is absent.
    mutating func nullable<Value>(
        _ name: String, now value: Value?, _ read: (inout FieldReader) -> Value?
    ) -> Value? {
        guard let member = members.first(where: { $0.name == name }) else { return value }
        let found = read(&self)
        return member.value == .null ? nil : found
    }

    /// The field without taking it out; an explicit null counts as absent.
    func peek(_ name: String) -> JSONValue? {
        guard let value = members.first(where: { $0.name == name })?.value else { return nil }
        return value == .null ? nil : value
    }

    mutating func takeRequired(_ name: String) -> JSONValue? {
        let value = take(name)
        if value == nil { refuse(name, .required) }
        return value
    }
}

// MARK: - Texts

extension FieldReader {
    /// What a text may hold.
    enum Characters {
        /// No control and no bidirectional formatting characters: fit for a line of a form or a
        /// letter.
        case line
        /// Anything, as passwords are taken exactly as they were typed (ASVS 6.2.8).
        case any
    }

    /// A required text of `min` to `max` characters (Unicode scalars).
    mutating func string(
        _ name: String, max: Int, min: Int = 1, characters: Characters = .line
    ) -> String {
        guard let value = takeRequired(name) else { return "" }
        if min == 0, value == .string("") { return "" }
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

    mutating func text(
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
