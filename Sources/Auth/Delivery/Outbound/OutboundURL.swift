import CCurl
import Foundation

/// The URL of a gateway: https, a host by name, a port, a path; no user, no query, no fragment.
///
/// Parsed by hand and strictly, since a URL that two parsers read differently leads elsewhere than
/// was checked. A query would carry secrets or numbers into access logs, so there is none.
struct OutboundURL: Equatable, Sendable {
    /// In lower case.
    let host: String
    let port: Int
    /// Begins with a slash.
    let path: String

    static let longest = 512

    init?(_ text: String) {
        guard text.utf8.count <= Self.longest,
            let match = text.wholeMatch(
                of: /https:\/\/([A-Za-z0-9.-]{1,253})(?::([0-9]{1,5}))?(\/[A-Za-z0-9._~%\/-]*)?/)
        else { return nil }
        let host = match.1.lowercased()
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        // A name, since certificates are for names; a last label of digits would be an address.
        guard labels.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 63 }),
            labels.last?.contains(where: \.isLetter) == true,
            labels.allSatisfy({ !$0.hasPrefix("-") && !$0.hasSuffix("-") }),
            labels.last?.hasPrefix("0x") == false
        else { return nil }
        let port = match.2.flatMap { Int($0) } ?? Self.ordinaryPort
        guard (1...65_535).contains(port) else { return nil }
        let path = match.3.map(String.init) ?? "/"
        guard !path.split(separator: "/").contains(where: { $0 == ".." || $0 == "." }),
            path.removingPercentEncoding != nil
        else { return nil }
        self.host = host
        self.port = port
        self.path = path
    }

    static let ordinaryPort = 443

    /// As the operator's list names it: the host, and the port where it is not 443.
    var authority: String { port == Self.ordinaryPort ? host : "\(host):\(port)" }

    /// What a stored secret belongs to; another one erases it (Z-25).
    var origin: String { "https://\(authority)" }

    var text: String { origin + path }

    /// The same host with a further path.
    func appending(_ suffix: String) -> OutboundURL? {
        OutboundURL(origin + (path.hasSuffix("/") ? String(path.dropLast()) : path) + suffix)
    }

    /// Whether an address is one on the public internet, the only kind that is connected to.
    static func isPublicAddress(_ text: String) -> Bool { ccurl_is_public_address(text) == 1 }
}
