#include "ccurl.h"

#include <curl/curl.h>
#include <string.h>

#include "inside.h"

typedef struct {
    const uint8_t *next;
    size_t left;
} upload;

static size_t read_message(char *buffer, size_t size, size_t count, void *context) {
    upload *message = context;
    size_t take = size * count;
    if (take > message->left) take = message->left;
    memcpy(buffer, message->next, take);
    message->next += take;
    message->left -= take;
    return take;
}

typedef struct {
    ccurl_smtp_result *result;
    int completed;  // commands that were answered with 250
} conversation;

// EHLO is said twice, before and after STARTTLS, and MAIL comes next; a login is answered with 235
// (RFC 4954) and STARTTLS with 220 (RFC 3207). libcurl gives one code for a refused MAIL and RCPT.
static const int completed_with_sender = 3;

// libcurl passes each reply line of the server here. The one to QUIT comes after the one that counts.
static size_t note_reply(char *line, size_t size, size_t count, void *context) {
    conversation *spoken = context;
    ccurl_smtp_result *result = spoken->result;
    size_t length = size * count;
    int is_last_line = length < 4 || line[3] != '-';
    if (length >= 3 && memcmp(line, "250", 3) == 0 && is_last_line) {
        spoken->completed++;
        result->sender_taken = spoken->completed >= completed_with_sender;
    }
    if (length >= 3 && memcmp(line, "221", 3) != 0) {
        size_t keep = length < sizeof result->reply - 1 ? length : sizeof result->reply - 1;
        memcpy(result->reply, line, keep);
        result->reply[keep] = 0;
    }
    return length;
}

// CURLOPT_TIMEOUT_MS does not cover the farewell: after a time-out libcurl would wait two minutes more
// for the answer to QUIT. It calls this at least once a second, and ends when told so.
static int check_deadline(
    void *deadline, curl_off_t down, curl_off_t downloaded, curl_off_t up, curl_off_t uploaded) {
    (void)down, (void)downloaded, (void)up, (void)uploaded;
    return ccurl_now_ms() > *(const int64_t *)deadline;
}

static ccurl_smtp_outcome outcome_of(CURLcode code, CURL *curl) {
    switch (code) {
    case CURLE_OK:
        return CCURL_SMTP_SENT;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
        return CCURL_SMTP_UNREACHABLE;
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_ABORTED_BY_CALLBACK:
        return CCURL_SMTP_TIMEOUT;
    case CURLE_USE_SSL_FAILED:
        return CCURL_SMTP_NO_STARTTLS;
    case CURLE_PEER_FAILED_VERIFICATION:
        return ccurl_chain_is_good(curl) ? CCURL_SMTP_CERTIFICATE_FOR_OTHER_HOST
                                         : CCURL_SMTP_CERTIFICATE_UNTRUSTED;
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
        return CCURL_SMTP_CERTIFICATE_UNTRUSTED;
    case CURLE_SSL_CONNECT_ERROR:
        return CCURL_SMTP_TLS_FAILED;
    case CURLE_LOGIN_DENIED:
        return CCURL_SMTP_LOGIN_REFUSED;
    case CURLE_FAILED_INIT:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_FUNCTION_ARGUMENT:
        return CCURL_SMTP_NOT_TRIED;
    default: {
        long reply = 0;
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply);
        return reply >= 400 ? CCURL_SMTP_REFUSED : CCURL_SMTP_CONNECTION_LOST;
    }
    }
}

static void demand_encryption(CURL *curl, const ccurl_smtp_server *server) {
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

ccurl_smtp_result ccurl_smtp_send(
    const ccurl_smtp_server *server, const char *from, const char *to,
    const uint8_t *message, size_t length) {
    ccurl_smtp_result result = {.outcome = CCURL_SMTP_NOT_TRIED};
    upload remaining = {message, length};
    conversation spoken = {.result = &result};
    int64_t deadline = ccurl_now_ms() + server->timeout_ms;
    CURL *curl = curl_easy_init();
    struct curl_slist *recipients = curl_slist_append(NULL, to);
    if (!curl || !recipients) {
        curl_slist_free_all(recipients);
        curl_easy_cleanup(curl);
        result.curl_code = CURLE_OUT_OF_MEMORY;
        return result;
    }

    ccurl_ignore_broken_pipes();
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
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &spoken);

    CURLcode code = curl_easy_perform(curl);
    result.outcome = outcome_of(code, curl);
    result.curl_code = (int)code;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &result.reply_code);

    curl_slist_free_all(recipients);
    curl_easy_cleanup(curl);
    return result;
}
