/// Text that can stand on one line of a mail header or a page and is what it looks like.
enum PlainText {
    /// False where there is a control character (CR, LF, tab, NUL …), a line or paragraph separator,
    /// or a mark that turns the reading direction and so makes text look like another (Z-26).
    static func isPlain(_ text: some StringProtocol) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            case 0x00...0x1F, 0x7F...0x9F: false
            case 0x2028, 0x2029: false
            case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: false
            default: true
            }
        }
    }
}
