import Foundation

/// What the choice of a batch looks at.
protocol Coalescable {
    /// The row it contends on.
    var subject: UUID? { get }
}

/// Decides which of the waiting statements share the next commit.
///
/// The order of locks is the same in all batches of all instances: by subject, those without one
/// first, since they lock nothing that others want. At most two members have the same subject, so
/// that one row's requests cannot fill a batch, each waiting for the one before.
struct CommitCoalescer<Member: Coalescable> {
    /// What is sent next.
    enum Choice {
        /// All in one commit.
        case batch([Member])
        /// One that failed before, by itself; whether it waited for a lock then.
        case alone(Member, isContended: Bool)
    }

    private struct Rerun {
        let member: Member
        let dueAt: ContinuousClock.Instant
        let isContended: Bool
    }

    let batchLimit: Int
    let membersPerSubject: Int
    private var waiting: [Member] = []
    private var reruns: [Rerun] = []
    /// Subjects whose row others have locked; theirs wait, so that they don't block the rest.
    private var held: [UUID: ContinuousClock.Instant] = [:]

    init(batchLimit: Int, membersPerSubject: Int = 2) {
        self.batchLimit = batchLimit
        self.membersPerSubject = membersPerSubject
    }

    var count: Int { waiting.count + reruns.count }

    mutating func append(_ members: [Member]) {
        waiting.append(contentsOf: members)
    }

    /// Puts members that certainly had no effect back to where they were, ahead of all others.
    mutating func putBack(_ members: [Member]) {
        waiting.insert(contentsOf: members, at: 0)
    }

    /// Runs a member by itself, not before `instant`.
    mutating func rerun(_ member: Member, at instant: ContinuousClock.Instant, isContended: Bool) {
        reruns.append(Rerun(member: member, dueAt: instant, isContended: isContended))
        if isContended, let subject = member.subject { held[subject] = instant }
    }

    /// Members that failed come first, each alone, then a batch in order of arrival.
    mutating func next(at now: ContinuousClock.Instant) -> Choice? {
        if !held.isEmpty { held = held.filter { $0.value > now } }
        if let due = reruns.firstIndex(where: { isDue($0, at: now) }) {
            let rerun = reruns.remove(at: due)
            return .alone(rerun.member, isContended: rerun.isContended)
        }
        let batch = takeBatch()
        return batch.isEmpty ? nil : .batch(batch)
    }

    /// When something can be sent that cannot be now; nil if nothing waits for a time.
    var nextDueAt: ContinuousClock.Instant? {
        (reruns.map(\.dueAt) + held.values).min()
    }

    /// Takes out all waiting members that fit, as those whose time is up.
    mutating func remove(where isRemoved: (Member) -> Bool) -> [Member] {
        var removed: [Member] = []
        waiting.removeAll { member in
            if isRemoved(member) { removed.append(member) }
            return isRemoved(member)
        }
        reruns.removeAll { rerun in
            if isRemoved(rerun.member) { removed.append(rerun.member) }
            return isRemoved(rerun.member)
        }
        return removed
    }

    private func isDue(_ rerun: Rerun, at now: ContinuousClock.Instant) -> Bool {
        rerun.dueAt <= now && rerun.member.subject.flatMap { held[$0] } == nil
    }

    private mutating func takeBatch() -> [Member] {
        var batch: [Member] = []
        var membersBySubject: [UUID: Int] = [:]
        var kept = 0
        var next = 0
        while next < waiting.count, batch.count < batchLimit {
            let member = waiting[next]
            if let subject = member.subject {
                let members = membersBySubject[subject, default: 0]
                if members == membersPerSubject || held[subject] != nil {
                    if kept != next { waiting[kept] = member }
                    kept += 1
                    next += 1
                    continue
                }
                membersBySubject[subject] = members + 1
            }
            batch.append(member)
            next += 1
        }
        waiting.removeSubrange(kept..<next)
        sort(&batch)
        return batch
    }

    private func sort(_ batch: inout [Member]) {
        if batch.count < 2 || batch.allSatisfy({ $0.subject == nil }) { return }
        batch.sort { first, second in
            switch (first.subject, second.subject) {
            case (_, nil): false
            case (nil, _): true
            case (let first?, let second?): first < second
            }
        }
    }
}
