/// What goes wrong in one run, in order: the same for the same seed.
struct FaultPlan: Sendable, CustomStringConvertible {
    enum Fault: CaseIterable, Sendable {
        case primaryCrashes, primarySwitches, primaryFreezes, primaryCutOff, standbyFreezes
        case answersBreakOff, networkIsSlow, connectionsAreCut
        case instanceKilled, instanceRestarted, instanceFreezes
        case mailAway
    }

    struct Step: Sendable, CustomStringConvertible {
        let fault: Fault
        /// Which of the instances, where it is one of them.
        let instance: Int
        let lasts: Duration

        var description: String { "\(fault)(\(instance)) for \(lasts)" }
    }

    let seed: UInt64
    let steps: [Step]

    /// - Parameter count: of steps; each fault comes before one comes again.
    init(seed: UInt64, count: Int) {
        var randomness = SeededGenerator(state: seed)
        var faults: [Fault] = []
        while faults.count < count { faults += Fault.allCases.shuffled(using: &randomness) }
        self.seed = seed
        steps = faults.prefix(count).map { fault in
            Step(
                fault: fault, instance: Int.random(in: 0...1, using: &randomness),
                lasts: .milliseconds(Int.random(in: 300...3_000, using: &randomness)))
        }
    }

    var description: String {
        "seed \(seed): \(steps.map(\.description).joined(separator: ", "))"
    }
}
