import Foundation

extension Database {
    /// Every limit of the pool.
    package struct Configuration: Sendable {
        /// A libpq connection string or a `postgresql://` URL, of one host or several. It may hold
        /// a password: never log it.
        package var url: String
        /// Connections on which statements share commits.
        package var coalescedLanes = 1
        /// Statements in one commit.
        package var batchLimit = 64
        /// Statements waiting for a lane; the next is refused (`.queueFull`).
        package var queueLimit = 1_024
        /// Connections for rare work and transactions.
        package var ordinaryConnections = 4
        /// Statements and transactions waiting for one of those.
        package var ordinaryQueueLimit = 256
        /// A caller that names no other time is answered within this one.
        package var deadline: Duration = .seconds(2)
        /// How long what is `.underWay` elsewhere is asked for again before its caller is told so;
        /// it holds no lock and no connection meanwhile.
        package var underWayWait: Duration = .milliseconds(500)
        /// How long a shared commit waits for a row that others have locked.
        package var lockTimeout: Duration = .milliseconds(250)
        /// The same for a statement that met a lock before and now runs alone: short, since the
        /// others of its lane wait meanwhile; it comes again until its deadline.
        package var contendedLockTimeout: Duration = .milliseconds(20)
        /// The same for rare work.
        package var ordinaryLockTimeout: Duration = .seconds(1)
        /// The server ends a statement after this time (it does not end a stalled commit).
        package var statementTimeout: Duration = .milliseconds(1_500)
        /// The server ends a session that leaves a transaction open and idle for this time.
        package var idleInTransactionTimeout: Duration = .seconds(5)
        /// What statements read with `current_setting`, by name.
        package var variables: [String: String] = [:]
        /// Begins the name of each session in the server's lists.
        package var applicationName = "practice-auth"

        package init(url: String) {
            self.url = url
        }
    }

    /// What the pool is doing and has done, for metrics.
    package struct Gauges: Sendable, Equatable {
        package var connectionsOpen = 0
        /// Statements and transactions that wait.
        package var queued = 0
        /// Statements sent and not answered.
        package var inFlight = 0
        /// Statements sent since the start, each time they were.
        package var statements = 0
        /// Commits asked for since the start, shared ones counted once.
        package var batches = 0
        /// Statements run again since the start.
        package var reruns = 0
        package var connectionsLost = 0
    }
}

/// What each of our sessions is set to.
struct SessionSettings {
    /// The last bytes got no acknowledgement for this long: the connection is dead, milliseconds.
    private static let tcpUserTimeout = 3_000

    let configuration: Database.Configuration
    /// Begins the sessions' names; the number tells this instance from all others.
    let label: String

    init(_ configuration: Database.Configuration) {
        self.configuration = configuration
        let instance = String(UInt32.random(in: .min ... .max), radix: 16)
        label = "\(configuration.applicationName)-\(instance)"
    }

    func servers(
        lockTimeout: Duration, plans: PlanCacheMode
    ) throws -> [[String: String]] {
        try ConnectionString(
            configuration.url,
            defaults: [
                "target_session_attrs": "read-write",
                "client_encoding": "UTF8",
                "tcp_user_timeout": "\(Self.tcpUserTimeout)",
                "keepalives": "1",
                "keepalives_idle": "2",  // seconds
                "keepalives_interval": "1",  // second
                "keepalives_count": "2",
            ],
            sessionOptions: [
                "statement_timeout": Self.milliseconds(configuration.statementTimeout),
                "lock_timeout": Self.milliseconds(lockTimeout),
                "idle_in_transaction_session_timeout":
                    Self.milliseconds(configuration.idleInTransactionTimeout),
                "TimeZone": "UTC",
                // Where a plan's estimate is far too high, as before a table's first analysis, compiling
                // it takes a hundred times as long as the statement, each time anew.
                "jit": "off",
                "plan_cache_mode": plans.rawValue,
                // Whether a standby has a commit is told by a warning alone (see `Notices`).
                "client_min_messages": "warning",
            ].merging(configuration.variables) { ours, _ in ours }
        ).servers
    }

    /// Which plan a prepared statement is executed by.
    enum PlanCacheMode: String {
        /// Always the one that serves all parameters: what reads by keys needs no other, and the server
        /// would plan each execution anew where it takes that one for dear.
        case generic = "force_generic_plan"
        /// As the server thinks best: a page's length tells how it is best read.
        case auto
    }

    private static func milliseconds(_ duration: Duration) -> String {
        "\(Int((duration / .milliseconds(1)).rounded(.up)))ms"
    }
}
