/// The labels of one series, ready to be written.
struct MetricLabels: Hashable, Comparable, Sendable {
    /// `{method="GET",status="200"}`, or nothing.
    let text: String

    /// Sorted by name; a name that comes twice keeps its first value.
    init(_ dimensions: [(String, String)]) {
        var seen: Set<String> = []
        let pairs =
            dimensions
            .map { (Self.labelName($0.0), Self.escaped($0.1)) }
            .filter { seen.insert($0.0).inserted }
            .sorted { $0.0 < $1.0 }
            .map { "\($0.0)=\"\($0.1)\"" }
        text = pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}"
    }

    static func < (left: MetricLabels, right: MetricLabels) -> Bool { left.text < right.text }

    /// The labels with the upper bound of a histogram's bucket.
    func with(bound: String) -> String {
        text.isEmpty ? "{le=\"\(bound)\"}" : "\(text.dropLast()),le=\"\(bound)\"}"
    }

    /// A name Prometheus takes: letters, digits, `_` and `:`, no digit first.
    static func metricName(_ name: String) -> String { cleaned(name, alsoAllowed: ":") }

    /// A number in the words of the text format.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int(exactly: value) { return String(whole) }
        return value.description
    }

    private static func labelName(_ name: String) -> String {
        let name = cleaned(name, alsoAllowed: "_")
        return name == "le" ? "exported_le" : name
    }

    private static func cleaned(_ name: String, alsoAllowed extra: Character) -> String {
        let name = String(
            name.map { letter in
                letter.isASCII && (letter.isLetter || letter.isNumber || letter == extra)
                    ? letter : "_"
            })
        guard let first = name.first, !first.isNumber else { return "_" + name }
        return name
    }

    /// Characters of one label's value.
    private static let longestValue = 128

    private static func escaped(_ value: String) -> String {
        var result = ""
        for scalar in value.unicodeScalars.prefix(longestValue) {
            switch scalar {
            case "\\": result += #"\\"#
            case "\"": result += #"\""#
            case "\n": result += #"\n"#
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
