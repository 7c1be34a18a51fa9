import Testing

@testable import Cryptography

/// SHA-256, HMAC and HKDF against the vectors of their RFCs.
@Suite struct DigestTests {
    /// RFC 6234 section 8.5: tests 1 to 6, and 8. A message is its piece so many times: the test's runner
    /// describes each argument, and takes seconds for a megabyte.
    static let sha256: [(piece: [UInt8], times: Int, digest: String)] = [
        (Array("abc".utf8), 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8), 1,
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            Array("a".utf8), 1_000_000,
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
        (
            Array("01234567".utf8), 80,
            "594847328451bdfa85056225462cc1d867d877fb388df0ce35f25ab5562bfbb5"
        ),
        (bytes(hex: "19"), 1, "68aa2e2ee5dff96e3355e6c7ee373e3d6a4e17f75f9518d843709c0c9bc3e3d4"),
        (
            bytes(hex: "e3d72570dcdd787ce3887ab2cd684652"), 1,
            "175ee69b02ba9b58e2b0a5fd13819cea573f3940a94f825128cf4209beabb4e8"
        ),
        ([], 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ]

    @Test(arguments: sha256)
    func `SHA-256 gives the digests of RFC 6234`(piece: [UInt8], times: Int, digest: String) {
        let message = [[UInt8]](repeating: piece, count: times).flatMap(\.self)
        #expect(hex(SHA256.hash(message)) == digest)
    }

    @Test func `SHA-256 takes any sequence of bytes, in one piece or not`() {
        let pieces = (0..<200).lazy.map { UInt8($0) }
        #expect(SHA256.hash(AnySequence(pieces)) == SHA256.hash(Array(pieces)))
        #expect(SHA256.hash("abc".utf8) == SHA256.hash(Array("abc".utf8)))
    }

    /// RFC 4231, section 4; case 5 in full, since we cut no tags.
    static let hmac: [(key: [UInt8], message: [UInt8], tag: String)] = [
        (
            [UInt8](repeating: 0x0B, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xAA, count: 20), [UInt8](repeating: 0xDD, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        ),
        (
            Array(1...25), [UInt8](repeating: 0xCD, count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        ),
        (
            [UInt8](repeating: 0x0C, count: 20), Array("Test With Truncation".utf8),
            "a3b6167473100ee06e0c796c2955552bfa6f7c0a6a8aef8b93f860aab0cd20c5"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131),
            Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            [UInt8](repeating: 0xAA, count: 131),
            Array(
                ("This is a test using a larger than block-size key and a larger than block-size "
                    + "data. The key needs to be hashed before being used by the HMAC algorithm.")
                    .utf8),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
        ),
    ]

    @Test(arguments: hmac)
    func `HMAC gives the tags of RFC 4231, every time`(
        key: [UInt8], message: [UInt8], tag: String
    ) {
        let key = MACKey(id: "k1", key: KeyMaterial(key))
        // The first computation duplicates the keyed context, the others use it again.
        for _ in 0..<3 {
            #expect(hex(key.authenticate(message)) == tag)
            #expect(hex(key.authenticate([])) != tag)
        }
    }

    /// RFC 5869, appendix A.1 to A.3.
    static let hkdf: [(key: [UInt8], salt: [UInt8], info: [UInt8], output: String)] = [
        (
            [UInt8](repeating: 0x0B, count: 22), Array(0...0x0C), Array(0xF0...0xF9),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
        ),
        (
            Array(0...0x4F), Array(0x60...0xAF), Array(0xB0...0xFF),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb"
                + "41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
        ),
        (
            [UInt8](repeating: 0x0B, count: 22), [], [],
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"
        ),
    ]

    @Test(arguments: hkdf)
    func `HKDF gives the keys of RFC 5869`(
        key: [UInt8], salt: [UInt8], info: [UInt8], output: String
    ) {
        let derived = HKDF.derive(
            from: KeyMaterial(key), salt: salt, info: info, count: output.utf8.count / 2)
        #expect(derived.withBytes { hex($0) } == output)
    }

    @Test func `equal bytes are equal, and others are not`() {
        #expect(ConstantTime.equal([], []))
        #expect(ConstantTime.equal([1, 2, 3], [1, 2, 3]))
        #expect(!ConstantTime.equal([1, 2, 3], [1, 2, 4]))
        #expect(!ConstantTime.equal([1, 2, 3], [0, 2, 3]))
        #expect(!ConstantTime.equal([1, 2, 3], [1, 2]))
        #expect(!ConstantTime.equal([1, 2], [1, 2, 3]))
        #expect(!ConstantTime.equal([], [0]))
    }
}
