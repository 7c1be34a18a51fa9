import Foundation
import Testing

@testable import Postgres

@Suite struct CommitCoalescerTests {
    struct Member: Coalescable, Equatable, CustomStringConvertible {
        let name: String
        var subject: UUID?
        var description: String { name }
    }

    private let first = UUID(uuidString: "00000000-0000-4000-8000-000000000001")
    private let second = UUID(uuidString: "00000000-0000-4000-8000-000000000002")
    private let now = ContinuousClock.now

    private func coalescer(limit: Int = 64, _ members: [Member]) -> CommitCoalescer<Member> {
        var coalescer = CommitCoalescer<Member>(batchLimit: limit)
        coalescer.append(members)
        return coalescer
    }

    private func batch(
        _ coalescer: inout CommitCoalescer<Member>, at now: ContinuousClock.Instant? = nil
    ) -> [String]? {
        guard case .batch(let members)? = coalescer.next(at: now ?? self.now) else { return nil }
        return members.map(\.name)
    }

    @Test func `what waits at the same time shares a commit`() {
        var coalescer = coalescer(["a", "b", "c"].map { Member(name: $0) })
        #expect(batch(&coalescer) == ["a", "b", "c"])
        #expect(batch(&coalescer) == nil)
        #expect(coalescer.count == 0)
    }

    @Test func `a batch takes no more than its limit, the rest follows in order`() {
        var coalescer = coalescer(limit: 2, ["a", "b", "c"].map { Member(name: $0) })
        #expect(batch(&coalescer) == ["a", "b"])
        #expect(batch(&coalescer) == ["c"])
    }

    @Test func `at most two members of a batch have one subject`() {
        let members = ["a", "b", "c", "d", "e"].map { Member(name: $0, subject: first) }
        var coalescer = coalescer(members + [Member(name: "x", subject: second)])
        #expect(batch(&coalescer) == ["a", "b", "x"])
        #expect(batch(&coalescer) == ["c", "d"])
        #expect(batch(&coalescer) == ["e"])
    }

    @Test func `a batch is in order of its subjects, those without one first`() {
        var coalescer = coalescer([
            Member(name: "late", subject: second),
            Member(name: "early", subject: first),
            Member(name: "none"),
        ])
        #expect(batch(&coalescer) == ["none", "early", "late"])
    }

    @Test func `members that failed run alone before the next batch`() {
        var coalescer = coalescer([Member(name: "new")])
        coalescer.rerun(Member(name: "a"), at: now, isContended: false)
        coalescer.rerun(Member(name: "b"), at: now, isContended: false)
        guard case .alone(let member, isContended: false)? = coalescer.next(at: now) else {
            Issue.record("a rerun comes first")
            return
        }
        #expect(member.name == "a")
        guard case .alone(let member, isContended: false)? = coalescer.next(at: now) else {
            Issue.record("each rerun is alone")
            return
        }
        #expect(member.name == "b")
        #expect(batch(&coalescer) == ["new"])
    }

    @Test func `a rerun waits for its time while others go on`() {
        var coalescer = coalescer([Member(name: "other")])
        let later = now + .milliseconds(10)
        coalescer.rerun(Member(name: "a"), at: later, isContended: false)
        #expect(coalescer.nextDueAt == later)
        #expect(batch(&coalescer) == ["other"])
        #expect(coalescer.next(at: now) == nil)
        #expect(coalescer.next(at: later) == .alone(Member(name: "a"), isContended: false))
    }

    @Test func `the requests of a locked row wait, all others go on`() {
        let later = now + .milliseconds(10)
        var coalescer = coalescer([
            Member(name: "same", subject: first), Member(name: "other", subject: second),
        ])
        let locked = Member(name: "locked", subject: first)
        coalescer.rerun(locked, at: later, isContended: true)
        #expect(batch(&coalescer) == ["other"])
        #expect(batch(&coalescer) == nil)
        #expect(coalescer.next(at: later) == .alone(locked, isContended: true))
        #expect(batch(&coalescer, at: later) == ["same"])
    }

    @Test func `members that had no effect go back to the front`() {
        var coalescer = coalescer([Member(name: "c")])
        coalescer.putBack([Member(name: "a"), Member(name: "b")])
        #expect(batch(&coalescer) == ["a", "b", "c"])
    }

    @Test func `those whose time is up are taken out wherever they wait`() {
        var coalescer = coalescer([Member(name: "old"), Member(name: "new")])
        coalescer.rerun(Member(name: "old"), at: now, isContended: false)
        let removed = coalescer.remove { $0.name == "old" }
        #expect(removed.map(\.name) == ["old", "old"])
        #expect(coalescer.count == 1)
        #expect(batch(&coalescer) == ["new"])
    }
}

extension CommitCoalescer.Choice: Equatable where Member: Equatable {
    public static func == (first: Self, second: Self) -> Bool {
        switch (first, second) {
        case (.batch(let first), .batch(let second)): first == second
        case (.alone(let first, let isFirst), .alone(let second, let isSecond)):
            first == second && isFirst == isSecond
        default: false
        }
    }
}
