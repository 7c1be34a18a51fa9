/// What a password may be tried, by whom and how often (C6, R2, R5, Z-12, Z-20).
enum LoginLimits {
    /// Tries of one identifier from one network before the first wait.
    static let freeTries = 5
    /// The first wait; each further failure doubles it.
    static let firstWaitSeconds = 30
    static let longestWaitSeconds = 3600
    /// Failures that came to nothing for so long are forgotten.
    static let forgottenAfterHours = 24
    /// Failures of one network over all identifiers, in ten minutes.
    static let networkFailures = 30
    static let networkWindowMinutes = 10
    /// Failures of one IPv6 site (a /48, RFC 6177) over all its networks, in the same time: more than
    /// one network's, since a site may be a house with many households.
    static let siteFailures = 60
    /// Failures of one client in the same time, over all networks. A portal whose patients sign in two
    /// a second has some two hundred on a Monday morning; five times that is nobody's good times.
    static let clientFailures = 1_000
    /// Failures of all clients of a practice in the same time.
    static let practiceFailures = 2_000
    /// Identifiers that failed in the same time, of a practice, before operations are told.
    static let sprayIdentifiers = 300
    /// Rows in which a client's failures are counted: more than there are instances, so that two of
    /// them seldom share one.
    static let failureSlices = 64
    /// Failures an hour from a network where the account has signed in before.
    static let knownNetworkFailures = 10
    static let knownNetworkDays = 90
    /// Failures of one account from all other networks since its last right password.
    static let strangeFailures = 100
    /// After so long since the first of them they are forgotten.
    static let strangeHours = 24
    /// How long a login stays open; its codes live shorter.
    static let openMinutes = 30
}
