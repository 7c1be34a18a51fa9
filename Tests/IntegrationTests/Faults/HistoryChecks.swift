import Foundation

@testable import Auth

/// What must hold of every history and what the database has kept of it, whatever happened meanwhile.
///
/// Each check gives the violations that it finds, in words.
enum HistoryChecks {
    /// Within which every request is answered (api.md, "Nothing hangs").
    static let answerLimit = Duration.milliseconds(2_500)

    static func violations(_ entries: [History.Entry], _ kept: Kept) -> [String] {
        let acts = acts(entries)
        return absurd(entries) + late(entries) + lost(acts, kept) + acceptedTwice(acts, kept)
            + superseded(acts) + overguessed(acts, kept) + doneTwice(acts, kept)
    }

    /// One act with all its requests.
    struct Act {
        let act: History.Act
        /// When it was first asked for, and first acknowledged.
        let begun: ContinuousClock.Instant
        let ended: ContinuousClock.Instant?
        let outcomes: [History.Outcome]

        /// The id that it was acknowledged with.
        var flow: String? {
            outcomes.firstNonNil { if case .done(let flow) = $0 { flow } else { nil } }
        }
        var isWrongGuess: Bool { outcomes.contains(.refused("code-incorrect")) }
        var isDecided: Bool { outcomes.contains { $0 != .unknown } }
    }

    static func acts(_ entries: [History.Entry]) -> [Act] {
        Dictionary(grouping: entries, by: \.key).values.compactMap { entries in
            guard let first = entries.min(by: { $0.begun < $1.begun }) else { return nil }
            return Act(
                act: first.act, begun: first.begun,
                ended: entries.filter(\.isAcknowledged).map(\.ended).min(),
                outcomes: entries.map(\.outcome))
        }
    }

    /// An error of the service, or an answer that makes no sense.
    static func absurd(_ entries: [History.Entry]) -> [String] {
        entries.compactMap {
            if case .absurd(let what) = $0.outcome { "\($0.act): \(what)" } else { nil }
        }
    }

    static func late(_ entries: [History.Entry]) -> [String] {
        entries.filter { $0.duration > answerLimit }.map {
            "\($0.act): answered after \($0.duration)"
        }
    }

    /// What was acknowledged is there: the code, its use, the guess that it cost.
    static func lost(_ acts: [Act], _ kept: Kept) -> [String] {
        var wrongGuesses: [String: Int] = [:]
        var violations: [String] = []
        for act in acts {
            switch act.act {
            case .issue:
                guard let flow = act.flow else { continue }
                if kept.codes[flow] == nil { violations.append("code \(flow) is lost") }
            case .verify(let flow, _):
                if act.isWrongGuess { wrongGuesses[flow, default: 0] += 1 }
                guard act.flow != nil else { continue }
                if kept.codes[flow]?.isUsed != true || kept.codes[flow]?.accepted == 0 {
                    violations.append("the use of \(flow) is lost")
                }
            }
        }
        for (flow, count) in wrongGuesses where kept.codes[flow]?.incorrect ?? 0 < count {
            violations.append("of \(count) wrong guesses at \(flow) some are lost")
        }
        return violations
    }

    static func acceptedTwice(_ acts: [Act], _ kept: Kept) -> [String] {
        var accepted: [String: Int] = [:]
        for act in acts {
            guard case .verify(let flow, _) = act.act, act.flow != nil else { continue }
            accepted[flow, default: 0] += 1
        }
        return accepted.filter { $0.value > 1 }.map { "\($0.key) was accepted \($0.value) times" }
            + kept.codes.filter { $0.value.accepted > 1 }.map {
                "\($0.key) has \($0.value.accepted) acceptances"
            }
    }

    /// No code is accepted that was asked for before a newer one was, once that is acknowledged.
    static func superseded(_ acts: [Act]) -> [String] {
        typealias Issue = (
            flow: String, begun: ContinuousClock.Instant, ended: ContinuousClock.Instant
        )
        var issues: [String: [Issue]] = [:]
        var address: [String: String] = [:]
        for act in acts {
            guard case .issue(let to) = act.act, let flow = act.flow, let ended = act.ended
            else { continue }
            issues[to, default: []].append((flow, act.begun, ended))
            address[flow] = to
        }
        return acts.compactMap { act in
            guard case .verify(let flow, _) = act.act, act.flow != nil,
                let all = address[flow].flatMap({ issues[$0] }),
                let own = all.first(where: { $0.flow == flow })
            else { return nil }
            let isOld = all.contains { $0.begun > own.ended && $0.ended < act.begun }
            return isOld ? "\(flow) was accepted after a newer code was acknowledged" : nil
        }
    }

    /// At most five guesses are compared, and each is counted.
    static func overguessed(_ acts: [Act], _ kept: Kept) -> [String] {
        var told: [String: Int] = [:]
        for act in acts {
            guard case .verify(let flow, _) = act.act, act.flow != nil || act.isWrongGuess
            else { continue }
            told[flow, default: 0] += 1
        }
        return told.filter { $0.value > Code.attemptCount }.map {
            "\($0.value) guesses at \($0.key) were compared"
        }
            + kept.codes.compactMap { flow, code in
                let compared = code.accepted + code.incorrect
                if compared == Code.attemptCount - code.attemptsLeft { return nil }
                return "\(flow): \(compared) guesses in the audit, \(code.attemptsLeft) left"
            }
    }

    /// However often a request is repeated with its key, it is done once.
    static func doneTwice(_ acts: [Act], _ kept: Kept) -> [String] {
        var known: Set<String> = []
        var undecided = 0
        var violations: [String] = []
        for act in acts {
            guard case .issue(let address) = act.act else { continue }
            let flows = Set(
                act.outcomes.compactMap { if case .done(let flow) = $0 { flow } else { nil } })
            if flows.count > 1 { violations.append("one issue to \(address) made \(flows)") }
            known.formUnion(flows)
            if !act.isDecided { undecided += 1 }
        }
        let unheardOf = kept.codes.keys.filter { !known.contains($0) }.count
        if unheardOf > undecided {
            violations.append("\(unheardOf) codes that nobody was told of, \(undecided) unknown")
        }
        return violations
    }
}

extension Sequence {
    fileprivate func firstNonNil<Result>(_ transform: (Element) -> Result?) -> Result? {
        for element in self { if let result = transform(element) { return result } }
        return nil
    }
}
