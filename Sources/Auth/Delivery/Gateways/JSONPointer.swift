/// Where a value stands in a JSON document (RFC 6901), `/messages/0/id`.
struct JSONPointer: Equatable, Sendable {
    let text: String
    private let tokens: [String]

    static let longest = 128

    init?(_ text: String) {
        guard text.hasPrefix("/"), text.utf8.count <= Self.longest,
            !text.replacing("~0", with: "").replacing("~1", with: "").contains("~")
        else { return nil }
        self.text = text
        tokens = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
    }

    func value(in document: JSONValue) -> JSONValue? {
        tokens.reduce(Optional(document)) { value, token in
            switch value {
            case .object: value?[token]
            case .array(let elements):
                Int(token).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
            default: nil
            }
        }
    }

    /// A text, or a whole number as its digits: ids and codes come as either.
    func word(in document: JSONValue) -> String? {
        switch value(in: document) {
        case .string(let text): text
        case .int(let number): String(number)
        default: nil
        }
    }
}
