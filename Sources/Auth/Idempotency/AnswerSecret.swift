import Cryptography
import Foundation

/// The secret that an answer showed, sealed into what is kept of its request: whoever sends the same
/// request again within a minute gets it once more, and nobody else ever does (Z-24).
struct AnswerSecret: Sendable {
    /// What it is, such as `desk-code`; with the id it is all that the seal opens for.
    let kind: String
    let id: UUID
    let keys: KeyRing

    /// Nil where the request has no key to be repeated under.
    func sealed(_ secret: Secret<String>, for act: Act) -> [UInt8]? {
        guard act.key != nil else { return nil }
        return keys.sealingKey(.answer).seal(Array(secret.expose().utf8), boundTo: binding)
    }

    /// Nil where it was shown too long ago, or was never kept.
    func opened(_ sealed: [UInt8]?, secondsAgo: Double) -> Secret<String>? {
        guard secondsAgo <= SessionLimits.secretsRepeatSeconds, let sealed,
            let bytes = try? keys.sealingKey(.answer).open(sealed, boundTo: binding)
        else { return nil }
        return Secret(String(decoding: bytes, as: UTF8.self))
    }

    private var binding: [UInt8] { Array("idempotency.outcome|\(kind)|\(id.text)".utf8) }
}
