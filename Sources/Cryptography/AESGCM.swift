import CLibSSL

/// AES-256-GCM on whole byte strings.
enum AESGCM {
    /// Ciphertext and tag (16 bytes).
    static func seal(
        _ plaintext: [UInt8], key: KeyMaterial, nonce: [UInt8], additional: [UInt8]
    ) -> [UInt8] {
        let context = demand(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new")
        defer { EVP_CIPHER_CTX_free(context) }
        start(context, key: key, nonce: nonce, additional: additional, sealing: true)

        let count = plaintext.count + SealingKey.tagCount
        return [UInt8](unsafeUninitializedCapacity: count) { output, written in
            var length: Int32 = 0
            let updated = EVP_EncryptUpdate(
                context, output.baseAddress, &length, plaintext, Int32(plaintext.count))
            demand(updated == 1 && Int(length) == plaintext.count, "EVP_EncryptUpdate")
            let tag = output.baseAddress.map { $0 + plaintext.count }
            demand(EVP_EncryptFinal_ex(context, tag, &length) == 1, "EVP_EncryptFinal_ex")
            let tagged = EVP_CIPHER_CTX_ctrl(
                context, EVP_CTRL_AEAD_GET_TAG, Int32(SealingKey.tagCount), tag)
            demand(tagged == 1, "EVP_CTRL_AEAD_GET_TAG")
            written = count
        }
    }

    /// The plaintext; nil when the tag does not fit.
    static func open(
        _ sealed: [UInt8], key: KeyMaterial, nonce: [UInt8], additional: [UInt8]
    ) -> [UInt8]? {
        let count = sealed.count - SealingKey.tagCount
        guard count >= 0 else { return nil }
        let context = demand(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new")
        defer { EVP_CIPHER_CTX_free(context) }
        start(context, key: key, nonce: nonce, additional: additional, sealing: false)

        var tag = Array(sealed[count...])
        let expected = EVP_CIPHER_CTX_ctrl(
            context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag)
        demand(expected == 1, "EVP_CTRL_AEAD_SET_TAG")

        // One byte more than the text, so that an empty text has an address to be written to.
        var plaintext = [UInt8](repeating: 0, count: count + 1)
        var length: Int32 = 0
        let updated = EVP_DecryptUpdate(context, &plaintext, &length, sealed, Int32(count))
        demand(updated == 1 && Int(length) == count, "EVP_DecryptUpdate")
        guard EVP_DecryptFinal_ex(context, nil, &length) == 1 else {
            // Unauthenticated plaintext must not linger.
            OPENSSL_cleanse(&plaintext, plaintext.count)
            return nil
        }
        plaintext.removeLast()
        return plaintext
    }

    private static func start(
        _ context: OpaquePointer, key: KeyMaterial, nonce: [UInt8], additional: [UInt8],
        sealing: Bool
    ) {
        let started = key.withBytes { key in
            precondition(key.count == 32 && nonce.count == SealingKey.nonceCount)
            return EVP_CipherInit_ex(
                context, EVP_aes_256_gcm(), nil, key.baseAddress, nonce, sealing ? 1 : 0)
        }
        demand(started == 1, "EVP_CipherInit_ex")
        var length: Int32 = 0
        let bound = EVP_CipherUpdate(context, nil, &length, additional, Int32(additional.count))
        demand(bound == 1, "EVP_CipherUpdate")
    }
}
