/// The few signs of Markdown that the descriptions in `openapi.yaml` use, as HTML.
///
/// Paragraphs, `1.` and `-` lists, `code` and **bold**. Everything is escaped first, so no
/// description can bring markup of its own.
enum Prose {
    static func html(_ text: String) -> String {
        var blocks: [String] = []
        var paragraph: [String] = []
        var items: [String] = []
        var list = "ul"

        func close() {
            if !paragraph.isEmpty { blocks.append("<p>\(paragraph.joined(separator: " "))</p>") }
            if !items.isEmpty {
                let rows = items.map { "<li>\($0)</li>" }.joined()
                blocks.append("<\(list)>\(rows)</\(list)>")
            }
            (paragraph, items) = ([], [])
        }

        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.isEmpty {
                close()
            } else if let item = line.firstMatch(of: /^(-|\d+\.) (.*)$/) {
                if !paragraph.isEmpty { close() }
                list = item.1 == "-" ? "ul" : "ol"
                items.append(inline(item.2))
            } else {
                paragraph.append(inline(line))
            }
        }
        close()
        return blocks.joined(separator: "\n")
    }

    /// One line of text.
    static func inline(_ text: some StringProtocol) -> String {
        HTML.escaped(String(text))
            .replacing(/`([^`]+)`/) { "<code>\($0.1)</code>" }
            .replacing(/\*\*([^*]+)\*\*/) { "<strong>\($0.1)</strong>" }
    }
}
