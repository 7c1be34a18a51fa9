import Testing

@testable import Auth

@Suite struct CircuitBreakerTests {
    private let start = ContinuousClock.now

    private func after(_ seconds: Double) -> ContinuousClock.Instant {
        start + .seconds(seconds)
    }

    private func broken() -> CircuitBreaker {
        var breaker = CircuitBreaker()
        for _ in 0..<5 { breaker.failed(begun: start, at: start) }
        return breaker
    }

    @Test func `five failures in a row open it, four do not`() {
        var breaker = CircuitBreaker()
        for _ in 0..<4 {
            breaker.failed(begun: start, at: start)
            #expect(breaker.admit(at: start) == .admitted)
        }
        breaker.failed(begun: start, at: start)
        #expect(breaker.admit(at: start) == .refused(for: .seconds(5)))
        #expect(breaker.isOpen(at: after(4)))
        #expect(!breaker.isOpen(at: after(5)))
    }

    @Test func `two requests that were swallowed for four seconds open it`() {
        var breaker = CircuitBreaker()
        breaker.failed(begun: start, at: after(5))
        #expect(!breaker.isOpen(at: after(5)))
        breaker.failed(begun: start, at: after(5))
        #expect(breaker.isOpen(at: after(5)))
    }

    @Test func `a success between them begins the count anew`() {
        var breaker = CircuitBreaker()
        for _ in 0..<4 { breaker.failed(begun: start, at: start) }
        breaker.succeeded()
        for _ in 0..<4 { breaker.failed(begun: start, at: start) }
        #expect(!breaker.isOpen(at: start))
    }

    @Test func `after its rest one message goes out, and no second before that one is back`() {
        var breaker = broken()
        #expect(breaker.admit(at: after(5)) == .admitted)
        #expect(breaker.isOpen(at: after(5)))
        #expect(breaker.admit(at: after(60)) == .refused(for: .seconds(5)))
        breaker.failed(begun: after(5), at: after(6))
        #expect(breaker.admit(at: after(10)) == .refused(for: .seconds(1)))
        #expect(breaker.admit(at: after(11)) == .admitted)
        breaker.succeeded()
        #expect(breaker.admit(at: after(11)) == .admitted)
        #expect(breaker.isSound)
    }

    @Test func `those that were out when it opened prolong nothing`() {
        var breaker = broken()
        breaker.failed(begun: start, at: after(4))
        #expect(!breaker.isOpen(at: after(5)))
    }
}
