#pragma once
#include <idn2.h>
#include <string.h>

/// Writes the A-label form of a UTF-8 domain name into `ascii` (RFC 5891, mapped as UTS 46 without
/// transitional rules); 1 on success, 0 where it is no domain name or too long for `size` bytes.
static inline int shim_domain_to_ascii(const char *domain, char *ascii, size_t size) {
    char *result = NULL;
    int ok = 0;
    if (idn2_to_ascii_8z(domain, &result, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK)
        return 0;
    if (strlen(result) < size) {
        strcpy(ascii, result);
        ok = 1;
    }
    idn2_free(result);
    return ok;
}

/// Writes the U-label form of an ASCII domain name into `unicode`, as UTF-8; 1 on success, 0 where it has
/// none or it is too long for `size` bytes.
static inline int shim_domain_to_unicode(const char *domain, char *unicode, size_t size) {
    char *result = NULL;
    int ok = 0;
    if (idn2_to_unicode_8z8z(domain, &result, IDN2_NONTRANSITIONAL) != IDN2_OK)
        return 0;
    if (strlen(result) < size) {
        strcpy(unicode, result);
        ok = 1;
    }
    idn2_free(result);
    return ok;
}
