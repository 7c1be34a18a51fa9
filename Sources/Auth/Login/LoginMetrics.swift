import Metrics

/// What operations see of signing in: outcomes by word, never by person.
struct LoginMetrics: Sendable {
    enum Login: String, CaseIterable, Sendable {
        case started, refused, throttled, completed
    }

    enum Code: String, CaseIterable, Sendable {
        case sent, verified, incorrect, exhausted
    }

    private let logins: [Login: Counter]
    private let codes: [Code: Counter]

    init(factory: any MetricsFactory) {
        func counter(_ label: String, _ outcome: String) -> Counter {
            Counter(label: label, dimensions: [("outcome", outcome)], factory: factory)
        }
        logins = Dictionary(
            uniqueKeysWithValues: Login.allCases.map {
                ($0, counter("auth_logins_total", $0.rawValue))
            })
        codes = Dictionary(
            uniqueKeysWithValues: Code.allCases.map {
                ($0, counter("auth_codes_total", $0.rawValue))
            })
    }

    func count(_ login: Login) { logins[login]?.increment() }

    func countCode(_ code: Code) { codes[code]?.increment() }
}
