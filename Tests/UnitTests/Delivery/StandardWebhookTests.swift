import Cryptography
import Foundation
import Testing

@testable import Auth

/// Standard Webhooks 1.0, by the vector that its reference implementations share.
@Suite struct StandardWebhookTests {
    private let signer: StandardWebhook
    private let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
    private let body = Array(#"{"test": 2432232314}"#.utf8)
    private let sentAt = Date(timeIntervalSince1970: 1_614_265_330)
    private let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    init() throws {
        signer = try #require(StandardWebhook(Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")))
    }

    @Test func `the published message gets the published signature`() {
        let headers = signer.headers(id: id, sentAt: sentAt, body: body)
        #expect(
            headers == [
                .init(name: "webhook-id", value: id),
                .init(name: "webhook-timestamp", value: "1614265330"),
                .init(name: "webhook-signature", value: signature),
            ])
    }

    @Test(arguments: [
        ("1614265330", "", true), ("1614265331", "", false), ("1614265330", " ", false),
        ("16142653x0", "", false),
    ])
    func `a signature is good for its own message and time`(
        timestamp: String, added: String, expected: Bool
    ) {
        #expect(
            signer.isValid(
                id: id, timestamp: timestamp, signatures: signature,
                body: body + Array(added.utf8), now: sentAt) == expected)
    }

    @Test func `one good signature among several is enough, of this version alone`() {
        func isValid(_ signatures: String, _ offset: Double = 0) -> Bool {
            signer.isValid(
                id: id, timestamp: "1614265330", signatures: signatures, body: body,
                now: sentAt + offset)
        }
        #expect(isValid("v1,AAAA v1a,xyz \(signature)"))
        #expect(!isValid(signature.replacing("v1,", with: "v2,")))
        #expect(!isValid(""))
        #expect(isValid(signature, 300))
        #expect(!isValid(signature, 301))
        #expect(!isValid(signature, -301))
    }

    @Test(arguments: [
        "", "whsec_", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_%",
    ])
    func `a secret has its prefix and 24 to 64 bytes`(text: String) {
        #expect(StandardWebhook(Secret(text)) == nil)
    }

    /// Twilio's own documented example of a request signature.
    @Test func `HMAC-SHA-1 signs as the documented example does`() {
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2"
        let fields = [
            "CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234",
            "From": "+14158675309", "To": "+18005551212",
        ]
        let text = fields.sorted { $0.key < $1.key }.reduce(url) { $0 + $1.key + $1.value }
        let tag = HMAC.authenticate(
            Array(text.utf8), key: Secret(Array("12345".utf8)), digest: .sha1)
        #expect(Data(tag).base64EncodedString() == "RSOYDt4T1cUTdK1PDd93/VVr8B8=")
    }
}
