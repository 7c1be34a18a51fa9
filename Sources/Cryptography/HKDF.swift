import CLibSSL

/// HKDF-SHA-256, extract and expand (RFC 5869).
enum HKDF {
    /// Derives a key; `info` keeps apart what is derived from one key. No salt means zeros, which
    /// is enough where the key is uniform already (RFC 5869 section 3.1).
    static func derive(
        from key: KeyMaterial, salt: [UInt8] = [], info: [UInt8], count: Int
    ) -> KeyMaterial {
        KeyMaterial(count: count) { output in
            let result = key.withBytes { key in
                shim_hkdf_sha256(
                    key.baseAddress, key.count, salt, salt.count, info, info.count,
                    output.baseAddress, output.count)
            }
            demand(result == 1, "EVP_KDF_derive")
        }
    }
}
