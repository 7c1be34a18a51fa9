import Cryptography
import Foundation
import Testing

@testable import Auth

@Suite struct OutgoingMessageTests {
    let key: SealingKey
    let message = OutgoingMessage(to: "jansen@example.nl", code: "048213")
    let row = UUID()
    let practice = UUID()

    init() throws {
        key = try KeyRing(parsing: KeyRing.generate()).sealingKey(.message)
    }

    @Test func `what was sealed for a row opens for that row`() throws {
        let body = try message.sealed(with: key, boundTo: row, of: practice)
        let opened = try OutgoingMessage.opened(body, with: key, boundTo: row, of: practice)
        #expect(opened == message)
    }

    @Test func `it opens for no other row or practice, and not when a bit has changed`() throws {
        var body = try message.sealed(with: key, boundTo: row, of: practice)
        #expect(throws: SealingKey.Fault.forged) {
            try OutgoingMessage.opened(body, with: key, boundTo: UUID(), of: practice)
        }
        #expect(throws: SealingKey.Fault.forged) {
            try OutgoingMessage.opened(body, with: key, boundTo: row, of: UUID())
        }
        body[body.count - 1] ^= 1
        #expect(throws: SealingKey.Fault.forged) {
            try OutgoingMessage.opened(body, with: key, boundTo: row, of: practice)
        }
    }

    @Test func `what carries no code keeps what else it says`() throws {
        let pass = OutgoingMessage(
            to: "jansen@example.nl", facts: [.passLink: "https://portal.example/sign-in#pass=a"])
        let body = try pass.sealed(with: key, boundTo: row, of: practice)
        let opened = try OutgoingMessage.opened(body, with: key, boundTo: row, of: practice)
        #expect(opened == pass && opened.code == nil)
        #expect(!"\(pass)\(String(reflecting: pass))".contains("pass=a"))
    }

    @Test func `neither address nor code can be read in the sealed bytes or when printed`() throws {
        let body = try message.sealed(with: key, boundTo: row, of: practice)
        let shown =
            String(decoding: body, as: UTF8.self) + "\(message)" + String(reflecting: message)
        #expect(!shown.contains("048213"))
        #expect(!shown.contains("jansen"))
    }
}
