/// What a key derived from the ring is for; each purpose has a key of its own (Z-32).
///
/// The raw value is part of the derivation's label: to change one is to lose what its key made.
package enum KeyPurpose: String, CaseIterable, Sendable {
    /// MAC of a one-time code, which is stored in the code's place.
    case code
    /// MAC by which a sealed value is found again (national numbers, per practice).
    case index
    /// MAC of all that a register entry holds, to see whether it has changed.
    case entry
    /// Seals register data: national numbers, dates of birth, postcodes.
    case seal
    /// Seals password hashes.
    case password
    /// Seals super-PIN hashes.
    case superPIN = "super-pin"
    /// MAC that makes a refresh token's successor from its parent.
    case refresh
    /// MAC of what a throttle counts.
    case throttle
    /// MAC of an idempotent request: its fingerprint.
    case idempotency
    /// MAC of a patient's network.
    case network
    /// MAC by which what is typed to sign in is found again, and the seal of it.
    case identifier
    /// MAC that chains audit rows.
    case audit
    /// Seals the body of an outgoing message.
    case message
    /// Seals a stored answer that holds secrets.
    case answer
    /// Seals the secrets of a practice's gateways.
    case gateway
    /// Seals a second factor's secret (TOTP).
    case factor
    /// MAC of a recovery code, which is stored in the code's place, and the seal of its digest.
    case recoveryCode = "recovery-code"
    /// MAC of a desk code, which is stored in the code's place.
    case deskCode = "desk-code"
    /// MAC of a linking code, which is stored in the code's place.
    case linkingCode = "linking-code"
}
