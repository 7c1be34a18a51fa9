import Cryptography
import Foundation

/// The codes of an authenticator app: HMAC-SHA-1 over the time, six digits, a new one every 30 seconds
/// (RFC 6238, RFC 4226, F2), which is what every app can do.
struct TOTP: Sendable {
    /// 160 random bits (F1).
    let secret: Secret<[UInt8]>

    /// Seconds of a step.
    static let period = 30
    /// Steps beside the current one whose codes are taken: a phone's clock is seldom right (F3).
    static let window = 1
    /// Steps either way in which a right code shows a clock that is off: ten minutes.
    static let skewWindow = 20
    private static let secretBytes = 20

    static func random() -> TOTP {
        TOTP(secret: Secret(SecureRandom.bytes(secretBytes)))
    }

    /// The time step of an instant, counted from 1970.
    static func step(at instant: Date) -> Int {
        Int((instant.timeIntervalSince1970 / Double(period)).rounded(.down))
    }

    /// The code of a time step (RFC 4226, section 5.3).
    func code(at step: Int, digits: Int = Code.digitCount) -> String {
        let counter = withUnsafeBytes(of: UInt64(step).bigEndian) { Array($0) }
        let tag = HMAC.authenticate(counter, key: secret, digest: .sha1)
        let offset = Int(tag[tag.count - 1] & 0x0F)
        let value = tag[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } & 0x7FFF_FFFF
        var code = ""
        var rest = value
        for _ in 0..<digits {
            code = String(rest % 10) + code
            rest /= 10
        }
        return code
    }

    /// What a typed code is worth at an instant of the server (F6).
    ///
    /// - Parameter lastStep: the newest step that was accepted; none works twice (F4).
    func verdict(on code: Code, at instant: Date, lastStep: Int?) -> Verdict {
        let now = Self.step(at: instant)
        var verdict = Verdict.incorrect
        // From the farthest to the nearest, so that the nearest step that matches decides.
        for distance in (0...Self.skewWindow).reversed() {
            for step in Set([now - distance, now + distance]).sorted() where matches(code, step) {
                if let lastStep, step <= lastStep {
                    if case .right = verdict {} else { verdict = .used }
                } else {
                    verdict = distance <= Self.window ? .right(step: step) : .skewed
                }
            }
        }
        return verdict
    }

    private func matches(_ typed: Code, _ step: Int) -> Bool {
        ConstantTime.equal(Array(typed.digits.utf8), Array(code(at: step).utf8))
    }

    enum Verdict: Sendable, Equatable {
        case right(step: Int)
        /// Of a step that was accepted already, or of an older one.
        case used
        /// Right for another time: the phone's clock is off.
        case skewed
        case incorrect

        var word: String {
            switch self {
            case .right: "right"
            case .used: "used"
            case .skewed: "skewed"
            case .incorrect: "incorrect"
            }
        }

        var step: Int? { if case .right(let step) = self { step } else { nil } }
    }
}

// MARK: - Into the app

extension TOTP {
    /// For who types it into the app (RFC 4648, section 6); without padding, which apps don't know.
    var base32: Secret<String> {
        Secret(Base32.encode(secret.expose()))
    }

    /// What the app's camera reads.
    ///
    /// - Parameters:
    ///   - issuer: the practice, as the app shows it.
    ///   - account: tells two accounts at one practice apart.
    func uri(issuer: String, account: String) -> Secret<String> {
        let (issuer, account) = (Self.escaped(issuer), Self.escaped(account))
        return Secret(
            "otpauth://totp/\(issuer):\(account)?secret=\(base32.expose())&issuer=\(issuer)"
                + "&algorithm=SHA1&digits=\(Code.digitCount)&period=\(Self.period)")
    }

    /// A colon parts issuer and account, even an escaped one.
    private static func escaped(_ text: String) -> String {
        let unreserved = CharacterSet(
            charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
        return text.replacing(":", with: "")
            .addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
    }
}

/// Base 32 of RFC 4648, which apps take secrets in.
enum Base32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    /// Without padding.
    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        var (bits, count) = (0, 0)
        for byte in bytes {
            bits = bits << 8 | Int(byte)
            count += 8
            while count >= 5 {
                count -= 5
                text.append(alphabet[bits >> count & 31])
            }
            bits &= 1 << count - 1
        }
        if count > 0 { text.append(alphabet[bits << (5 - count) & 31]) }
        return String(decoding: text, as: UTF8.self)
    }
}

// MARK: - In the database

extension TOTP {
    /// As a row keeps it: sealed, and bound to its account and factor, so that it opens nowhere else
    /// (F1).
    func sealed(of account: UUID, factor: UUID, keys: KeyRing) -> [UInt8] {
        keys.sealingKey(.factor).seal(
            secret.expose(), boundTo: Self.binding(account, factor))
    }

    /// - Throws: `SealingKey.Fault` where the row was tampered with, or its key is gone.
    init(sealed: [UInt8], of account: UUID, factor: UUID, keys: KeyRing) throws(SealingKey.Fault) {
        secret = Secret(
            try keys.sealingKey(.factor).open(sealed, boundTo: Self.binding(account, factor)))
    }

    private static func binding(_ account: UUID, _ factor: UUID) -> [UInt8] {
        FieldSequence.encode(
            ["factor.secret", account.uuidString, factor.uuidString].map { Array($0.utf8) })
    }
}
