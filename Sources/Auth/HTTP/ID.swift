import Foundation

extension UUID {
    /// The id that `text` spells in the one form of RFC 9562 section 4: 36 characters with hyphens.
    init?(strict text: some StringProtocol) {
        guard text.utf8.count == 36 else { return nil }
        self.init(uuidString: String(text))
    }

    /// The id in lower case, as PostgreSQL prints it and RFC 9562 asks.
    var text: String { uuidString.lowercased() }
}
