#pragma once
#include <errno.h>
#include <sodium.h>

// Passwords are bytes to us and `char` to libsodium: the cast stands here.

/// Writes a PHC string with a fresh salt into `phc` (crypto_pwhash_argon2id_STRBYTES bytes);
/// 0 on success, else there was no memory.
static inline int shim_argon2id_hash(
    char *phc, const unsigned char *password, size_t password_count, unsigned int passes,
    size_t memory_bytes) {
    return crypto_pwhash_argon2id_str(
        phc, (const char *)password, password_count, passes, memory_bytes);
}

/// Verifies a PHC string of Argon2id, or else of Argon2i: 0 right, 1 wrong, 2 not computed (no memory).
///
/// The library answers -1 to the last two alike and tells them apart by errno only, which is safe to
/// read here, before anything else can run on this thread.
static inline int shim_argon2_verify(
    const char *phc, const unsigned char *password, size_t password_count, int is_id) {
    errno = 0;
    int result = is_id
        ? crypto_pwhash_argon2id_str_verify(phc, (const char *)password, password_count)
        : crypto_pwhash_argon2i_str_verify(phc, (const char *)password, password_count);
    if (result == 0) return 0;
    return errno == EINVAL ? 1 : 2;
}
