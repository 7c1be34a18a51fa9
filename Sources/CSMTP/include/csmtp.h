// The one door to libcurl's SMTP client: curl_easy_setopt is variadic, which Swift cannot call.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// A mail server and how far it is trusted. Strings outlive the call.
typedef struct {
    const char *url;       // smtp://host:port/name-to-greet-with
    const char *username;  // NULL: no login
    const char *password;
    const char *ca_file;   // PEM; NULL: the system's authorities
    long connect_timeout_ms;
    long timeout_ms;       // for the whole conversation
} csmtp_server;

/// What went wrong, by who found it. Numbers stay inside the shim, as do curl's own.
typedef enum {
    CSMTP_SENT,
    CSMTP_UNREACHABLE,
    CSMTP_TIMEOUT,
    CSMTP_NO_STARTTLS,
    CSMTP_TLS_FAILED,
    CSMTP_CERTIFICATE_UNTRUSTED,
    CSMTP_CERTIFICATE_FOR_OTHER_HOST,
    CSMTP_LOGIN_REFUSED,
    CSMTP_REFUSED,         // reply_code says how
    CSMTP_CONNECTION_LOST,
    CSMTP_NOT_TRIED,       // libcurl itself failed: no memory, bad URL
} csmtp_outcome;

typedef struct {
    csmtp_outcome outcome;
    int curl_code;         // for the log
    long reply_code;       // the server's last three digits; 0: none
    char reply[256];       // the last line that came with them, cut; never to be logged
} csmtp_result;

/// Prepares libcurl; once, before any thread sends.
void csmtp_start(void);

/// Hands one complete message (CRLF line ends) to the server. Blocks; STARTTLS is always demanded.
csmtp_result csmtp_send(
    const csmtp_server *server, const char *from, const char *to,
    const uint8_t *message, size_t length);
