import CLibSSL

/// Comparison of secrets that gives nothing away by its time (ASVS 11.2.4).
package enum ConstantTime {
    /// Whether two byte strings are equal; only their lengths may show in the time it takes.
    package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }
}
