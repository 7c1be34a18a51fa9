/// What an audit row says was done (SU-2); the closed list of events.
enum AuditEvent: String, CaseIterable, Sendable {
    case practiceCreated = "practice-created"
    case practiceChanged = "practice-changed"
    case clientCreated = "client-created"
    case keyCreated = "key-created"
    case keyRevoked = "key-revoked"
    case accountImported = "account-imported"
    case loginStarted = "login-started"
    case loginRefused = "login-refused"
    case loginAbandoned = "login-abandoned"
    case loginCompleted = "login-completed"
    case codeSent = "code-sent"
    case codeGuessed = "code-guessed"
    case guessRefunded = "guess-refunded"
    case codeCancelled = "code-cancelled"
    case tokensRefreshed = "tokens-refreshed"
    case sessionEnded = "session-ended"
}
