/// What a practice may demand of the register before a patient can enrol (NO-1); the raw value is the
/// name of the field that must not be empty.
enum EnrolmentRequirement: String, CaseIterable, Sendable {
    case mobile
    case nationalNumber = "national_number"
    case generalPractitioner = "general_practitioner"

    /// Their names, in one order.
    static func names(_ requirements: Set<EnrolmentRequirement>) -> [String] {
        allCases.filter(requirements.contains).map(\.rawValue)
    }
}
