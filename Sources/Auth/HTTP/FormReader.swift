import Foundation

/// Reads the form bodies that RFC 7009 and RFC 7662 prescribe, for routes that take JSON as well.
enum FormReader {
    static let mediaType = "application/x-www-form-urlencoded"

    /// The fields as one JSON object of texts, so that everything behind reads one kind of body.
    ///
    /// Throws `body-malformed` where a name comes twice, or the bytes are not UTF-8.
    static func json(of form: [UInt8]) throws(Problem) -> [UInt8] {
        var members: [JSONMember] = []
        for (name, value) in try fields(of: form) {
            guard !members.contains(where: { $0.name == name }) else { throw fault(.duplicate) }
            // A field that is there without a value is one that is not there (RFC 6749 3.1).
            if !value.isEmpty { members.append(JSONMember(name, .string(value))) }
        }
        return JSONValue.object(members).bytes
    }

    /// The fields as they stand, empty ones too.
    static func fields(of form: [UInt8]) throws(Problem) -> [(name: String, value: String)] {
        var fields: [(name: String, value: String)] = []
        for pair in form.split(separator: UInt8(ascii: "&")) {
            let pieces = pair.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let value = try decoded(pieces.count > 1 ? pieces[1] : [])
            fields.append((name: try decoded(pieces[0]), value: value))
        }
        return fields
    }

    private static func decoded(_ bytes: ArraySlice<UInt8>) throws(Problem) -> String {
        guard let text = String(validating: bytes, as: UTF8.self),
            let plain = text.replacing("+", with: " ").removingPercentEncoding
        else { throw fault(.encoding) }
        return plain
    }

    private static func fault(_ code: Problem.Fault.Code) -> Problem {
        Problem(.bodyMalformed, faults: [Problem.Fault(.pointer(""), code)])
    }
}
