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

    /// The object in the field, read by `read`; nothing happens where it is absent or null.
    mutating func optionalObject(_ name: String, _ read: (inout FieldReader) -> Void) {
        guard let value = take(name) else { return }
        guard case .object(let members) = value else { return refuse(name, .wrongType) }
        var reader = FieldReader(members, at: path(to: name))
        _ = try? reader.read { read(&$0) }
        faults.append(contentsOf: reader.faults)
    }

    /// A required list of `count` different texts, each made into an element.
    mutating func elements<Element: Hashable>(
        _ name: String, max: Int, count: ClosedRange<Int>, orElse code: Problem.Fault.Code,
        _ element: (String) -> Element?
    ) -> [Element] {
        guard let value = takeRequired(name) else { return [] }
        return elements(value, name, max: max, count: count, orElse: code, element)
    }

    /// A list of `count` different texts, each made into an element or refused with `code` where it
    /// stands; nil where the field is absent or null.
    mutating func optionalElements<Element: Hashable>(
        _ name: String, max: Int, count: ClosedRange<Int>, orElse code: Problem.Fault.Code,
        _ element: (String) -> Element?
    ) -> [Element]? {
        guard let value = take(name) else { return nil }
        return elements(value, name, max: max, count: count, orElse: code, element)
    }

    /// A required text without space around it, so never a blank one.
    mutating func trimmed(_ name: String, max: Int) -> String {
        guard let value = takeRequired(name) else { return "" }
        return trimmed(value, name, max: max) ?? ""
    }

    /// A text without space around it, so never a blank one; nil where it is absent or null.
    mutating func optionalTrimmed(_ name: String, max: Int) -> String? {
        guard let value = take(name) else { return nil }
        return trimmed(value, name, max: max)
    }

    private mutating func trimmed(_ value: JSONValue, _ name: String, max: Int) -> String? {
        guard let text = text(value, name, max: max, characters: .line) else { return nil }
        if text.first?.isWhitespace == true || text.last?.isWhitespace == true {
            refuse(name, .wrongFormat)
        }
        return text
    }

    /// Takes out a field that can't be changed but may be sent back as it was read.
    mutating func demand(_ name: String, toBe text: String) {
        if let value = take(name), value != .string(text) { refuse(name, .notAllowed) }
    }

    /// An instant in UTC, `2026-03-01T10:50:07Z` with or without a fraction (RFC 3339), or nil where
    /// the field is absent or null.
    mutating func optionalInstant(_ name: String) -> Date? {
        guard let value = take(name) else { return nil }
        guard case .string(let text) = value else {
            refuse(name, .wrongType)
            return nil
        }
        let shape = /\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(\.\d{1,9})?Z/
        guard text.wholeMatch(of: shape) != nil,
            let instant = try? Date(text, strategy: Date.ISO8601FormatStyle()),
            // The parser takes 30 February for 2 March.
            instant.rfc3339.prefix(19) == text.prefix(19)
        else {
            refuse(name, .wrongFormat)
            return nil
        }
        return instant
    }

    private mutating func elements<Element: Hashable>(
        _ value: JSONValue, _ name: String, max: Int, count: ClosedRange<Int>,
        orElse code: Problem.Fault.Code, _ element: (String) -> Element?
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
            let fault: Problem.Fault.Code?
            if case .string(let text) = value {
                let found = text.unicodeScalars.count <= max ? element(text) : nil
                let isNew = found.map { !result.contains($0) } ?? false
                fault = found == nil ? code : isNew ? nil : .duplicate
                if let found { result.append(found) }
            } else {
                fault = .wrongType
            }
            if let fault {
                faults.append(Problem.Fault(.pointer("\(path(to: name))/\(index)"), fault))
            }
        }
        return result
    }

    private mutating func number(
        _ value: JSONValue, _ name: String, in range: ClosedRange<Int>
    ) -> Int? {
        let whole: Int? =
            switch value {
            case .int(let number): number
            // JSON has one kind of number: 6.0 is as whole as 6 (JSON Schema 6.1.1).
            case .double(let number): Int(exactly: number)
            default: nil
            }
        guard let number = whole else {
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
