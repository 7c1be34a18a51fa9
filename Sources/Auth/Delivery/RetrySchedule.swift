/// When a message is tried again: full jitter, so that a backlog does not come back as one wave.
enum RetrySchedule {
    static let shortest = Duration.seconds(1)
    static let longest = Duration.seconds(30)
    /// Of a message that has a day for it, such as one without a code.
    static let longestOfADay = Duration.seconds(900)

    /// The wait after the attempt of that number (from 1): anywhere between the shortest wait and
    /// twice, four, eight … times it, at most the longest; never less than the far side asked for.
    ///
    /// - Parameters:
    ///   - longest: the longest wait, unless the far side asks for more.
    ///   - chance: a uniform random number of 0..<1.
    static func wait(
        afterAttempt attempt: Int, asked: Duration? = nil, longest: Duration = longest,
        chance: Double
    ) -> Duration {
        let doublings = min(max(attempt, 1), 10)
        let ceiling = min(shortest * (1 << doublings), longest)
        let wait = shortest + (ceiling - shortest) * chance
        return max(wait, asked ?? .zero)
    }
}
