import Foundation
import Postgres

/// Spends one try at an app's code (RFC 6238).
struct VerifyApp: LoginProof, IdempotentStatement {
    let act: Act
    let loginID: UUID
    let session: NewSession
    let guess: AppGuess

    static let method = Proof.Method.totp
    static let provingArms = AppGuess.arms(
        first: 10, of: "awaited", where: "factor.activated_at is not null")

    var proofParameters: [Parameter] { guess.parameters }
}
