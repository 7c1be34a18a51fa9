/// What an API key may do (Z-9); the raw value is the name in the API and in the database.
enum Scope: String, CaseIterable, Sendable, Codable {
    case logins
    case codesIssue = "codes:issue"
    case codesVerify = "codes:verify"
    case patientsRead = "patients:read"
    case patientsWrite = "patients:write"
    case invitations
    case enrolments
    case superPINs = "super-pins"
    case tokensIntrospect = "tokens:introspect"
    case support
    case desk
    case audit
    case practice
    case keys
}
