#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "ccurl.h"
#include "inside.h"

typedef struct {
    uint32_t network;
    int bits;
} ipv4_block;

// What is not for the public internet (IANA's special-purpose registry, RFC 6890), and 169.254/16,
// where clouds keep the credentials of their machines.
static const ipv4_block reserved[] = {
    {0x00000000, 8},   // 0.0.0.0/8 "this" network
    {0x0A000000, 8},   // 10/8
    {0x64400000, 10},  // 100.64/10 shared by carriers (RFC 6598)
    {0x7F000000, 8},   // 127/8 loopback
    {0xA9FE0000, 16},  // 169.254/16 link-local
    {0xAC100000, 12},  // 172.16/12
    {0xC0000000, 24},  // 192.0.0/24
    {0xC0000200, 24},  // 192.0.2/24 documentation
    {0xC0586300, 24},  // 192.88.99/24 6to4 relays
    {0xC0A80000, 16},  // 192.168/16
    {0xC6120000, 15},  // 198.18/15 benchmarks
    {0xC6336400, 24},  // 198.51.100/24 documentation
    {0xCB007100, 24},  // 203.0.113/24 documentation
    {0xE0000000, 3},   // 224/4 multicast, 240/4 reserved, broadcast
};

static int is_public_ipv4(uint32_t address) {
    for (size_t index = 0; index < sizeof reserved / sizeof *reserved; index++) {
        uint32_t mask = 0xFFFFFFFFu << (32 - reserved[index].bits);
        if ((address & mask) == reserved[index].network) return 0;
    }
    return 1;
}

// Of IPv6 only 2000::/3 is the public internet, which leaves out ::, ::1, v4-mapped and -compatible
// forms, NAT64 (64:ff9b::), unique local (fc00::/7), link-local (fe80::/10) and multicast. Within it,
// what carries or hides an IPv4 address is refused too.
static int is_public_ipv6(const uint8_t bytes[16]) {
    if ((bytes[0] & 0xE0) != 0x20) return 0;
    if (bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] < 0x02) return 0;  // 2001::/23, Teredo too
    if (memcmp(bytes, "\x20\x01\x0d\xb8", 4) == 0) return 0;                // documentation
    if (memcmp(bytes, "\x20\x02", 2) == 0) return 0;                        // 6to4
    if (bytes[0] == 0x3F && bytes[1] == 0xFF && bytes[2] < 0x10) return 0;   // 3fff::/20
    return 1;
}

int ccurl_is_public(const struct sockaddr *address) {
    switch (address->sa_family) {
    case AF_INET: {
        struct sockaddr_in ipv4;
        memcpy(&ipv4, address, sizeof ipv4);
        return is_public_ipv4(ntohl(ipv4.sin_addr.s_addr));
    }
    case AF_INET6: {
        struct sockaddr_in6 ipv6;
        memcpy(&ipv6, address, sizeof ipv6);
        return is_public_ipv6(ipv6.sin6_addr.s6_addr);
    }
    default:
        return 0;
    }
}

int ccurl_is_public_address(const char *text) {
    struct sockaddr_in ipv4 = {.sin_family = AF_INET};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &ipv4.sin_addr) == 1)
        return ccurl_is_public((const struct sockaddr *)&ipv4);
    if (inet_pton(AF_INET6, text, &ipv6.sin6_addr) == 1)
        return ccurl_is_public((const struct sockaddr *)&ipv6);
    return 0;
}
