import Cryptography
import Foundation
import Testing

@testable import Auth

/// Codes of authenticator apps, by the vectors of RFC 4226 (appendix D) and RFC 6238 (appendix B).
@Suite struct TOTPTests {
    private let app = TOTP(secret: Secret(Array("12345678901234567890".utf8)))

    @Test func `the counters of RFC 4226 give its codes`() {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ]
        #expect((0...9).map { app.code(at: $0) } == codes)
    }

    @Test(arguments: [
        (59, "287082", "94287082"), (1_111_111_109, "081804", "07081804"),
        (1_111_111_111, "050471", "14050471"), (1_234_567_890, "005924", "89005924"),
        (2_000_000_000, "279037", "69279037"), (20_000_000_000, "353130", "65353130"),
    ])
    func `the times of RFC 6238 give its codes`(time: Int, six: String, eight: String) {
        let step = TOTP.step(at: Date(timeIntervalSince1970: Double(time)))
        #expect(app.code(at: step) == six)
        #expect(app.code(at: step, digits: 8) == eight)
    }

    @Test func `one step beside the current one is right, two are a clock that is off`() throws {
        let now = Date(timeIntervalSince1970: 1_780_000_015)
        let step = TOTP.step(at: now)
        for (offset, expected) in [
            (-21, TOTP.Verdict.incorrect), (-20, .skewed), (-2, .skewed),
            (-1, .right(step: step - 1)),
            (0, .right(step: step)), (1, .right(step: step + 1)), (2, .skewed), (20, .skewed),
            (21, .incorrect),
        ] {
            let code = try Code(parsing: app.code(at: step + offset))
            #expect(app.verdict(on: code, at: now, lastStep: nil) == expected, "\(offset)")
        }
    }

    @Test func `no step works twice, nor one before it`() throws {
        let now = Date(timeIntervalSince1970: 1_780_000_015)
        let step = TOTP.step(at: now)
        func verdict(_ offset: Int) throws -> TOTP.Verdict {
            app.verdict(
                on: try Code(parsing: app.code(at: step + offset)), at: now, lastStep: step)
        }
        #expect(try verdict(0) == .used && verdict(-1) == .used && verdict(-9) == .used)
        #expect(try verdict(1) == .right(step: step + 1))
    }

    @Test func `the secret is 160 random bits, in base 32 without padding`() {
        #expect(app.base32.expose() == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")
        for (text, encoded) in [
            ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI"),
        ] {
            #expect(Base32.encode(Array(text.utf8)) == encoded)
        }
        let made = (0..<100).map { _ in TOTP.random().base32.expose() }
        #expect(Set(made).count == 100 && made.allSatisfy { $0.count == 32 })
    }

    @Test func `an app reads issuer, account and how codes are made`() throws {
        let uri = app.uri(issuer: "Praktijk: De Linde & Zn.", account: "emma@example.nl").expose()
        #expect(
            uri == "otpauth://totp/Praktijk%20De%20Linde%20%26%20Zn.:emma%40example.nl"
                + "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                + "&issuer=Praktijk%20De%20Linde%20%26%20Zn.&algorithm=SHA1&digits=6&period=30")
        let parts = try #require(URLComponents(string: uri))
        #expect(parts.scheme == "otpauth" && parts.host == "totp")
        #expect(parts.queryItems?.first { $0.name == "issuer" }?.value == "Praktijk De Linde & Zn.")
        let svg = try #require(QRCode(uri)).svg
        #expect(svg.hasPrefix("<svg xmlns=") && svg.hasSuffix("\"/></svg>"))
    }

    @Test func `a sealed secret opens for its account and factor alone`() throws {
        let keys = try KeyRing(parsing: KeyRing.generate())
        let (account, factor) = (UUID(), UUID())
        let sealed = app.sealed(of: account, factor: factor, keys: keys)
        #expect(
            try TOTP(sealed: sealed, of: account, factor: factor, keys: keys).secret
                .matches(app.secret))
        #expect(throws: SealingKey.Fault.forged) {
            try TOTP(sealed: sealed, of: UUID(), factor: factor, keys: keys)
        }
        #expect(throws: SealingKey.Fault.forged) {
            try TOTP(sealed: sealed, of: account, factor: UUID(), keys: keys)
        }
    }
}
