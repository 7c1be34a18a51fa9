/// A rule that a password can break; a closed list, the same in every answer (IN-4).
///
/// The raw value is the name in the API.
enum PasswordRule: String, Sendable, CaseIterable {
    case tooShort = "too-short"
    case tooLong = "too-long"
    case lowerCaseMissing = "lower-case-missing"
    case upperCaseMissing = "upper-case-missing"
    case digitMissing = "digit-missing"
    case specialCharacterMissing = "special-character-missing"
    case controlCharacter = "control-character"
    /// It stands in the list of leaked passwords.
    case commonPassword = "common-password"
    /// One known word with a few digits or signs around it.
    case commonWord = "common-word"
    /// The practice's name with a few digits or signs around it.
    case practiceName = "practice-name"
    /// The person's own names, address or date of birth with a few digits or signs around them.
    case ownData = "own-data"
    /// Too few guesses find it.
    case tooWeak = "too-weak"
}

/// What makes a password easier to guess than it looks; a closed list.
///
/// The raw value is the name in the API.
enum StrengthReason: String, Sendable, CaseIterable {
    case commonWord = "common-word"
    case practiceName = "practice-name"
    case ownData = "own-data"
    /// The same characters again.
    case repetition
    /// Such as `abcd` or `9876`.
    case sequence
    /// Neighbours on the keyboard.
    case keyboard
    /// A date or a year.
    case date
}
