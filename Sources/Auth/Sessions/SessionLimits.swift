/// How long a sign-in lasts (T4, T7, T8).
enum SessionLimits {
    /// From the sign-in, however often the tokens are refreshed.
    static let lifetimeHours = 24
    /// Without a refresh.
    static let idleMinutes = 60
    static let accessTokenSeconds = 600
    /// How long the direct parent of a refresh token may come again, for an answer that was lost.
    static let parentSeconds = 30
    /// How long a repeated request gets its tokens again (Z-24).
    static let secretsRepeatSeconds = 60.0
}
