/// Who of the practice acts: the member of staff's id or name in the practice's own system, as
/// `X-Acting-Staff` says it and the audit keeps it (Z-11).
struct ActingStaff: Sendable, Equatable {
    /// Characters.
    static let longest = 64

    /// Visible ASCII characters, with spaces between them.
    let text: String

    /// Nil for what is empty, too long or not fit for a header.
    init?(_ text: String) {
        guard (1...Self.longest).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }), text.first != " ",
            text.last != " "
        else { return nil }
        self.text = text
    }
}
