/// One thing an operator can set, under one name everywhere: the environment's `AUTH_PUBLIC_URL`,
/// the option `--public-url`, the secret file `public_url` and the JSON member `public_url`.
enum Setting: String, CaseIterable {
    case publicURL = "public_url"
    case listen
    case internalListen = "internal_listen"
    case databaseURL = "database_url"
    case ownerDatabaseURL = "owner_database_url"
    case keys
    case signingKeys = "signing_keys"
    case smtpHost = "smtp_host"
    case smtpPort = "smtp_port"
    case smtpUsername = "smtp_username"
    case smtpPassword = "smtp_password"
    case smtpCAFile = "smtp_ca_file"
    case mailFrom = "mail_from"
    case outboundHosts = "outbound_hosts"
    case templatesDirectory = "templates_directory"
    case clientCodesPerHour = "client_codes_per_hour"
    case smsPrices = "sms_prices"
    case recoveryWaitHours = "recovery_wait_hours"
    case retentionDays = "retention_days"
    case logLevel = "log_level"
    case logFile = "log_file"
    case hashThreads = "hash_threads"
    case ordinaryConnections = "ordinary_connections"
    case deliveryWorkers = "delivery_workers"
    case drainSeconds = "drain_seconds"

    var environmentName: String { "AUTH_" + rawValue.uppercased() }

    /// Where the value may stand in a file of its own, named by this variable.
    var fileVariable: String? { isSecret ? environmentName + "_FILE" : nil }

    /// Secrets have no command-line option, since every user of a machine can read those.
    var isSecret: Bool {
        switch self {
        case .databaseURL, .ownerDatabaseURL, .keys, .signingKeys, .smtpPassword: true
        default: false
        }
    }

    /// Whether there is something it means where nobody has set it.
    var hasDefault: Bool {
        switch self {
        case .listen, .internalListen, .smtpPort, .smtpCAFile, .logLevel, .logFile, .hashThreads,
            .ordinaryConnections, .deliveryWorkers, .drainSeconds, .clientCodesPerHour, .smsPrices,
            .retentionDays, .recoveryWaitHours:
            true
        default: false
        }
    }

    /// Development mode takes its own cluster, keys and mailbox and nothing else (Z-31).
    var appliesInDevelopment: Bool {
        switch self {
        case .listen, .internalListen, .logLevel, .hashThreads, .ordinaryConnections,
            .deliveryWorkers, .templatesDirectory:
            true
        default: false
        }
    }
}

/// Variables that begin like a setting but say something else.
enum OtherVariable {
    /// Where the settings themselves come from.
    static let config = "AUTH_CONFIG"
    static let secretsDirectory = "AUTH_SECRETS_DIRECTORY"
    /// Where development mode keeps its cluster and keys.
    static let developmentDirectory = "AUTH_DEV_DIRECTORY"

    /// What `docker/dev env` gives to callers; a shell that has taken them in can still start us.
    static let forCallers: Set = [
        "AUTH_URL", "AUTH_INTERNAL_URL", "AUTH_API_KEY", "AUTH_API_KEY_2", "AUTH_API_KEY_CODES",
        "AUTH_DEMO_IDENTIFIER", "AUTH_DEMO_PASSWORD",
    ]

    /// Settings that `docker/dev env` prints too; development mode made them, so it never reads them.
    static let madeInDevelopment: Set = [Setting.databaseURL, .logFile]

    static func isKnown(_ name: String) -> Bool {
        [config, secretsDirectory, developmentDirectory].contains(name)
            || forCallers.contains(name) || name.hasPrefix("AUTH_TEST_")
            || name.hasPrefix("AUTH_BENCH_")
    }
}
