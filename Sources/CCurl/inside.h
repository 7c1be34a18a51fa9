// What the files of this shim share.
#pragma once
#include <curl/curl.h>
#include <stdint.h>

struct sockaddr;

/// Milliseconds of a clock that never goes back.
int64_t ccurl_now_ms(void);

/// Blocks SIGPIPE on this thread: with CURLOPT_NOSIGNAL libcurl leaves it to us.
void ccurl_ignore_broken_pipes(void);

/// 1 where libcurl found no fault in the certificate's chain, so that it is the name that differs.
int ccurl_chain_is_good(CURL *curl);

/// 1 for an address on the public internet.
int ccurl_is_public(const struct sockaddr *address);
