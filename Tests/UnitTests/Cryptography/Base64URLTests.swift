import Testing

@testable import Cryptography

/// RFC 4648 sections 5 and 10.
@Suite struct Base64URLTests {
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"),
        ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
    ])
    func `the vectors of the RFC come out, without padding`(plain: String, encoded: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == encoded)
        #expect(Base64URL.decode(encoded) == Array(plain.utf8))
    }

    @Test func `every byte comes back, in the alphabet of URLs`() {
        let bytes = [UInt8](0...255)
        let text = Base64URL.encode(bytes)
        #expect(text.contains("-") && text.contains("_"))
        #expect(!text.contains(where: { "+/=".contains($0) }))
        #expect(Base64URL.decode(text) == bytes)
    }

    @Test(arguments: ["Zg==", "+/A", "Zm9v Zg", "Z", "Zh", "Zm9\u{0}", "é"])
    func `no other spelling is read`(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }
}
