import Testing

@testable import Cryptography

@Suite struct MACKeyTests {
    let key = MACKey(id: "k1", key: KeyMaterial(Array(1...32)))

    @Test func `a tag is valid for its message and key alone`() {
        let message = Array("code 042".utf8)
        let tag = key.authenticate(message)
        #expect(key.isValid(tag, for: message))
        #expect(!key.isValid(tag, for: Array("code 043".utf8)))
        #expect(!key.isValid(Array(tag.dropLast()), for: message))
        #expect(!key.isValid([], for: message))
        #expect(!key.isValid(tag, for: []))
        let other = MACKey(id: "k2", key: KeyMaterial(Array(2...33)))
        #expect(!other.isValid(tag, for: message))
    }

    @Test(arguments: [["ab", "c"], ["abc"], ["abc", ""], ["", "abc"], ["a", "b", "c"], []])
    func `fields cannot run into one another`(others: [String]) {
        #expect(key.authenticate(fields: ["a", "bc"]) != key.authenticate(fields: others))
    }

    @Test func `texts are authenticated as their UTF-8`() {
        let fields = [Array("blå".utf8), []]
        let tag = key.authenticate(fields: ["blå", ""])
        #expect(tag == key.authenticate(fields: fields))
        #expect(key.isValid(tag, forFields: fields))
        #expect(!key.isValid(tag, forFields: fields.reversed()))
    }

    @Test func `each field stands behind its length in eight bytes`() {
        let encoded = FieldSequence.encode([[0xAA, 0xBB], [], [0xCC]])
        #expect(hex(encoded) == "0000000000000002aabb" + "0000000000000000" + "0000000000000001cc")
        let long = FieldSequence.encode([[UInt8](repeating: 0, count: 0x0102)])
        #expect(hex(long.prefix(8)) == "0000000000000102")
    }

    @Test func `many tasks may use one key at once`() async {
        let messages = (0..<400).map { Array("message \($0)".utf8) }
        let expected = messages.map { message in
            MACKey(id: "k1", key: KeyMaterial(Array(1...32))).authenticate(message)
        }
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { messages.map { key.authenticate($0) } == expected }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
