import CLibSSL

/// HMAC (RFC 2104) under a key that somebody else chose: signatures of webhooks and reports.
///
/// Keys of our own ring are `MACKey`s, which are quicker.
package enum HMAC {
    package enum Digest: String, Sendable {
        case sha256 = "SHA256"
        /// What some gateways still sign with. As a MAC it has no known weakness (RFC 6194).
        case sha1 = "SHA1"
    }

    /// The tag of a message: 32 bytes, or 20 with SHA-1.
    package static func authenticate(
        _ message: [UInt8], key: Secret<[UInt8]>, digest: Digest = .sha256
    ) -> [UInt8] {
        let key = key.expose()
        return [UInt8](unsafeUninitializedCapacity: Int(EVP_MAX_MD_SIZE)) { tag, written in
            let result = EVP_Q_mac(
                nil, "HMAC", nil, digest.rawValue, nil, key, key.count, message, message.count,
                tag.baseAddress, tag.count, &written)
            demand(result != nil, "EVP_Q_mac")
        }
    }

    /// Whether the tag is this message's, compared in constant time.
    package static func isValid(
        _ tag: [UInt8], for message: [UInt8], key: Secret<[UInt8]>, digest: Digest = .sha256
    ) -> Bool {
        ConstantTime.equal(tag, authenticate(message, key: key, digest: digest))
    }
}
