extension Unicode.Scalar {
    /// False for controls, line ends and the characters that turn the reading direction around,
    /// with which a name could rewrite the line that it is printed in (Z-26).
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

extension String {
    /// What is left of it without the characters that are not fit for a line.
    var fitForALine: String {
        String(String.UnicodeScalarView(unicodeScalars.filter(\.isFitForALine)))
    }
}
