extension ReferencePage {
    /// One operation.
    func article(_ operation: Contract.Operation) -> String {
        let parameters = (operation.shared + (operation.value["parameters"]?.elements ?? []))
            .map(contract.resolve)
        let responses = (operation.value["responses"]?.members ?? [])
            .map { JSONMember($0.name, contract.resolve($0.value)) }
        let answers = responses.filter { $0.name < "4" }
        let refusals = responses.filter { $0.name >= "4" }
        let scope = operation.scopes.map {
            "<p class=\"soft\">Scope: <code>\(HTML.escaped($0.joined(separator: ", ")))</code></p>"
        }
        return """
            <article id="\(operation.id)">
            <h3><a href="#\(operation.id)">\(prose(operation.value["summary"]))</a></h3>
            <p class="line"><span class="method \(operation.method)">\(operation.method)</span>
            \(HTML.escaped(operation.path))</p>
            \(scope ?? "")
            \(Prose.html(operation.value["description"]?.string ?? ""))
            <pre><code>\(HTML.escaped(curl(operation, parameters)))</code></pre>
            \(request(operation.value["requestBody"]))
            \(answers.map(answer).joined(separator: "\n"))
            <h4>Refusals</h4>
            \(refusals.map(refusal).joined(separator: "\n"))
            \(table(of: parameters))
            </article>
            """
    }

    private func request(_ body: JSONValue?) -> String {
        guard let body, let content = body["content"]?.members.first else { return "" }
        return """
            <h4>Request</h4>
            <p class="soft">\(media(of: body))</p>
            \(fields(of: contract.resolve(content.value["schema"] ?? .null)))
            \(examples(of: body))
            """
    }

    private func answer(_ response: JSONMember) -> String {
        """
        <h4>\(response.name)</h4>
        <p>\(prose(response.value["description"]))
        <span class="soft">\(media(of: response.value))</span></p>
        \(headers(of: response.value))
        \(examples(of: response.value))
        """
    }

    private func refusal(_ response: JSONMember) -> String {
        let status = response.name == "default" ? "other" : response.name
        return """
            <details>
            <summary><strong>\(status)</strong> \(prose(response.value["description"]))</summary>
            \(headers(of: response.value))
            \(examples(of: response.value))
            </details>
            """
    }

    private func headers(of response: JSONValue) -> String {
        let names = (response["headers"]?.members ?? []).map { "<code>\($0.name)</code>" }
        return "<p class=\"soft\">Headers: \(names.joined(separator: ", "))</p>"
    }

    /// The media types of a request or an answer, with a link to its schema.
    private func media(of body: JSONValue) -> String {
        guard let contents = body["content"]?.members, let first = contents.first else { return "" }
        let names = contents.map { "<code>\($0.name)</code>" }.joined(separator: " or ")
        let schema = first.value["schema"] ?? .null
        return contract.referencedName(schema) == nil ? names : "\(names), \(type(schema))"
    }

    private func examples(of body: JSONValue) -> String {
        guard let content = body["content"]?.members.first else { return "" }
        return (content.value["examples"]?.members ?? []).map { member in
            let caption = contract.resolve(member.value)["summary"]?.string ?? member.name
            return """
                <figure>
                <figcaption>\(Prose.inline(caption))</figcaption>
                <pre><code>\(HTML.escaped(text(of: member.value, content.name)))</code></pre>
                </figure>
                """
        }.joined(separator: "\n")
    }

    /// An example as it goes over the wire, spread over lines where its type allows.
    private func text(of example: JSONValue, _ media: String) -> String {
        let value = contract.resolve(example)["value"] ?? .null
        return media == "application/x-ndjson" ? value.text : value.indented()
    }

    private func table(of parameters: [JSONValue]) -> String {
        guard !parameters.isEmpty else { return "" }
        let rows = parameters.map { parameter in
            [
                "<code>\(HTML.escaped(parameter["name"]?.string ?? ""))</code>",
                "\(prose(parameter["in"])), \(type(parameter["schema"] ?? .null))"
                    + (parameter["required"] == .bool(true) ? ", required" : ""),
                prose(parameter["description"]),
            ]
        }
        return "<h4>Parameters</h4>\n" + table(["Name", "Type", ""], rows)
    }

    /// The fields of an object.
    func fields(of schema: JSONValue) -> String {
        let members = schema["properties"]?.members ?? []
        guard !members.isEmpty else { return "" }
        let required = (schema["required"]?.elements ?? []).compactMap(\.string)
        let rows = members.map { member in
            [
                "<code>\(HTML.escaped(member.name))</code>",
                type(member.value) + (required.contains(member.name) ? ", required" : ""),
                prose(member.value["description"]),
            ]
        }
        return table(["Field", "Type", ""], rows)
    }

    /// A schema in a few words, with a link where it is a named one with fields.
    private func type(_ schema: JSONValue) -> String {
        if let name = contract.referencedName(schema) {
            let target = contract.resolve(schema)
            return target["properties"] == nil
                ? type(target) : "<a href=\"#schema-\(name)\">\(name)</a>"
        }
        if let items = schema["items"] {
            let names = (items["properties"]?.members ?? []).map(\.name).joined(separator: ", ")
            return names.isEmpty ? "list of \(type(items))" : "list of {\(names)}"
        }
        if let choices = schema["enum"]?.elements {
            return choices.map { HTML.escaped($0.string ?? $0.text) }.joined(separator: " | ")
        }
        if let formats = schema["anyOf"]?.elements {
            return formats.map { prose($0["format"]) }.joined(separator: " or ")
        }
        let word = schema["const"] ?? schema["format"] ?? schema["type"]
        guard case .int(let limit) = schema["maxLength"] else { return prose(word) }
        return "\(prose(word)) of at most \(limit)"
    }

    /// The call as one types it, with the first example of the request.
    private func curl(_ operation: Contract.Operation, _ parameters: [JSONValue]) -> String {
        var path = operation.path
        for parameter in parameters where parameter["in"]?.string == "path" {
            let name = parameter["name"]?.string ?? ""
            path = path.replacing("{\(name)}", with: parameter["example"]?.string ?? name)
        }
        let method = operation.method == "GET" ? "" : "-X \(operation.method) "
        var lines = ["curl \(method)\"$AUTH_URL\(path)\""]
        if operation.scopes != nil { lines.append("-H \"X-API-Key: $AUTH_API_KEY\"") }
        if let content = operation.value["requestBody"]?["content"]?.members.first {
            lines.append("-H \"Content-Type: \(content.name)\"")
            if let first = content.value["examples"]?.members.first {
                let text = text(of: first.value, content.name)
                lines.append("--data-binary '\(text.replacing("'", with: #"'\''"#))'")
            }
        }
        return lines.joined(separator: " \\\n  ")
    }
}
