import Testing

@testable import Auth

/// Mail addresses as they are typed, compared and sent to (H11).
@Suite struct EmailAddressTests {
    @Test(arguments: [
        ("jansen@example.nl", "jansen@example.nl", "jansen@example.nl"),
        ("Kari.Nordmann@EXAMPLE.NO", "kari.nordmann@example.no", "Kari.Nordmann@example.no"),
        (
            "j.de-vries+portaal@mail.example.nl", "j.de-vries+portaal@mail.example.nl",
            "j.de-vries+portaal@mail.example.nl"
        ),
        ("o'brien@example.ie", "o'brien@example.ie", "o'brien@example.ie"),
        ("Kari@Bøl.no", "kari@xn--bl-lka.no", "Kari@xn--bl-lka.no"),
        ("kari@CAFE\u{301}.no", "kari@xn--caf-dma.no", "kari@xn--caf-dma.no"),
        ("kari@xn--BL-LKA.no", "kari@xn--bl-lka.no", "kari@xn--bl-lka.no"),
        ("jan@faß.example", "jan@xn--fa-hia.example", "jan@xn--fa-hia.example"),
        ("a@例え.jp", "a@xn--r8jz45g.jp", "a@xn--r8jz45g.jp"),
        ("x@xn--brd-1na.example", "x@xn--brd-1na.example", "x@xn--brd-1na.example"),
        ("0@1.nl", "0@1.nl", "0@1.nl"),
    ])
    func `an address has one form to compare and one to send to`(
        typed: String, normalized: String, wire: String
    ) throws {
        let address = try #require(EmailAddress(typed))
        #expect(address.typed == typed)
        #expect(address.normalized == normalized)
        #expect(address.wire == wire)
        // What is stored may be read again.
        #expect(EmailAddress(address.normalized)?.normalized == normalized)
        #expect(EmailAddress(address.wire) == address)
    }

    /// SQL compares what a register keeps in small letters alone (Z-17).
    @Test(arguments: [
        ("Kari.Nordmann@EXAMPLE.NO", "Kari.Nordmann@EXAMPLE.NO"), ("kari@bøl.no", "kari@bøl.no"),
        ("Kari@BØL.no", "Kari@bøl.no"), ("kari@xn--BL-LKA.no", "kari@bøl.no"),
        ("kari@CAFE\u{301}.no", "kari@café.no"), ("a@xn--r8jz45g.jp", "a@例え.jp"),
        ("jan@ｅxample.nl", "jan@example.nl"),
    ])
    func `a register keeps one form of a domain beyond ASCII`(
        typed: String, registered: String
    ) throws {
        let address = try #require(EmailAddress(typed))
        #expect(Array(address.registered.utf8) == Array(registered.utf8))
        #expect(EmailAddress(address.registered) == address)
    }

    @Test(arguments: [
        " jansen@example.nl", "jansen@example.nl\r\n", "\u{FEFF}jansen@example.nl\u{A0}",
    ])
    func `what pasting adds at the ends is no part of it`(pasted: String) {
        #expect(EmailAddress(pasted)?.typed == "jansen@example.nl")
    }

    @Test(arguments: ["jan.sen@example.nl", "jansen+portal@example.nl", "jansen@example.no"])
    func `dots and tags are part of an address`(other: String) {
        #expect(EmailAddress(other) != EmailAddress("jansen@example.nl"))
    }

    @Test(arguments: [
        "", "@", "jansen", "a@", "@b.nl", "a@b", "jansen@localhost", "jansen@example.", "a b@c.nl",
        "a@b c.nl", "a@b@c.nl", "a@b..nl", ".a@b.nl", "a.@b.nl", "a..b@c.nl", "a@-b.nl", "a@b-.nl",
        "\"a b\"@c.nl", "a@[127.0.0.1]", "<a@b.nl>", "a@b.nl,c@d.nl", "Jan <a@b.nl>",
        "a@b.nl\r\nRCPT TO:<c@d.nl>", "a@b.nl\r\nBcc: x", "a\u{0}@b.nl", "a@b\u{0}.nl",
        "bjørn@example.no", "jan\u{AD}sen@example.nl", "a@b\u{202E}.nl", "a(comment)@b.nl",
        "a;@b.nl", "a@b_c.nl", "a@xn--a.nl", "a@☃.net",
        String(repeating: "a", count: 65) + "@b.nl",
        "a@" + String(repeating: "b", count: 64) + ".nl",
        "a@" + String(repeating: "b.", count: 126) + "nl",
        "a@" + String(repeating: "ø", count: 60) + ".nl",
    ])
    func `everything else is no address`(text: String) {
        #expect(EmailAddress(text) == nil)
    }

    @Test func `an address that is printed by mistake shows nothing`() throws {
        let address = try #require(EmailAddress("jansen@example.nl"))
        #expect("\(address) \(String(reflecting: address))" == "<address> <address>")
    }
}
