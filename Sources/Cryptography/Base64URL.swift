import CSodium

/// Base64 with the URL's alphabet and without padding (RFC 4648 section 5), by libsodium, whose time
/// does not depend on what is in it.
package enum Base64URL {
    package static func encode(_ bytes: [UInt8]) -> String {
        let longest = sodium_base64_encoded_len(bytes.count, variant)
        var text = [CChar](repeating: 0, count: longest)
        sodium_bin2base64(&text, longest, bytes, bytes.count, variant)
        // It ends with a null.
        return String(decoding: text.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private static let variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING

    /// Nil for what is not spelled exactly as ``encode(_:)`` spells it.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let symbols = Array(text.utf8)
        guard !symbols.isEmpty else { return [] }
        var bytes = [UInt8](repeating: 0, count: symbols.count)
        var count = 0
        let isWhole = symbols.withUnsafeBytes { symbols in
            sodium_base642bin(
                &bytes, bytes.count, symbols.baseAddress?.assumingMemoryBound(to: CChar.self),
                symbols.count, nil, &count, nil, variant) == 0
        }
        return isWhole ? Array(bytes.prefix(count)) : nil
    }
}
