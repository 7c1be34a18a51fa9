import Testing

@testable import Postgres

@Suite struct PoolStateTests {
    private func leases(_ pool: inout PoolState, _ count: Int) -> [Int] {
        (0..<count).compactMap { _ in
            if case .lease(let connection) = pool.request() { connection } else { nil }
        }
    }

    private func ticket(_ pool: inout PoolState) throws -> PoolState.Ticket {
        guard case .wait(let ticket) = pool.request() else { throw NotWaiting() }
        return ticket
    }

    struct NotWaiting: Error {}

    @Test func `each connection has one holder`() throws {
        var pool = PoolState(size: 2, waiterLimit: 8)
        #expect(Set(leases(&pool, 2)) == [0, 1])
        _ = try ticket(&pool)
        #expect(pool.leaseCount == 2)
    }

    @Test func `the connection that rests longest is taken first`() {
        var pool = PoolState(size: 2, waiterLimit: 8)
        let first = leases(&pool, 2)
        for connection in first { _ = pool.release(connection) }
        #expect(leases(&pool, 2) == first)
    }

    @Test func `a connection that comes back goes to whoever waits longest`() throws {
        var pool = PoolState(size: 1, waiterLimit: 8)
        _ = leases(&pool, 1)
        let first = try ticket(&pool)
        let second = try ticket(&pool)
        #expect(pool.release(0) == first)
        #expect(pool.release(0) == second)
        #expect(pool.release(0) == nil)
        #expect(pool.leaseCount == 0)
    }

    @Test func `beyond the limit nobody waits`() throws {
        var pool = PoolState(size: 1, waiterLimit: 1)
        _ = leases(&pool, 1)
        _ = try ticket(&pool)
        #expect(pool.request() == .refuse(.queueFull))
    }

    @Test func `whoever gave up waiting gets nothing`() throws {
        var pool = PoolState(size: 1, waiterLimit: 8)
        _ = leases(&pool, 1)
        let impatient = try ticket(&pool)
        let patient = try ticket(&pool)
        let hasLeft = pool.withdraw(impatient)
        #expect(hasLeft)
        #expect(pool.release(0) == patient)
        let hasLeftTooLate = pool.withdraw(patient)
        #expect(!hasLeftTooLate)
    }

    @Test func `a shut pool serves those who wait and refuses the rest`() throws {
        var pool = PoolState(size: 1, waiterLimit: 8)
        _ = leases(&pool, 1)
        let waiting = try ticket(&pool)
        pool.shut()
        #expect(pool.request() == .refuse(.shutDown))
        #expect(!pool.isDrained)
        #expect(pool.release(0) == waiting)
        #expect(!pool.isDrained)
        #expect(pool.release(0) == nil)
        #expect(pool.isDrained)
    }
}

@Suite struct BackoffTests {
    @Test func `a lost connection is tried again at once`() {
        #expect(Backoff().delay(jitter: 0.99) == .zero)
    }

    @Test func `each failure doubles the wait, up to a second`() {
        var backoff = Backoff()
        var delays: [Duration] = []
        for _ in 0..<8 {
            backoff.failed()
            delays.append(backoff.delay(jitter: 1))
        }
        let expected = [25, 50, 100, 200, 400, 800, 1_000, 1_000]
        #expect(delays == expected.map { .milliseconds($0) })
    }

    @Test func `jitter spreads the second half of a wait`() {
        var backoff = Backoff()
        backoff.failed()
        backoff.failed()
        #expect(backoff.delay(jitter: 0) == .milliseconds(25))
        #expect(backoff.delay(jitter: 0.5) == .microseconds(37_500))
    }

    @Test func `after a success it begins anew`() {
        var backoff = Backoff()
        backoff.failed()
        backoff.failed()
        backoff.succeeded()
        #expect(backoff.delay(jitter: 0.5) == .zero)
    }

    @Test func `a thousand failures are no trouble`() {
        var backoff = Backoff()
        for _ in 0..<1_000 { backoff.failed() }
        #expect(backoff.delay(jitter: 1) == Backoff.longestDelay)
    }
}
