/// What `/docs` shows: the contract, operation by operation, with its examples and a call of each.
///
/// Plain HTML without a script, made once. Everything from the contract is escaped on its way in.
struct ReferencePage {
    let contract: Contract

    var html: String {
        let info = contract.document["info"]
        let title = HTML.escaped(info?["title"]?.string ?? "")
        let server = contract.document["servers"]?.elements.first?["url"]?.string ?? ""
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title): the API</title>
            <style>\(ReferenceStyle.css)</style>
            </head>
            <body>
            \(navigation(title))
            <main id="top">
            <h1>\(title): the API</h1>
            \(Prose.html(info?["description"]?.string ?? ""))
            <p>The calls below take the service's address from <code>AUTH_URL</code>
            (<code>\(HTML.escaped(server))</code> in development) and a key from
            <code>AUTH_API_KEY</code>; <code>docker/dev env</code> prints both.</p>
            \(tags.map(section).joined(separator: "\n"))
            <section id="schemas">
            <h2>Schemas</h2>
            \(schemas.map(schema).joined(separator: "\n"))
            </section>
            \(problems)
            </main>
            </body>
            </html>

            """
    }

    private var tags: [JSONValue] { contract.document["tags"]?.elements ?? [] }

    /// The schemas that have fields.
    private var schemas: [JSONMember] {
        (contract.document["components"]?["schemas"]?.members ?? [])
            .filter { $0.value["properties"] != nil }
    }

    private func operations(of tag: JSONValue) -> [Contract.Operation] {
        contract.operations.filter { $0.tag == tag["name"]?.string }
    }

    private func navigation(_ title: String) -> String {
        let groups = tags.map { tag in
            let links = operations(of: tag).map {
                "<li><a href=\"#\($0.id)\">\(prose($0.value["summary"]))</a></li>"
            }
            return "<h2>\(prose(tag["name"]))</h2>\n<ul>\n\(links.joined(separator: "\n"))\n</ul>"
        }
        let contents = """
            \(groups.joined(separator: "\n"))
            <h2>More</h2>
            <ul>
            <li><a href="#schemas">Schemas</a></li>
            <li><a href="#problems">Problems</a></li>
            <li><a href="/openapi.yaml">openapi.yaml</a></li>
            </ul>
            """
        // Without a script no browser opens a folded list by the width of its window, so there are
        // two, of which the style sheet shows one.
        return """
            <nav aria-label="Contents">
            <a href="#top"><strong>\(title)</strong></a>
            <details class="narrow"><summary>Contents</summary>
            \(contents)
            </details>
            <div class="wide">
            \(contents)
            </div>
            </nav>
            """
    }

    private func section(_ tag: JSONValue) -> String {
        """
        <section id="\(prose(tag["name"]))">
        <h2>\(prose(tag["name"]))</h2>
        <p>\(prose(tag["description"]))</p>
        \(operations(of: tag).map(article).joined(separator: "\n"))
        </section>
        """
    }

    private func schema(_ member: JSONMember) -> String {
        """
        <article id="schema-\(member.name)">
        <h3><a href="#schema-\(member.name)">\(member.name)</a></h3>
        <p>\(prose(member.value["description"]))</p>
        \(fields(of: member.value))
        </article>
        """
    }

    private var problems: String {
        let texts = Language.english.problemTexts
        let rows = Problem.Kind.allCases.map { kind in
            [
                "<a href=\"/problems/\(kind.rawValue)\">\(kind.rawValue)</a>", "\(kind.status)",
                HTML.escaped(texts.title(kind)),
            ]
        }
        return """
            <section id="problems">
            <h2>Problems</h2>
            \(table(["Kind", "Status", "Title"], rows))
            </section>
            """
    }

    func prose(_ text: JSONValue?) -> String { Prose.inline(text?.string ?? "") }

    func table(_ head: [String], _ rows: [[String]]) -> String {
        let head = head.map { "<th>\($0)</th>" }.joined()
        let body = rows.map { row in
            "<tr>" + row.map { "<td>\($0)</td>" }.joined() + "</tr>"
        }
        return """
            <div class="scroll"><table>
            <thead><tr>\(head)</tr></thead>
            <tbody>
            \(body.joined(separator: "\n"))
            </tbody>
            </table></div>
            """
    }
}
