// The one door to libcurl: curl_easy_setopt is variadic, which Swift cannot call.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Prepares libcurl; once, before any thread uses it.
void ccurl_start(void);

// MARK: SMTP

/// A mail server and how far it is trusted. Strings outlive the call.
typedef struct {
    const char *url;       // smtp://host:port/name-to-greet-with
    const char *username;  // NULL: no login
    const char *password;
    const char *ca_file;   // PEM; NULL: the system's authorities
    long connect_timeout_ms;
    long timeout_ms;       // for the whole conversation
} ccurl_smtp_server;

/// What went wrong, by who found it. Numbers stay inside the shim, as do curl's own.
typedef enum {
    CCURL_SMTP_SENT,
    CCURL_SMTP_UNREACHABLE,
    CCURL_SMTP_TIMEOUT,
    CCURL_SMTP_NO_STARTTLS,
    CCURL_SMTP_TLS_FAILED,
    CCURL_SMTP_CERTIFICATE_UNTRUSTED,
    CCURL_SMTP_CERTIFICATE_FOR_OTHER_HOST,
    CCURL_SMTP_LOGIN_REFUSED,
    CCURL_SMTP_REFUSED,         // reply_code says how
    CCURL_SMTP_CONNECTION_LOST,
    CCURL_SMTP_NOT_TRIED,       // libcurl itself failed: no memory, bad URL
} ccurl_smtp_outcome;

typedef struct {
    ccurl_smtp_outcome outcome;
    int curl_code;         // for the log
    long reply_code;       // the server's last three digits; 0: none
    char reply[256];       // the last line that came with them, cut; never to be logged
    int sender_taken;      // MAIL FROM was accepted: a refusal is of this message
} ccurl_smtp_result;

/// Hands one complete message (CRLF line ends) to the server. Blocks; STARTTLS is always demanded.
ccurl_smtp_result ccurl_smtp_send(
    const ccurl_smtp_server *server, const char *from, const char *to,
    const uint8_t *message, size_t length);

// MARK: HTTPS

/// One request over HTTPS. Strings outlive the call; what could end a line in them was refused.
typedef struct {
    const char *url;
    const char *method;
    const char *const *headers;  // "Name: value", complete
    size_t header_count;
    const uint8_t *body;
    size_t body_length;
    const char *ca_file;         // PEM; NULL: the system's authorities
    int allows_loopback;         // else only public addresses are connected to
    long connect_timeout_ms;
    long timeout_ms;             // name look-up, connection and answer
} ccurl_https_request;

typedef enum {
    CCURL_HTTPS_ANSWERED,
    CCURL_HTTPS_UNREACHABLE,
    CCURL_HTTPS_ADDRESS_REFUSED,  // the name leads to an address that we don't connect to
    CCURL_HTTPS_TIMEOUT,          // after the request may have been read
    CCURL_HTTPS_TLS_FAILED,
    CCURL_HTTPS_CERTIFICATE_UNTRUSTED,
    CCURL_HTTPS_CERTIFICATE_FOR_OTHER_HOST,
    CCURL_HTTPS_ANSWER_TOO_LONG,
    CCURL_HTTPS_CONNECTION_LOST,  // after the request may have been read
    CCURL_HTTPS_NOT_TRIED,
} ccurl_https_outcome;

typedef struct {
    ccurl_https_outcome outcome;
    int curl_code;
    long status;
    long retry_after_seconds;     // 0: the answer names none
    size_t length;                // of the answer's body
} ccurl_https_result;

/// Sends one request and writes the answer's body to `answer`; redirects are answers. Blocks.
ccurl_https_result ccurl_https_send(
    const ccurl_https_request *request, uint8_t *answer, size_t capacity);

/// Whether an address, as text, is one on the public internet; 0 too for what is no address.
int ccurl_is_public_address(const char *address);
