/// Finds what a mail program or a phone would turn into a link (Z-26).
enum LinkCheck {
    /// One fault for each place that leads elsewhere than to `hosts`; in a text message, for every
    /// place that leads anywhere.
    ///
    /// A host written without `https://` counts as well: mail programs and phones make links of
    /// those, and people type them.
    static func faults(
        in text: String, hosts: Set<DomainName>, part: MessageText.Part
    ) -> [String] {
        var faults: [String] = []
        if text.matches(of: /(\w+):\/\//).contains(where: { $0.1 != "https" }) {
            faults.append("has a link that does not begin with https://")
        }
        for match in text.matches(of: /https:\/\/([^\s\/?#:]*)/) {
            let isPortal = DomainName(match.1).map(hosts.contains) ?? false
            if !isPortal { faults.append("has a link that does not lead to the portal") }
        }
        for match in text.matches(of: host) {
            let name = DomainName(match.output)
            if part == .sms {
                faults.append("has a link, which no text message may have: \(match.output)")
            } else if !(name.map(hosts.contains) ?? false) {
                faults.append("leads elsewhere than to the portal: \(match.output)")
            }
        }
        return faults
    }

    /// Words joined by dots whose last one has two letters at least: `example.nl`, `www.example.nl`.
    private static var host: Regex<Substring> {
        /[\p{L}\p{N}_-]+(?:[.\u{3002}][\p{L}\p{N}_-]+)*[.\u{3002}]\p{L}[\p{L}\p{N}-]+/
    }
}
