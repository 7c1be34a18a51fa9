import Metrics

/// What operations see of signing in: outcomes by word, never by person.
struct LoginMetrics: Sendable {
    enum Login: String, CaseIterable, Sendable {
        case started, refused, throttled, completed
    }

    private let logins: [Login: Counter]

    init(factory: any MetricsFactory) {
        func counter(_ label: String, _ outcome: String) -> Counter {
            Counter(label: label, dimensions: [("outcome", outcome)], factory: factory)
        }
        logins = Dictionary(
            uniqueKeysWithValues: Login.allCases.map {
                ($0, counter("auth_logins_total", $0.rawValue))
            })
    }

    func count(_ login: Login) { logins[login]?.increment() }
}
