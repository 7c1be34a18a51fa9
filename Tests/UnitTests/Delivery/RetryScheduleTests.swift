import Testing

@testable import Auth

@Suite struct RetryScheduleTests {
    @Test(arguments: [(1, 2.0), (2, 4), (3, 8), (4, 16), (5, 30), (6, 30), (1_000, 30)])
    func `the wait lies between a second and a ceiling that doubles to half a minute`(
        attempt: Int, ceiling: Double
    ) {
        #expect(RetrySchedule.wait(afterAttempt: attempt, chance: 0) == .seconds(1))
        let middle = RetrySchedule.wait(afterAttempt: attempt, chance: 0.5)
        #expect(abs(middle.seconds - (1 + ceiling) / 2) < 1e-6)
        let longest = RetrySchedule.wait(afterAttempt: attempt, chance: 0.999_999)
        #expect(longest < .seconds(ceiling) && longest > .seconds(ceiling - 0.1))
    }

    @Test(arguments: [(5, 32.0), (9, 512), (10, 900), (1_000, 900)])
    func `what has a day is tried ever more seldom, at least each quarter of an hour`(
        attempt: Int, ceiling: Double
    ) {
        let wait = RetrySchedule.wait(
            afterAttempt: attempt, longest: RetrySchedule.longestOfADay, chance: 0.999_999)
        #expect(wait < .seconds(ceiling) && wait > .seconds(ceiling - 0.1))
    }

    @Test func `a server that asks for more time gets it, and never less than the jitter`() {
        let asked = RetrySchedule.wait(afterAttempt: 1, asked: .seconds(90), chance: 0)
        #expect(asked == .seconds(90))
        let short = RetrySchedule.wait(afterAttempt: 1, asked: .milliseconds(1), chance: 0)
        #expect(short == .seconds(1))
    }
}
