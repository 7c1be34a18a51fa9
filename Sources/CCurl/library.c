#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "ccurl.h"
#include "inside.h"

void ccurl_start(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

int64_t ccurl_now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void ccurl_ignore_broken_pipes(void) {
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, NULL);
}

int ccurl_chain_is_good(CURL *curl) {
    // OpenSSL names a fault of the chain. Where it names none (0, or 1, "unspecified", which is what
    // libcurl starts from), the chain was good and it is the name that does not fit.
    long chain_fault = 0;
    curl_easy_getinfo(curl, CURLINFO_SSL_VERIFYRESULT, &chain_fault);
    return chain_fault <= 1;
}
