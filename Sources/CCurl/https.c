#include <curl/curl.h>
#include <string.h>
#include <sys/socket.h>

#include "ccurl.h"
#include "inside.h"

typedef struct {
    uint8_t *bytes;
    size_t capacity;
    size_t length;
    size_t header_length;
    int is_too_long;
} answer_buffer;

typedef struct {
    int allows_loopback;
    int refused;
} address_check;

static size_t keep_body(char *bytes, size_t size, size_t count, void *context) {
    answer_buffer *answer = context;
    size_t length = size * count;
    if (length > answer->capacity - answer->length) {
        answer->is_too_long = 1;
        return 0;
    }
    memcpy(answer->bytes + answer->length, bytes, length);
    answer->length += length;
    return length;
}

// Headers are as endless as a body can be.
static size_t count_header(char *bytes, size_t size, size_t count, void *context) {
    (void)bytes;
    answer_buffer *answer = context;
    answer->header_length += size * count;
    if (answer->header_length > answer->capacity) {
        answer->is_too_long = 1;
        return 0;
    }
    return size * count;
}

// Called with the very address that is connected to, so that a name which changes its mind between
// a check and the connection gains nothing.
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *peer) {
    address_check *check = context;
    if (purpose != CURLSOCKTYPE_IPCXN) return CURL_SOCKET_BAD;
    if (!check->allows_loopback && !ccurl_is_public(&peer->addr)) {
        check->refused = 1;
        return CURL_SOCKET_BAD;
    }
    return socket(peer->family, peer->socktype | SOCK_CLOEXEC, peer->protocol);
}

static ccurl_https_outcome outcome_of(
    CURLcode code, CURL *curl, const answer_buffer *answer, const address_check *check) {
    if (answer->is_too_long) return CCURL_HTTPS_ANSWER_TOO_LONG;
    switch (code) {
    case CURLE_OK:
        return CCURL_HTTPS_ANSWERED;
    case CURLE_COULDNT_CONNECT:
        return check->refused ? CCURL_HTTPS_ADDRESS_REFUSED : CCURL_HTTPS_UNREACHABLE;
    case CURLE_COULDNT_RESOLVE_HOST:
        return CCURL_HTTPS_UNREACHABLE;
    case CURLE_OPERATION_TIMEDOUT: {
        // Before the connection is encrypted nothing can have been read, nor be charged for.
        curl_off_t encrypted = 0;
        curl_easy_getinfo(curl, CURLINFO_APPCONNECT_TIME_T, &encrypted);
        return encrypted > 0 ? CCURL_HTTPS_TIMEOUT : CCURL_HTTPS_UNREACHABLE;
    }
    case CURLE_PEER_FAILED_VERIFICATION:
        return ccurl_chain_is_good(curl) ? CCURL_HTTPS_CERTIFICATE_FOR_OTHER_HOST
                                         : CCURL_HTTPS_CERTIFICATE_UNTRUSTED;
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
        return CCURL_HTTPS_CERTIFICATE_UNTRUSTED;
    case CURLE_SSL_CONNECT_ERROR:
        return CCURL_HTTPS_TLS_FAILED;
    case CURLE_FAILED_INIT:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_FUNCTION_ARGUMENT:
        return CCURL_HTTPS_NOT_TRIED;
    default:
        return CCURL_HTTPS_CONNECTION_LOST;
    }
}

static void close_every_side_door(CURL *curl) {
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");  // Not even the environment's.
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    // Else a name look-up that hangs would be waited for after the time is up.
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
}

static struct curl_slist *header_list(const ccurl_https_request *request) {
    // Without this libcurl would ask "Expect: 100-continue" of servers that do not know it.
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    for (size_t index = 0; list && index < request->header_count; index++) {
        struct curl_slist *longer = curl_slist_append(list, request->headers[index]);
        if (!longer) curl_slist_free_all(list);
        list = longer;
    }
    return list;
}

ccurl_https_result ccurl_https_send(
    const ccurl_https_request *request, uint8_t *answer_bytes, size_t capacity) {
    ccurl_https_result result = {.outcome = CCURL_HTTPS_NOT_TRIED};
    answer_buffer answer = {.bytes = answer_bytes, .capacity = capacity};
    address_check check = {.allows_loopback = request->allows_loopback};
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = header_list(request);
    if (!curl || !headers) {
        curl_slist_free_all(headers);
        curl_easy_cleanup(curl);
        result.curl_code = CURLE_OUT_OF_MEMORY;
        return result;
    }
    ccurl_ignore_broken_pipes();

    close_every_side_door(curl);
    curl_easy_setopt(curl, CURLOPT_URL, request->url);
    if (request->ca_file) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, request->ca_file);
        // Else the system's folder of authorities would be trusted beside the file.
        curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    }
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &check);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, request->connect_timeout_ms);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, request->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, count_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer);

    CURLcode code = curl_easy_perform(curl);
    result.outcome = outcome_of(code, curl, &answer, &check);
    result.curl_code = (int)code;
    result.length = answer.length;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &result.status);
    curl_off_t retry_after = 0;
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after);
    result.retry_after_seconds = retry_after > 0 && retry_after < 86400 ? (long)retry_after : 0;

    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return result;
}
