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
            } else if let (sign, item) = listed(line) {
                if !paragraph.isEmpty { close() }
                list = sign == "-" ? "ul" : "ol"
                items.append(inline(item))
            } else {
                paragraph.append(inline(line))
            }
        }
        close()
        return blocks.joined(separator: "\n")
    }

    /// The sign and the text of a line of a list: `- this`, `2. that`.
    private static func listed(_ line: Substring) -> (sign: Substring, item: Substring)? {
        guard let space = line.firstIndex(of: " ") else { return nil }
        let sign = line[..<space]
        let isNumber =
            sign.last == "." && sign.count > 1
            && sign.dropLast().allSatisfy { ("0"..."9").contains($0) }
        return sign == "-" || isNumber ? (sign, line[line.index(after: space)...]) : nil
    }

    /// One line of text.
    static func inline(_ text: some StringProtocol) -> String {
        paired("**", as: "strong", in: paired("`", as: "code", in: HTML.escaped(String(text))))
    }

    /// What stands between two of the signs, as an element; a sign without its second stays.
    private static func paired(_ sign: String, as element: String, in text: String) -> String {
        let parts = text.split(separator: sign, omittingEmptySubsequences: false)
        guard parts.count > 2 else { return text }
        var html = String(parts[0])
        for (number, part) in parts.enumerated().dropFirst() {
            switch (number.isMultiple(of: 2), number == parts.count - 1) {
            case (true, _): html += part
            case (false, false): html += "<\(element)>\(part)</\(element)>"
            case (false, true): html += sign + part
            }
        }
        return html
    }
}
