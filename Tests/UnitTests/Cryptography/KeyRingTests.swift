import Foundation
import Testing

@testable import Cryptography

@Suite struct KeyRingTests {
    static let first = "j0wrfhnQo1Vm4fIIO5zUd3oQyOVCX7aTLeQBf1irxj4="
    static let second = "UVqTSPVwUTBGqBT0dP2mZjU9W/wdeUxDmVq47K1f1dI="

    static func ring(current: String, _ keys: [(id: String, key: String)]) -> String {
        let members = keys.map { #""\#($0.id)": "\#($0.key)""# }.joined(separator: ", ")
        return #"{"current": "\#(current)", "keys": {\#(members)}}"#
    }

    let before: KeyRing
    let rotated: KeyRing
    let after: KeyRing

    init() throws {
        before = try KeyRing(parsing: Self.ring(current: "k1", [("k1", Self.first)]))
        rotated = try KeyRing(
            parsing: Self.ring(current: "k2", [("k1", Self.first), ("k2", Self.second)]))
        after = try KeyRing(parsing: Self.ring(current: "k2", [("k2", Self.second)]))
    }

    @Test func `a MAC and an envelope made elsewhere from the same ring are understood`() throws {
        // Computed with Python (cryptography, hmac): what is stored must outlive every release.
        let tag = before.macKey(.code).authenticate(Array("message".utf8))
        #expect(hex(tag) == "702eb37de53e1aa5cc94313142f033baac39fc8f72d63b78e279d1f6fe43eef0")
        let envelope = bytes(
            hex: "01 02 6b31 000102030405060708090a0b 1000a16fcdbea107e87e1d6103816ea1825b"
                + "78f65522657764e6424d86d23ed6b9e8")
        let opened = try before.sealingKey(.message).open(
            envelope, boundTo: Array("message.body/42".utf8))
        #expect(String(decoding: opened, as: UTF8.self) == "the code is 012345")
    }

    @Test func `after a rotation the new key makes and the old one still reads`() throws {
        let message = Array("message".utf8)
        let tag = before.macKey(.code).authenticate(message)
        let envelope = before.sealingKey(.seal).seal(message, boundTo: [1])

        #expect(rotated.currentID == "k2")
        #expect(rotated.ids == ["k2", "k1"])
        #expect(rotated.macKey(.code).id == "k2")
        #expect(rotated.macKey(.code).authenticate(message) != tag)
        #expect(rotated.macKeys(.code).map(\.id) == ["k2", "k1"])
        #expect(rotated.macKeys(.code)[1].isValid(tag, for: message))
        #expect(rotated.macKey(.code, id: "k1")?.isValid(tag, for: message) == true)
        #expect(try rotated.sealingKey(.seal).open(envelope, boundTo: [1]) == message)
        let resealed = rotated.sealingKey(.seal).seal(message, boundTo: [1])
        #expect(try SealingKey.keyID(of: resealed) == "k2")

        #expect(after.macKey(.code, id: "k1") == nil)
        #expect(throws: SealingKey.Fault.keyUnknown(id: "k1")) {
            try after.sealingKey(.seal).open(envelope, boundTo: [1])
        }
        #expect(try after.sealingKey(.seal).open(resealed, boundTo: [1]) == message)
    }

    @Test func `every purpose has a key of its own`() throws {
        let message = Array("message".utf8)
        let tags = KeyPurpose.allCases.map { before.macKey($0).authenticate(message) }
        #expect(Set(tags).count == KeyPurpose.allCases.count)
        for purpose in KeyPurpose.allCases where purpose != .seal {
            let envelope = before.sealingKey(purpose).seal(message, boundTo: [1])
            #expect(throws: SealingKey.Fault.forged) {
                try before.sealingKey(.seal).open(envelope, boundTo: [1])
            }
        }
    }

    @Test func `a generated ring can be read and is never the same`() throws {
        let texts = (0..<200).map { _ in KeyRing.generate() }
        #expect(Set(texts).count == 200)
        for text in texts { #expect(try KeyRing(parsing: text).ids == ["k1"]) }
        #expect(try KeyRing(parsing: KeyRing.generate(id: "2026-08")).currentID == "2026-08")
    }

    @Test func `a longer key and white space are fine`() throws {
        let long = Data(SecureRandom.bytes(64)).base64EncodedString()
        let text = "\n" + Self.ring(current: "a", [("a", long)]).replacing("/", with: "\\/") + "\n"
        #expect(try KeyRing(parsing: text).currentID == "a")
    }

    @Test func `nothing that shows values shows a key`() throws {
        let key = Data(base64Encoded: Self.first).map(Array.init) ?? []
        var printed = ""
        let values: [Any] = [
            rotated, rotated.macKey(.code), rotated.sealingKey(.seal), rotated.macKeys(.index),
        ]
        for value in values {
            print(value, to: &printed)
            debugPrint(value, to: &printed)
            dump(value, to: &printed)
        }
        #expect(printed.contains("k1"))
        #expect(!printed.contains(Self.first))
        #expect(!printed.contains(hex(key.prefix(4))))
        #expect(!printed.contains("\(key[0]), \(key[1])"))
        #expect(!printed.contains("KeyMaterial"))
        #expect(!printed.contains("Context"))
    }
}
