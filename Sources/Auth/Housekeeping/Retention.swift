/// For how many days a table's rows are kept once nobody can use them, where an operator says other than
/// the usual; what a rule still needs is never purged.
package struct Retention: Sendable, Equatable {
    private var days: [String: Int] = [:]

    /// Ten years.
    static let mostDays = 3_650

    /// Why a text is no list of retentions.
    package struct Fault: Error, Equatable {
        package let problem: String
    }

    package init() {}

    /// `code=30,refusal=365`
    package init(parsing text: String) throws(Fault) {
        for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let match = entry.wholeMatch(of: /\s*([a-z_]+)=([0-9]{1,6})\s*/),
                let number = Int(match.2)
            else { throw Fault(problem: "is not a list of days by table such as code=30,login=30") }
            let table = String(match.1)
            guard let purge = Purges.all.first(where: { $0.label == table }) else {
                let tables = Purges.all.map { $0.label }.sorted().joined(separator: ", ")
                throw Fault(problem: "names a table that is none of \(tables)")
            }
            guard (purge.leastDays...Self.mostDays).contains(number) else {
                throw Fault(
                    problem: "keeps \(purge.label) for fewer than \(purge.leastDays) days or "
                        + "more than \(Self.mostDays)")
            }
            guard days.updateValue(number, forKey: table) == nil else {
                throw Fault(problem: "names \(purge.label) twice")
            }
        }
    }

    func days(of purge: any PurgeStatement.Type) -> Int {
        days[purge.label] ?? purge.usualDays
    }
}
