import Foundation
import Testing

@testable import Cryptography

@Suite struct SecretTests {
    struct Login {
        let name = "nora"
        let password = Secret("hunter2")
        let pin = Secret(Array("hunter2".utf8))
        let spare: Secret<String>? = Secret("hunter2")
    }

    static let values: [any Sendable] = [
        Secret("hunter2"), Secret(Array("hunter2".utf8)), Secret(Secret("hunter2")),
        [Secret("hunter2")], ["key": Secret("hunter2")], Login(),
    ]

    /// The secret as text, as the numbers of its bytes, and as hexadecimal digits.
    static let traces = ["hunter2", "104, 117", "104\n", "68756e74"]

    @Test(arguments: values.indices)
    func `nothing that shows values shows a secret`(index: Int) {
        let value = Self.values[index]
        var printed = ""
        print(value, value, separator: "", to: &printed)
        debugPrint(value, to: &printed)
        dump(value, to: &printed)
        printed += "\(value) \(String(describing: value)) \(String(reflecting: value))"
        printed += "\(Mirror(reflecting: value).children.map { "\($0)" })"
        #expect(printed.contains("<secret>"))
        for trace in Self.traces { #expect(!printed.contains(trace)) }
    }

    @Test func `reflection finds nothing inside`() {
        #expect(Mirror(reflecting: Secret("hunter2")).children.isEmpty)
        #expect(Mirror(reflecting: Secret([1, 2, 3] as [UInt8])).children.isEmpty)
    }

    @Test func `a secret has no way into JSON, a set or a plain comparison`() {
        let secret: any Sendable = Secret("hunter2")
        #expect(!(secret is any Encodable))
        #expect(!(secret is any Hashable))
        #expect(!(secret is any Equatable))
    }

    @Test func `a secret gives itself to who asks by name`() {
        #expect(Secret("hunter2").expose() == "hunter2")
        #expect(Secret("blå").bytes.expose() == Array("blå".utf8))
    }

    @Test func `secrets are compared whole`() {
        #expect(Secret("hunter2").matches(Secret("hunter2")))
        #expect(!Secret("hunter2").matches(Secret("hunter3")))
        #expect(!Secret("hunter2").matches(Secret("hunter")))
        #expect(Secret<[UInt8]>([1, 2]).matches(Secret([1, 2])))
        #expect(!Secret<[UInt8]>([1, 2]).matches(Secret([2, 1])))
        // One character to Swift, two byte strings to us: whoever wants them alike normalises.
        #expect(!Secret("\u{E9}").matches(Secret("e\u{301}")))
    }
}
