/// Everything that is wrong with a configuration, so that it is put right in one go.
///
/// A fault names a setting and the problem, never the value: what is misplaced is often a secret.
struct ConfigurationFaults: Error, CustomStringConvertible, Equatable {
    struct Fault: Equatable, CustomStringConvertible {
        let name: String
        let problem: String

        var description: String { "\(name): \(problem)" }
    }

    var faults: [Fault]

    var description: String {
        faults.map { "configuration: \($0)" }.joined(separator: "\n")
    }
}
