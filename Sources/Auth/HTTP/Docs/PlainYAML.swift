/// Reads the plain part of YAML that `openapi.yaml` keeps to, so that the reference page is made
/// from the contract itself and can't say anything else.
///
/// Block mappings and sequences, `|` texts, flow sequences of scalars on one line, `{}`, quoted and
/// plain scalars, comments on lines of their own. A test reads the file with a whole YAML parser
/// too and compares; nothing else is ever read here.
struct PlainYAML {
    /// What is on a line that this reader does not know.
    struct Unreadable: Error, Equatable {
        let line: Int
    }

    private let lines: [Substring]
    private var index = 0

    /// The document, its members in the order of the file.
    static func parse(_ text: String) throws(Unreadable) -> JSONValue {
        var reader = PlainYAML(lines: text.split(separator: "\n", omittingEmptySubsequences: false))
        reader.skipBlankLines()
        let value = try reader.block(indent: 0)
        guard reader.index == reader.lines.count else { throw reader.unreadable }
        return value
    }

    private init(lines: [Substring]) { self.lines = lines }

    private var unreadable: Unreadable { Unreadable(line: index + 1) }

    private func indent(of line: Substring) -> Int { line.prefix { $0 == " " }.count }

    private mutating func skipBlankLines() {
        while index < lines.count {
            let content = lines[index].drop { $0 == " " }
            guard content.isEmpty || content.first == "#" else { return }
            index += 1
        }
    }

    // MARK: Blocks

    private mutating func block(indent: Int) throws(Unreadable) -> JSONValue {
        guard index < lines.count else { return .null }
        let content = lines[index].dropFirst(indent)
        return content.hasPrefix("- ")
            ? try sequence(indent: indent) : try mapping(indent: indent)
    }

    private mutating func mapping(
        indent: Int, first: Substring? = nil
    ) throws(Unreadable) -> JSONValue {
        var members: [JSONMember] = []
        var pending = first
        while index < lines.count {
            let content: Substring
            if let first = pending {
                content = first
                pending = nil
            } else {
                guard self.indent(of: lines[index]) == indent else { break }
                content = lines[index].dropFirst(indent)
            }
            guard !content.hasPrefix("- "), let (name, rest) = Self.member(content) else {
                throw unreadable
            }
            members.append(JSONMember(name, try value(rest, indent: indent)))
        }
        return .object(members)
    }

    private mutating func sequence(indent: Int) throws(Unreadable) -> JSONValue {
        var values: [JSONValue] = []
        while index < lines.count, self.indent(of: lines[index]) == indent {
            let content = lines[index].dropFirst(indent)
            guard content.hasPrefix("- ") else { throw unreadable }
            let item = content.dropFirst(2)
            if Self.member(item) != nil {
                values.append(try mapping(indent: indent + 2, first: item))
            } else {
                values.append(try value(item, indent: indent))
            }
        }
        return .array(values)
    }

    /// What stands behind a name or a dash, on the same line or below.
    private mutating func value(_ rest: Substring, indent: Int) throws(Unreadable) -> JSONValue {
        guard !rest.isEmpty, rest != "|" else {
            index += 1
            if rest == "|" { return .string(text(below: indent)) }
            skipBlankLines()
            guard index < lines.count, self.indent(of: lines[index]) > indent else { return .null }
            return try block(indent: self.indent(of: lines[index]))
        }
        let value = try Self.inline(rest, orThrow: unreadable)
        index += 1
        skipBlankLines()
        return value
    }

    /// A `|` text: its lines as they are, without the indentation of the first.
    private mutating func text(below indent: Int) -> String {
        var texts: [Substring] = []
        let inner = lines[index...].first { !$0.isEmpty }.map { self.indent(of: $0) } ?? 0
        while index < lines.count, lines[index].isEmpty || self.indent(of: lines[index]) > indent {
            texts.append(lines[index].dropFirst(inner))
            index += 1
        }
        while texts.last?.isEmpty == true { texts.removeLast() }
        return texts.joined(separator: "\n") + "\n"
    }

    // MARK: Lines

    /// The name and the rest of `name: rest`; nil where it is no member.
    private static func member(_ content: Substring) -> (String, Substring)? {
        let name: Substring
        let after: Substring
        if let quote = content.first, quote == "\"" || quote == "'" {
            guard let end = content.dropFirst().firstIndex(of: quote) else { return nil }
            name = content[content.index(after: content.startIndex)..<end]
            after = content[content.index(after: end)...]
        } else {
            guard
                let colon = content.indices.first(where: {
                    content[$0] == ":"
                        && (content.index(after: $0) == content.endIndex
                            || content[content.index(after: $0)] == " ")
                })
            else { return nil }
            name = content[..<colon]
            after = content[colon...]
        }
        guard after.first == ":" else { return nil }
        return (String(name), after.dropFirst().drop { $0 == " " })
    }

    private static func inline(
        _ text: Substring, orThrow unreadable: Unreadable
    ) throws(Unreadable) -> JSONValue {
        if text == "{}" { return .object([]) }
        if text.hasPrefix("["), text.hasSuffix("]") {
            let inner = text.dropFirst().dropLast()
            var values: [JSONValue] = []
            for item in inner.split(separator: ",") {
                values.append(
                    try inline(item.trimmingSpaces, orThrow: unreadable))
            }
            return .array(values)
        }
        if let quote = text.first, quote == "\"" || quote == "'" {
            let inner = text.dropFirst().dropLast()
            guard text.count > 1, text.last == quote, !inner.contains(quote), !inner.contains("\\")
            else { throw unreadable }
            return .string(String(inner))
        }
        guard let first = text.first, !"{[|>&*!%@`".contains(first), !text.contains(" #") else {
            throw unreadable
        }
        return scalar(text)
    }

    private static func scalar(_ text: Substring) -> JSONValue {
        switch text {
        case "null": return .null
        case "true": return .bool(true)
        case "false": return .bool(false)
        default:
            if let number = Int(text) { return .int(number) }
            return .string(String(text))
        }
    }
}
