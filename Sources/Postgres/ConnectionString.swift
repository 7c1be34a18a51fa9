import CLibPQ
import Foundation

/// A libpq connection string or `postgresql://` URL, taken apart into one server each.
///
/// libpq tries the hosts of a list one after the other and, without blocking, leaves the time for
/// each to us: one black hole in front would eat it all. So each host is tried on its own, all at
/// the same time (see `Connecting`).
package struct ConnectionString: Sendable {
    /// Why a connection string can't be used; it never holds any of its values.
    enum Invalid: Error {
        case unreadable
    }

    /// The settings for each host, by libpq's keywords.
    let servers: [[String: String]]

    /// - Parameter defaults: settings that the connection string may override.
    init(_ text: String, defaults: [String: String], sessionOptions: [String: String]) throws {
        var settings = try Self.parse(text)
        // Appended: where a setting is given twice the later one counts, and these are ours.
        let options = sessionOptions.sorted { $0.key < $1.key }
            .map { "-c \($0.key)=\($0.value)" }
        settings["options"] = ([settings["options"] ?? ""] + options)
            .filter { !$0.isEmpty }.joined(separator: " ")
        settings.merge(defaults) { given, _ in given }

        let listed = ["host", "hostaddr", "port"].map { keyword in
            (keyword, settings[keyword]?.split(separator: ",", omittingEmptySubsequences: false))
        }
        let count = listed.map { $0.1?.count ?? 1 }.max() ?? 1
        servers = (0..<count).map { index in
            var server = settings
            for (keyword, values) in listed {
                // One port may stand for all hosts.
                guard let values, values.count > 1 else { continue }
                server[keyword] = index < values.count ? String(values[index]) : nil
            }
            return server
        }
    }

    /// The settings in either of libpq's two forms, by libpq's keywords.
    package static func parse(_ text: String) throws -> [String: String] {
        guard let options = PQconninfoParse(text, nil) else { throw Invalid.unreadable }
        defer { PQconninfoFree(options) }
        var settings: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                settings[String(cString: keyword)] = String(cString: value)
            }
            option += 1
        }
        return settings
    }
}
