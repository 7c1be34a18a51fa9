import Foundation

/// How many files, sockets included, this process may have open.
enum OpenFiles {
    /// As many as the system lets us have, up to what full servers need.
    ///
    /// The soft limit is 1,024 nearly everywhere, for programs that use `select`, which we don't.
    static let limit: Int = {
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return usual }
        let soft = limit.rlim_cur
        limit.rlim_cur = max(soft, min(limit.rlim_max, wanted))
        return Int(min(setrlimit(resource, &limit) == 0 ? limit.rlim_cur : soft, wanted))
    }()

    /// The connections that one of our two servers may hold, so that a quarter is left for the
    /// database, gateways and files.
    ///
    /// Without a file to open, a server could neither accept a connection nor stop being told of it.
    static func connections(atMost wanted: Int) -> Int { min(wanted, limit * 3 / 8) }

    private static let wanted: rlim_t = 24_000
    private static let usual = 1_024
}
