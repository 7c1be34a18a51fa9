import Foundation

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
