import Testing

@testable import Cryptography

@Suite struct SealingKeyTests {
    let key = SealingKey(id: "k2", current: KeyMaterial(Array(1...32)), older: [:])
    let row = FieldSequence.encode([Array("patient.national_number".utf8), [1], [2]])
    let plaintext = Array("15063512345".utf8)

    /// McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13 to 16.
    static let vectors:
        [(key: String, nonce: String, plaintext: String, additional: String, sealed: String)] = {
            let zeros = String(repeating: "00", count: 32)
            let key = String(repeating: "feffe9928665731c6d6a8f9467308308", count: 2)
            let text =
                "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
            let sealed =
                "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                + "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
            return [
                (zeros, String(zeros.prefix(24)), "", "", "530f8afbc74536b9a963b4f1c4cb738b"),
                (
                    zeros, String(zeros.prefix(24)), String(zeros.prefix(32)), "",
                    "cea7403d4d606b6e074ec5d3baf39d18 d0d1c8a799996bf0265b98b5d48ab919"
                ),
                (
                    key, "cafebabefacedbaddecaf888", text + "1aafd255", "",
                    sealed + "898015ad b094dac5d93471bdec1a502270e3cc6c"
                ),
                (
                    key, "cafebabefacedbaddecaf888", text,
                    "feedfacedeadbeeffeedfacedeadbeefabaddad2",
                    sealed + "76fc6ece0f4e1768cddf8853bb2d551b"
                ),
            ]
        }()

    @Test(arguments: vectors)
    func `AES-256-GCM gives the published ciphertexts and opens them`(
        vector: (key: String, nonce: String, plaintext: String, additional: String, sealed: String)
    ) {
        let key = KeyMaterial(bytes(hex: vector.key))
        let nonce = bytes(hex: vector.nonce)
        let additional = bytes(hex: vector.additional)
        let plaintext = bytes(hex: vector.plaintext)
        let sealed = AESGCM.seal(plaintext, key: key, nonce: nonce, additional: additional)
        #expect(sealed == bytes(hex: vector.sealed))
        #expect(AESGCM.open(sealed, key: key, nonce: nonce, additional: additional) == plaintext)
    }

    @Test(arguments: [0, 1, 15, 16, 17, 5000])
    func `what was sealed opens`(count: Int) throws {
        let plaintext = [UInt8](repeating: 7, count: count)
        let envelope = key.seal(plaintext, boundTo: row)
        #expect(try key.open(envelope, boundTo: row) == plaintext)
        #expect(envelope.count == 2 + 2 + 12 + count + 16)
    }

    @Test func `a sealed value does not open in another row`() {
        let envelope = key.seal(plaintext, boundTo: row)
        let otherRow = FieldSequence.encode([Array("patient.national_number".utf8), [1], [3]])
        #expect(throws: SealingKey.Fault.forged) { try key.open(envelope, boundTo: otherRow) }
        #expect(throws: SealingKey.Fault.forged) { try key.open(envelope, boundTo: []) }
    }

    @Test func `a change of any byte is noticed`() {
        let envelope = key.seal(plaintext, boundTo: row)
        for index in envelope.indices {
            var changed = envelope
            changed[index] ^= 1
            #expect(throws: SealingKey.Fault.self, "byte \(index)") {
                try key.open(changed, boundTo: row)
            }
        }
    }

    @Test func `a cut envelope is refused at every length`() {
        let envelope = key.seal(plaintext, boundTo: row)
        for count in 0..<envelope.count {
            #expect(throws: SealingKey.Fault.self, "\(count) bytes") {
                try key.open(Array(envelope.prefix(count)), boundTo: row)
            }
        }
        #expect(throws: SealingKey.Fault.forged) { try key.open(envelope + [0], boundTo: row) }
    }

    @Test func `one value never looks the same twice`() {
        let envelopes = Set((0..<100).map { _ in key.seal(plaintext, boundTo: row) })
        #expect(envelopes.count == 100)
        #expect(Set(envelopes.map { $0[4..<16] }).count == 100)
    }

    @Test func `an envelope tells its key, and a key that is gone is named`() throws {
        let envelope = key.seal(plaintext, boundTo: row)
        #expect(try SealingKey.keyID(of: envelope) == "k2")
        let without = SealingKey(id: "k3", current: KeyMaterial(Array(2...33)), older: [:])
        #expect(throws: SealingKey.Fault.keyUnknown(id: "k2")) {
            try without.open(envelope, boundTo: row)
        }
    }

    @Test func `an envelope cannot be moved under another key's id`() {
        // Even where both ids hold the same key: the id is part of what is authenticated.
        let material = KeyMaterial(Array(1...32))
        let both = SealingKey(id: "k2", current: material, older: ["k9": material])
        var envelope = both.seal(plaintext, boundTo: row)
        envelope[3] = UInt8(ascii: "9")
        #expect(throws: SealingKey.Fault.forged) { try both.open(envelope, boundTo: row) }
    }

    @Test(arguments: [
        "0002 6b32", "0202 6b32", "0111 6b32", "0102 4b32", "0102 6bff", "0100", "01ff",
    ])
    func `what has another version, or no key's id, is malformed`(start: String) {
        let envelope = bytes(hex: start) + [UInt8](repeating: 0, count: 300)
        #expect(throws: SealingKey.Fault.malformed) { try key.open(envelope, boundTo: row) }
    }

    @Test(arguments: ["", "01", "0102 6b32", "0102 6b32" + String(repeating: "00", count: 27)])
    func `what is too short for a nonce and a tag is malformed`(envelope: String) {
        #expect(throws: SealingKey.Fault.malformed) {
            try key.open(bytes(hex: envelope), boundTo: row)
        }
    }
}
