#pragma once
#include <crypt.h>

/// The room that `crypt_rn` works in.
static inline int shim_crypt_room(void) { return (int)sizeof(struct crypt_data); }
