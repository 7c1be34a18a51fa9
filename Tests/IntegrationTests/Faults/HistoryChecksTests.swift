import Testing

/// Each check finds what it is there for: a sound history with one thing changed.
@Suite struct HistoryChecksTests {
    private static let start = ContinuousClock.now

    private static func entry(
        _ act: History.Act, key: String, at second: Int, took: Duration = .milliseconds(10),
        _ outcome: History.Outcome
    ) -> History.Entry {
        let begun = start + .seconds(second)
        return History.Entry(
            act: act, key: key, begun: begun, ended: begun + took, outcome: outcome)
    }

    /// Two codes for one address: the older is guessed at, the newer is used, with a repetition.
    private static let sound: [History.Entry] = [
        entry(.issue(address: "a"), key: "1", at: 0, .unknown),
        entry(.issue(address: "a"), key: "1", at: 1, .done(flow: "A")),
        entry(.verify(flow: "A", code: "000000"), key: "2", at: 2, .refused("code-incorrect")),
        entry(.issue(address: "a"), key: "3", at: 3, .done(flow: "B")),
        entry(.verify(flow: "A", code: "111111"), key: "4", at: 4, .refused("code-superseded")),
        entry(.verify(flow: "B", code: "222222"), key: "5", at: 5, .done(flow: "B")),
        entry(.verify(flow: "B", code: "222222"), key: "5", at: 6, .done(flow: "B")),
        entry(.issue(address: "b"), key: "6", at: 7, .unknown),
    ]
    private static let kept = Kept(codes: [
        "A": .init(attemptsLeft: 4, isUsed: false, accepted: 0, incorrect: 1),
        "B": .init(attemptsLeft: 4, isUsed: true, accepted: 1, incorrect: 0),
        "C": .init(attemptsLeft: 5, isUsed: false, accepted: 0, incorrect: 0),
    ])

    private static func violations(
        adding entries: [History.Entry] = [], _ change: (inout Kept) -> Void = { _ in }
    ) -> [String] {
        var kept = kept
        change(&kept)
        return HistoryChecks.violations(sound + entries, kept)
    }

    @Test func `a sound history has no violation`() {
        #expect(Self.violations() == [])
    }

    @Test func `a lost code, a lost use and a lost guess are found`() {
        let lostCode = Self.violations { $0.codes["B"] = nil }
        #expect(lostCode.contains("code B is lost"))
        let lostUse = Self.violations {
            $0.codes["B"] = .init(attemptsLeft: 5, isUsed: false, accepted: 0, incorrect: 0)
        }
        #expect(lostUse == ["the use of B is lost"])
        let lostGuess = Self.violations {
            $0.codes["A"] = .init(attemptsLeft: 5, isUsed: false, accepted: 0, incorrect: 0)
        }
        #expect(lostGuess == ["of 1 wrong guesses at A some are lost"])
    }

    @Test func `a code that is accepted twice is found, in answers and in the audit`() {
        let again = Self.entry(
            .verify(flow: "B", code: "222222"), key: "7", at: 8, .done(flow: "B"))
        #expect(Self.violations(adding: [again]) == ["B was accepted 2 times"])
        #expect(
            Self.violations {
                $0.codes["B"] = .init(attemptsLeft: 3, isUsed: true, accepted: 2, incorrect: 0)
            } == ["B has 2 acceptances"])
    }

    @Test func `an old code after a newer one was acknowledged is found`() {
        let old = Self.entry(
            .verify(flow: "A", code: "111111"), key: "7", at: 8, .done(flow: "A"))
        let violations = Self.violations(adding: [old]) {
            $0.codes["A"] = .init(attemptsLeft: 3, isUsed: true, accepted: 1, incorrect: 1)
        }
        #expect(violations == ["A was accepted after a newer code was acknowledged"])
        // First asked for before that: its answer only came late.
        let early = Self.entry(.verify(flow: "A", code: "111111"), key: "7", at: 2, .unknown)
        #expect(
            Self.violations(adding: [early, old]) {
                $0.codes["A"] = .init(attemptsLeft: 3, isUsed: true, accepted: 1, incorrect: 1)
            } == [])
    }

    @Test func `a sixth guess is found, and one that was not counted`() {
        let guesses = (0..<5).map {
            Self.entry(
                .verify(flow: "A", code: "00000\($0)"), key: "g\($0)", at: 2,
                .refused("code-incorrect"))
        }
        #expect(
            Self.violations(adding: guesses) {
                $0.codes["A"] = .init(attemptsLeft: -1, isUsed: false, accepted: 0, incorrect: 6)
            } == ["6 guesses at A were compared"])
        let uncounted = Self.violations {
            $0.codes["A"] = .init(attemptsLeft: 5, isUsed: false, accepted: 0, incorrect: 1)
        }
        #expect(uncounted == ["A: 1 guesses in the audit, 5 left"])
    }

    @Test func `a request that is done twice is found, known or not`() {
        let other = Self.entry(.issue(address: "a"), key: "3", at: 8, .done(flow: "C"))
        #expect(
            Self.violations(adding: [other]).contains { $0.hasPrefix("one issue to a made") })
        #expect(
            Self.violations {
                $0.codes["D"] = .init(attemptsLeft: 5, isUsed: false, accepted: 0, incorrect: 0)
            } == ["2 codes that nobody was told of, 1 unknown"])
    }

    @Test func `a late answer and an error of the service are found`() {
        let late = Self.entry(
            .issue(address: "c"), key: "7", at: 8, took: .seconds(3), .refused("x"))
        let broken = Self.entry(.issue(address: "c"), key: "8", at: 8, .absurd("500"))
        #expect(Self.violations(adding: [late]).count == 1)
        #expect(Self.violations(adding: [broken]).count == 1)
    }
}
