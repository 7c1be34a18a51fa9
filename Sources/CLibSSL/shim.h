#pragma once
#include <malloc.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

// An OSSL_PARAM keeps the pointers it is given, which a Swift string cannot promise to outlive the
// call. So the two calls that take parameters are made here.

/// A new HMAC-SHA-256 context that holds the key; NULL when libcrypto is out of memory.
static inline EVP_MAC_CTX *shim_hmac_sha256_new(const unsigned char *key, size_t key_count) {
    EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);  // The context holds its own reference.
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    if (context != NULL && EVP_MAC_init(context, key, key_count, parameters) != 1) {
        EVP_MAC_CTX_free(context);
        context = NULL;
    }
    return context;
}

/// HKDF-SHA-256, extract and expand (RFC 5869); 1 on success.
static inline int shim_hkdf_sha256(
    const unsigned char *key, size_t key_count, const unsigned char *salt, size_t salt_count,
    const unsigned char *info, size_t info_count, unsigned char *output, size_t output_count) {
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_HKDF, NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
    EVP_KDF_free(kdf);
    if (context == NULL) return 0;
    char digest[] = "SHA256";
    OSSL_PARAM parameters[5], *next = parameters;
    *next++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
    *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key, key_count);
    // An absent salt means zeros (RFC 5869 section 2.2); libcrypto refuses an empty one.
    if (salt_count > 0)
        *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt, salt_count);
    if (info_count > 0)
        *next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, info_count);
    *next = OSSL_PARAM_construct_end();
    int result = EVP_KDF_derive(context, output, output_count, parameters);
    EVP_KDF_CTX_free(context);
    return result;
}

/// Lets blocks of a megabyte and more go back to the system when they are freed.
///
/// Scrypt fills such blocks, and the library takes them from malloc; glibc would keep those of their
/// size for good once the first was freed (mallopt(3), M_MMAP_THRESHOLD).
static inline void shim_give_large_blocks_back(void) {
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
}
