import Testing

@testable import Auth

@Suite struct MailAddressTests {
    @Test(arguments: [
        "jansen@example.nl", "j.de-vries+portaal@mail.example.nl", "o'brien@example.nl", "a@b",
        "0@1.nl", "x@xn--brd-1na.example", "Kari.Nordmann@EXAMPLE.NO",
    ])
    func `plain addresses are taken as they are`(text: String) {
        #expect(MailAddress(text)?.text == text)
    }

    @Test(arguments: [
        "", "@", "a@", "@b.nl", "a b@c.nl", "a@b c.nl", "a@b@c.nl", "a@b..nl", ".a@b.nl", "a.@b.nl",
        "a..b@c.nl", "a@-b.nl", "a@b-.nl", "\"a b\"@c.nl", "a@[127.0.0.1]", "<a@b.nl>",
        "a@b.nl,c@d.nl", "Jan <a@b.nl>", "a@b.nl\r\nRCPT TO:<c@d.nl>", "a@b.nl\n", "a\u{0}@b.nl",
        "bjørn@example.no", "a@børd.no", "a@b.nl ", "a@b.nl\u{202E}", "a(comment)@b.nl", "a;@b.nl",
        String(repeating: "a", count: 65) + "@b.nl",
        "a@" + String(repeating: "b", count: 64) + ".nl",
        "a@" + String(repeating: "b.", count: 126) + "nl",
    ])
    func `everything else is refused`(text: String) {
        #expect(MailAddress(text) == nil)
    }
}
