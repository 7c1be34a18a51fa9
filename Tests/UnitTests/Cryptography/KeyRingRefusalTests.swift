import Foundation
import Testing

@testable import Cryptography

@Suite struct KeyRingRefusalTests {
    /// Keys nobody should use, by what is wrong with them.
    static let guessable: [(name: String, key: [UInt8])] = [
        ("zeros", [UInt8](repeating: 0, count: 32)),
        ("ones", [UInt8](repeating: 0xFF, count: 64)),
        ("one byte over and over", [UInt8](repeating: 0x5A, count: 32)),
        (
            "a short block over and over",
            Array([[UInt8]](repeating: Array(200...207), count: 4).joined())
        ),
        ("sixteen bytes twice", Array(160...175) + Array(160...175)),
        ("few distinct bytes", (0..<32).map { UInt8($0 % 5 * 37) }),
        (
            "few distinct bytes in random order",
            bytes(hex: "50631e1e141e96500080b1140c41036350006303508050f06314f0f014014100")
        ),
        ("counting up", Array(0...31)),
        ("counting down in threes", (0..<32).map { UInt8(250 - 3 * $0) }),
        ("changeme and zeros", Array("changeme".utf8) + [UInt8](repeating: 0, count: 24)),
        ("changeme over and over", Array(String(repeating: "changeme", count: 4).utf8)),
        ("a sentence", Array("this is a very secret passphrase, really".utf8)),
        (
            "hexadecimal digits",
            Array("8f4c2b7e19d0a35566e1f2083b9cd4777a10c8e5425fb6932de4017f58abc63e".utf8)
        ),
        ("a key encoded twice", Array(KeyRingTests.first.utf8)),
        ("a line of text with its end", Array("Zx9#kQ!vB2@mW8$rT5%yN1^pL4&cJ7*\n".utf8)),
    ]

    @Test(arguments: guessable)
    func `a key that is not random is refused`(name: String, key: [UInt8]) throws {
        let encoded = Data(key).base64EncodedString()
        let text = KeyRingTests.ring(current: "k1", [("k1", encoded)])
        #expect(throws: KeyRingError.keyGuessable(id: "k1")) { try KeyRing(parsing: text) }
        let asOld = KeyRingTests.ring(current: "k1", [("k1", KeyRingTests.first), ("k0", encoded)])
        #expect(throws: KeyRingError.keyGuessable(id: "k0")) { try KeyRing(parsing: asOld) }
    }

    @Test func `random keys are not taken for guessable ones`() {
        for count in [32, 48, 64] {
            for _ in 0..<2000 { #expect(!RingText.isGuessable(SecureRandom.bytes(count))) }
        }
    }

    static let first = KeyRingTests.first
    static let refused: [(text: String, error: KeyRingError)] = [
        ("", .malformed),
        ("changeme", .malformed),
        (first, .malformed),
        ("[]", .malformed),
        (#"{"current":"k1"}"#, .malformed),
        (#"{"keys":{"k1":"\#(first)"}}"#, .malformed),
        (#"{"current":"k1","keys":["\#(first)"]}"#, .malformed),
        (#"{"current":"k1","keys":{"k1":42}}"#, .malformed),
        (#"{"current":"k1","keys":{"k1":"\#(first)"}"#, .malformed),
        (#"{"current":"k1","keys":{"k1":"\#(first)"}} {}"#, .malformed),
        (#"{"current":"k1","keys":{}}"#, .currentUnknown),
        (#"{"current":"k2","keys":{"k1":"\#(first)"}}"#, .currentUnknown),
        (#"{"current":"\#(first)","keys":{"k1":"\#(first)"}}"#, .currentUnknown),
        (#"{"current":"k1","keys":{"\#(first)":"k1"}}"#, .keyIDInvalid),
        (#"{"current":"K1","keys":{"K1":"\#(first)"}}"#, .keyIDInvalid),
        (#"{"current":"","keys":{"":"\#(first)"}}"#, .keyIDInvalid),
        (#"{"current":"k1","keys":{"k1":"\#(first)"},"old":"k0"}"#, .memberUnexpected),
        (#"{"current":"k1","current":"k1","keys":{"k1":"\#(first)"}}"#, .memberUnexpected),
        (
            #"{"current":"k1","keys":{"k1":"\#(first)","k1":"\#(KeyRingTests.second)"}}"#,
            .memberUnexpected
        ),
        (#"{"current":"k:","keys":{"k:":"\#(first)"}}"#, .keyIDInvalid),
        (#"{"current":"k1","keys":{"k1":"::::"}}"#, .keyNotBase64(id: "k1")),
        (#"{"current":"k1","keys":{"k1":"changeme!"}}"#, .keyNotBase64(id: "k1")),
        (#"{"current":"k1","keys":{"k1":"\#(first.dropLast())"}}"#, .keyNotBase64(id: "k1")),
        (#"{"current":"k1","keys":{"k1":" \#(first)"}}"#, .keyNotBase64(id: "k1")),
        (#"{"current":"k1","keys":{"k1":"\#(first.dropLast(2))5="}}"#, .keyNotBase64(id: "k1")),
        (
            #"{"current":"k1","keys":{"k1":"\#(first.replacing("/", with: "_").replacing("1V", with: "-V"))"}}"#,
            .keyNotBase64(id: "k1")
        ),
        (#"{"current":"k1","keys":{"k1":""}}"#, .keyLength(id: "k1", count: 0)),
        (#"{"current":"k1","keys":{"k1":"Y2hhbmdlbWU="}}"#, .keyLength(id: "k1", count: 8)),
        (
            #"{"current":"k1","keys":{"k1":"\#(first.prefix(40))zQ=="}}"#,
            .keyLength(id: "k1", count: 31)
        ),
        (
            #"{"current":"k1","keys":{"k1":"\#(Data(SecureRandom.bytes(65)).base64EncodedString())"}}"#,
            .keyLength(id: "k1", count: 65)
        ),
        (
            #"{"current":"k2","keys":{"k1":"\#(first)","k2":"\#(first)"}}"#,
            .keyRepeated(id: "k2", other: "k1")
        ),
    ]

    @Test(arguments: refused)
    func `a faulty ring is refused by an error that holds no key`(
        text: String, error: KeyRingError
    ) throws {
        let thrown = try #require(throws: KeyRingError.self) { try KeyRing(parsing: text) }
        #expect(thrown == error)
        var shown =
            "\(thrown) \(String(reflecting: thrown)) \((thrown as any Error).localizedDescription)"
        dump(thrown, to: &shown)
        for part in text.split(separator: "\"") where part.utf8.count >= 8 && part != "current" {
            #expect(!shown.contains(part))
        }
    }

    @Test func `the sentence names the key and the problem`() {
        #expect(KeyRingError.keyLength(id: "k7", count: 8).description.contains("k7"))
        #expect(KeyRingError.keyLength(id: "k7", count: 8).description.contains("8 bytes"))
        #expect("\(KeyRingError.keyGuessable(id: "k7"))".contains("k7"))
        #expect("\(KeyRingError.keyRepeated(id: "k7", other: "k8"))".contains("k8"))
        #expect("\(KeyRingError.keyNotBase64(id: "k7"))".contains("k7"))
    }
}
