import Postgres

/// What a libpq connection string says about safety.
struct ConnectionSafety {
    private let parameters: [String: String]

    /// Takes both of libpq's forms, `postgresql://…` and `host=… dbname=…`; nil if it is neither.
    init?(of text: String) {
        guard let parameters = try? ConnectionString.parse(text) else { return nil }
        self.parameters = parameters
    }

    var password: String? {
        parameters["password"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Why the connection could be read on its way, or nil.
    ///
    /// libpq's own default falls back to plain text silently, so leaving it out is not a choice
    /// (ASVS 12.3.2); a Unix socket and this machine need none.
    var transportWeakness: String? {
        let hosts = [parameters["host"], parameters["hostaddr"]]
            .flatMap { ($0 ?? "").split(separator: ",") }
        let isLocal = hosts.allSatisfy {
            $0.hasPrefix("/") || $0 == "localhost" || $0 == "::1" || $0.hasPrefix("127.")
        }
        if isLocal { return nil }
        switch parameters["sslmode"] {
        case "verify-full", "verify-ca", "disable": return nil
        default: return "needs sslmode=verify-full (or disable, inside one private network)"
        }
    }
}
