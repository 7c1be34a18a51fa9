import CLibSSL

/// SHA-256 (FIPS 180-4).
package enum SHA256 {
    /// Bytes in a digest.
    package static let count = 32

    /// The digest, 32 bytes.
    package static func hash(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        bytes.withContiguousStorageIfAvailable { digest($0) }
            ?? Array(bytes).withUnsafeBufferPointer { digest($0) }
    }

    private static func digest(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { output, written in
            let result = EVP_Digest(
                bytes.baseAddress, bytes.count, output.baseAddress, nil, EVP_sha256(), nil)
            demand(result == 1, "EVP_Digest")
            written = count
        }
    }
}
