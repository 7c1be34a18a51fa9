extension Sequence<UInt8> {
    /// Two lower-case digits a byte, as PostgreSQL's `encode(…, 'hex')` writes them.
    package var hexadecimal: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
