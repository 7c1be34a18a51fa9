import Foundation

/// The practice's super-PIN for one activation: printed by the practice, dead when it is used, when
/// it has expired, after so many wrong ones or when the next one is made (Z-4, AC-8).
enum ActivationPIN {
    /// From its making.
    static let lifeDays = 30
    /// Wrong ones that it survives.
    static let tries = 10
    /// PINs of one patient in a day: enough for a printer that jams (AC-8).
    static let issuesPerDay = 5

    /// How it reaches the patient; the raw value is the level of identity that it proves (Z-15).
    enum Way: String, CaseIterable, Sendable {
        /// By letter to the address that the practice knows.
        case post = "pin-post"
        /// By hand, after somebody looked at a passport.
        case desk = "pin-desk"
    }

    /// Whose it is, for ``SuperPINHasher``.
    static func owner(patient: UUID) -> SuperPINHasher.Owner {
        SuperPINHasher.Owner(kind: .activation, id: patient)
    }
}
