/// Keeps messages away from a gateway that only fails, and tries it again one message at a time (C5).
///
/// It opens at the fifth failure in a row, or at the second once they have lasted four seconds: a
/// gateway that swallows requests answers none of them sooner than its time limit.
struct CircuitBreaker: Equatable, Sendable {
    static let failuresInARow = 5
    static let slowFailuresInARow = 2
    static let failingTime = Duration.seconds(4)
    /// How long an open breaker rests between two probes.
    static let rest = Duration.seconds(5)

    enum Admission: Equatable, Sendable {
        case admitted
        /// Nothing goes to the gateway before then.
        case refused(for: Duration)
    }

    private enum State: Equatable {
        case closed
        case failing(times: Int, since: ContinuousClock.Instant)
        case open(until: ContinuousClock.Instant)
        /// One message is out to see whether the gateway is back.
        case probing
    }

    private var state = State.closed

    /// Whether messages are refused just now.
    func isOpen(at now: ContinuousClock.Instant) -> Bool {
        switch state {
        case .closed, .failing: false
        case .open(let until): until > now
        case .probing: true
        }
    }

    var isSound: Bool { state == .closed }

    /// Whether it opened and no message has shown since that the gateway is back, resting or not.
    var isBroken: Bool {
        switch state {
        case .closed, .failing: false
        case .open, .probing: true
        }
    }

    /// Asks for one message; whoever is admitted says later how it went.
    mutating func admit(at now: ContinuousClock.Instant) -> Admission {
        switch state {
        case .closed, .failing: return .admitted
        case .probing: return .refused(for: Self.rest)
        case .open(let until):
            guard until <= now else { return .refused(for: until - now) }
            state = .probing
            return .admitted
        }
    }

    /// The gateway took a message, or refused it for the message's own sake.
    mutating func succeeded() {
        state = .closed
    }

    /// The gateway failed with a message that it was handed at `begun`.
    mutating func failed(begun: ContinuousClock.Instant, at now: ContinuousClock.Instant) {
        switch state {
        case .closed: count(1, since: begun, at: now)
        case .failing(let times, let since): count(times + 1, since: min(since, begun), at: now)
        case .probing: state = .open(until: now + Self.rest)
        // One that was still out when it opened tells nothing new.
        case .open: break
        }
    }

    private mutating func count(
        _ times: Int, since: ContinuousClock.Instant, at now: ContinuousClock.Instant
    ) {
        let isLasting = times >= Self.slowFailuresInARow && now - since >= Self.failingTime
        state =
            times >= Self.failuresInARow || isLasting
            ? .open(until: now + Self.rest) : .failing(times: times, since: since)
    }
}
