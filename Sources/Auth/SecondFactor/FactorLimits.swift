/// How often a factor may be tried; each counts by itself, and success resets only its own count (F5,
/// R4).
///
/// Codes that are sent have guesses of their own (``Code/guessesPerHour``).
enum FactorLimits {
    /// Wrong codes in a row that an app survives. Three codes are good at a time, so that of a million
    /// guessers thirty get in.
    static let appFailures = 10
    /// Wrong ones in a row after which any factor must be bound again (NIST SP 800-63B, section 3.2.2).
    static let failures = 100

    /// What a sent code, the arm `attempted`, does to what it came by (`failures`, `disabled_at`): the right
    /// one forgives the wrong ones before it, and the last of too many stops it.
    static func count(of row: String) -> String {
        """
        failures = case when attempted.matched then 0 else \(row).failures + 1 end,
                        disabled_at = case
                            when not attempted.matched
                                and \(row).failures + 1 >= \(failures)
                            then clock_timestamp()
                        end
        """
    }

    /// When the next try may come after so many wrong ones in a row, as SQL: at once, and from the fifth
    /// on after a wait that doubles.
    static func nextTry(after failures: String) -> String {
        """
        case
                        when \(failures) < \(LoginLimits.freeTries) then null
                        else clock_timestamp() + least(
                            \(LoginLimits.longestWaitSeconds),
                            \(LoginLimits.firstWaitSeconds)
                                * 2 ^ least(20, \(failures) - \(LoginLimits.freeTries))
                        ) * interval '1 second'
                    end
        """
    }
}
