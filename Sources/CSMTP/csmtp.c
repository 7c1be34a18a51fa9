#include "csmtp.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

typedef struct {
    const uint8_t *next;
    size_t left;
} upload;

void csmtp_start(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

static size_t read_message(char *buffer, size_t size, size_t count, void *context) {
    upload *message = context;
    size_t take = size * count;
    if (take > message->left) take = message->left;
    memcpy(buffer, message->next, take);
    message->next += take;
    message->left -= take;
    return take;
}

// libcurl passes each reply line of the server here. The one to QUIT comes after the one that counts.
static size_t note_reply(char *line, size_t size, size_t count, void *context) {
    csmtp_result *result = context;
    size_t length = size * count;
    if (length >= 3 && memcmp(line, "221", 3) != 0) {
        size_t keep = length < sizeof result->reply - 1 ? length : sizeof result->reply - 1;
        memcpy(result->reply, line, keep);
        result->reply[keep] = 0;
    }
    return length;
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// CURLOPT_TIMEOUT_MS does not cover the farewell: after a time-out libcurl would wait two minutes more
// for the answer to QUIT. It calls this at least once a second, and ends when told so.
static int check_deadline(
    void *deadline, curl_off_t down, curl_off_t downloaded, curl_off_t up, curl_off_t uploaded) {
    (void)down, (void)downloaded, (void)up, (void)uploaded;
    return now_ms() > *(const int64_t *)deadline;
}

static csmtp_outcome outcome_of(CURLcode code, CURL *curl) {
    long chain_fault = 0;
    switch (code) {
    case CURLE_OK:
        return CSMTP_SENT;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
        return CSMTP_UNREACHABLE;
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_ABORTED_BY_CALLBACK:
        return CSMTP_TIMEOUT;
    case CURLE_USE_SSL_FAILED:
        return CSMTP_NO_STARTTLS;
    case CURLE_PEER_FAILED_VERIFICATION:
        // OpenSSL names a fault of the chain. Where it names none (0, or 1, "unspecified", which is
        // what libcurl starts from), the chain was good and it is the name that does not fit.
        curl_easy_getinfo(curl, CURLINFO_SSL_VERIFYRESULT, &chain_fault);
        return chain_fault <= 1 ? CSMTP_CERTIFICATE_FOR_OTHER_HOST : CSMTP_CERTIFICATE_UNTRUSTED;
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
        return CSMTP_CERTIFICATE_UNTRUSTED;
    case CURLE_SSL_CONNECT_ERROR:
        return CSMTP_TLS_FAILED;
    case CURLE_LOGIN_DENIED:
        return CSMTP_LOGIN_REFUSED;
    case CURLE_FAILED_INIT:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_FUNCTION_ARGUMENT:
        return CSMTP_NOT_TRIED;
    default: {
        long reply = 0;
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply);
        return reply >= 400 ? CSMTP_REFUSED : CSMTP_CONNECTION_LOST;
    }
    }
}

static void demand_encryption(CURL *curl, const csmtp_server *server) {
    curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    if (server->ca_file) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, server->ca_file);
        // Else the system's folder of authorities would be trusted beside the file.
        curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    }
}

csmtp_result csmtp_send(
    const csmtp_server *server, const char *from, const char *to,
    const uint8_t *message, size_t length) {
    csmtp_result result = {.outcome = CSMTP_NOT_TRIED};
    upload remaining = {message, length};
    int64_t deadline = now_ms() + server->timeout_ms;
    CURL *curl = curl_easy_init();
    struct curl_slist *recipients = curl_slist_append(NULL, to);
    if (!curl || !recipients) {
        curl_slist_free_all(recipients);
        curl_easy_cleanup(curl);
        result.curl_code = CURLE_OUT_OF_MEMORY;
        return result;
    }

    // With CURLOPT_NOSIGNAL libcurl leaves SIGPIPE to us; this thread does nothing else.
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken_pipe, NULL);

    curl_easy_setopt(curl, CURLOPT_URL, server->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");  // Proxy variables of the environment are not for mail.
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, server->connect_timeout_ms);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, server->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, check_deadline);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &deadline);
    demand_encryption(curl, server);
    if (server->username) {
        curl_easy_setopt(curl, CURLOPT_USERNAME, server->username);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, server->password ? server->password : "");
    }

    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)length);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_message);
    curl_easy_setopt(curl, CURLOPT_READDATA, &remaining);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, note_reply);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &result);

    CURLcode code = curl_easy_perform(curl);
    result.outcome = outcome_of(code, curl);
    result.curl_code = (int)code;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &result.reply_code);

    curl_slist_free_all(recipients);
    curl_easy_cleanup(curl);
    return result;
}
