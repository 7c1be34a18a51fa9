import Cryptography
import Foundation
import Testing

@testable import Auth

@Suite struct DocumentTests {
    @Test(arguments: ["2026-1", "v2", "1.0", "A_b-3", String(repeating: "9", count: 32)])
    func `a version is a short word`(text: String) {
        #expect(Document.Version(text)?.text == text)
    }

    @Test(arguments: ["", " ", "2026 1", "2026/1", "één", "1\n", String(repeating: "9", count: 33)])
    func `what could be read as something else is no version`(text: String) {
        #expect(Document.Version(text) == nil)
    }

    @Test func `a document is looked for in the wanted language, then the practice's, then any`() {
        var practice = Practice(
            id: UUID(), name: "P", country: .norway, timeZone: .gmt, locale: .bokmål, audience: "a",
            portalOrigin: "https://portal.example", supportContact: "1", policy: .init(of: .norway))
        #expect(Document.languages(wanted: .english, in: practice) == ["en", "nb", "nl"])
        #expect(Document.languages(wanted: .bokmål, in: practice) == ["nb", "nl", "en"])
        practice.locale = .dutch
        #expect(Document.languages(wanted: .english, in: practice) == ["en", "nl", "nb"])
    }

    @Test func `the hash is the text's, as anybody can compute it`() {
        #expect(
            Document.hash("abc").hexadecimal
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }
}
