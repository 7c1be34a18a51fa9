import Testing

@testable import Auth

@Suite struct OutboundURLTests {
    @Test(arguments: [
        ("https://api.example.nl", "https://api.example.nl/"),
        ("https://API.Example.NL:443/v1/", "https://api.example.nl/v1/"),
        ("https://sms.example.no:8443/send", "https://sms.example.no:8443/send"),
    ])
    func `a URL is kept in one spelling`(text: String, kept: String) {
        #expect(OutboundURL(text)?.text == kept)
    }

    @Test(arguments: [
        "http://api.example.nl/", "https://api.example.nl?to=1", "https://api.example.nl/#a",
        "https://user@api.example.nl/", "https://127.0.0.1/", "https://0x7f.1/",
        "https://2130706433/",
        "https://[::1]/", "https://api.example.nl:0/", "https://api.example.nl:99999/",
        "https://api.example.nl/../admin", "https://api.example.nl\\@evil.example/",
        "https://api.example.nl/\r\nX: y", "https://api..nl/", "https://-api.nl/", "https:///x",
        "ftp://api.example.nl/", "https://api.example.nl/%zz", "https://api.example.1/",
        "https://evil.example%2f.example.nl/", "https://ex\u{e4}mple.nl/",
    ])
    func `what two parsers could read differently is no URL`(text: String) {
        #expect(OutboundURL(text) == nil)
    }

    @Test(arguments: [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.0.9",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.1.1",
        "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1",
        "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1", "2001::1", "2002:7f00:1::1",
        "3fff::1", "localhost", "",
    ])
    func `an address off the public internet is never connected to`(address: String) {
        #expect(!OutboundURL.isPublicAddress(address))
    }

    @Test(arguments: [
        "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.169.0.1",
        "198.17.0.1", "198.20.0.1", "223.255.255.255", "2a00:1450:400e::1", "2606:4700::1111",
    ])
    func `a public address is connected to`(address: String) {
        #expect(OutboundURL.isPublicAddress(address))
    }

    @Test(arguments: [
        ("X-Key: abc", true), ("Authorization: Bearer a.b-c", true), ("X-Key: a\r\nEvil: 1", false),
        ("X-Key: a\nb", false), ("X-Key: \u{e9}", false), ("X Key: a", false), ("X-Key:", false),
        ("X-Key: a\u{0}", false), (": a", false),
    ])
    func `a header is one line of visible ASCII`(line: String, isHeader: Bool) {
        #expect(OutboundRequest.isHeaderLine(line) == isHeader)
    }
}
