/// Whether the HTML of a mail can only show text: no script, no picture, nothing that is fetched, and
/// links to the portal alone (Z-26).
struct HTMLCheck {
    let source: String
    let template: MessageTemplate
    /// Where links may lead.
    let hosts: Set<DomainName>

    private static let elements: Set<Substring> = [
        "html", "head", "meta", "title", "body", "table", "tbody", "thead", "tr", "td", "th", "div",
        "span", "p", "br", "hr", "strong", "b", "em", "i", "h1", "h2", "h3", "ul", "ol", "li", "a",
    ]
    /// Elements that part no word in two.
    private static let inline: Set<Substring> = ["span", "strong", "b", "em", "i", "a"]
    private static let attributes: Set<Substring> = [
        "lang", "dir", "charset", "name", "content", "style", "align", "valign", "width", "height",
        "cellpadding", "cellspacing", "border", "bgcolor", "role", "href",
    ]
    /// Names for characters; a number could spell a link past every check.
    private static let entities: Set<Substring> = [
        "amp", "lt", "gt", "quot", "nbsp", "ndash", "mdash", "euro",
    ]

    var faults: [String] {
        var faults: [String] = []
        var text = ""
        var rest = source.drop(while: \.isWhitespace)
        if let opening = rest.prefixMatch(of: /<!DOCTYPE html>/.ignoresCase()) {
            rest = rest[opening.range.upperBound...]
        }
        let tag = Self.tag
        while let start = rest.firstIndex(of: "<") {
            text += rest[..<start]
            guard let match = rest[start...].prefixMatch(of: tag) else {
                return faults + ["has a < that begins none of the allowed elements"]
            }
            let element = match.1.lowercased()
            faults += self.faults(of: element, attributes: match.2)
            if !Self.inline.contains(element[...]) { text += " " }
            rest = rest[match.range.upperBound...]
        }
        text += rest
        faults += entityFaults(in: text)
        let literal = text.replacing(/\{\{[a-z_]+\}\}/, with: "x")
        return faults + LinkCheck.faults(in: literal, hosts: hosts, part: .html)
    }

    /// An element with its attributes, each in double quotes.
    private static var tag: Regex<(Substring, Substring, Substring)> {
        /<\/?([A-Za-z][A-Za-z0-9]*)((?:\s+[A-Za-z-]+="[^"<>]*")*)\s*\/?>/
    }

    private func faults(of element: String, attributes: Substring) -> [String] {
        var faults: [String] = []
        if !Self.elements.contains(element[...]) {
            faults.append("<\(element)> is not allowed")
        }
        for match in attributes.matches(of: /([A-Za-z-]+)="([^"]*)"/) {
            let name = match.1.lowercased()
            let value = match.2.lowercased()
            if !Self.attributes.contains(name[...]) {
                faults.append("\(name)= is not allowed")
            } else if name == "href", links.contains(value) {
                continue
            } else if value.contains("{{") {
                faults.append("a variable can't stand in \(name)=")
            } else if name == "href" {
                faults += hrefFaults(value)
            } else if value.contains("&") || value.contains("\\") || value.contains("(") {
                // An address or an expression hides in a style this way.
                faults.append("\(name)= has a character that is not allowed")
            }
        }
        return faults
    }

    /// Variables that are a whole link of the service's own making, to the portal.
    private var links: [String] { template.links.map { "{{\($0.rawValue)}}" } }

    private func hrefFaults(_ value: String) -> [String] {
        let match = value.wholeMatch(of: /https:\/\/([^\/?#:@&\\\s]+)(?:[\/?#][^\\\s]*)?/)
        guard let match, let host = DomainName(match.1), hosts.contains(host) else {
            return ["a link leads elsewhere than to the portal"]
        }
        return []
    }

    private func entityFaults(in text: String) -> [String] {
        let named = text.matches(of: /&([A-Za-z]+);/).map(\.1)
        let others = named.filter { !Self.entities.contains($0) }
        let isPlain = text.filter { $0 == "&" }.count == named.count
        return others.isEmpty && isPlain ? [] : ["has a character reference that is not allowed"]
    }
}
