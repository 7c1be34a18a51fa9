import Foundation
import Testing

@testable import Postgres

/// The time that all instances go by.
@Suite struct DatabaseClockTests {
    private let clock = DatabaseClock()
    private let start = ContinuousClock.now
    private let time = Date() - 7_200

    /// How far the clock is from the database's time, which goes on from the start.
    private var error: TimeInterval {
        let passed = start.duration(to: .now) / .seconds(1)
        return abs(clock.now.timeIntervalSince(time + passed))
    }

    @Test func `the database's time goes on between two readings`() {
        #expect(error > 7_000)
        clock.set(time, asked: start, answered: start)
        #expect(error < 0.001)
    }

    /// Read before a process was frozen and told after it: it would set the clock back.
    @Test func `an answer that took long is passed over, but for the first`() {
        let late = start + .milliseconds(900)
        clock.set(time, asked: start, answered: late)
        #expect(error > 0.8)
        clock.set(time, asked: start, answered: start + .milliseconds(1))
        #expect(error < 0.01)
        clock.set(time, asked: start, answered: late)
        #expect(error < 0.01)
    }
}
