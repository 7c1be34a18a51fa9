import HTTPTypes

/// `/problems/{slug}`: the page that a problem's `type` leads to.
struct ProblemRoutes {
    func add(to endpoints: Endpoints) {
        endpoints.get(public: "/problems/{slug}") { context in
            guard let kind = Problem.Kind(rawValue: try context.segment("slug")) else {
                throw Problem(.notFound)
            }
            return .html(
                ProblemPage(kind: kind, language: context.language).html,
                headers: [
                    .contentLanguage: context.language.rawValue,
                    .cacheControl: "public, max-age=3600", .vary: "Accept-Language",
                ])
        }
    }
}

/// One kind of problem on a plain page: for the person what happened and what to do, for the
/// developer when it is answered and what it carries.
struct ProblemPage {
    let kind: Problem.Kind
    let language: Language

    var html: String {
        let texts = language.problemTexts
        return """
            <!DOCTYPE html>
            <html lang="\(language.rawValue)">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(HTML.escaped(texts.title(kind)))</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            <main>
            <h1>\(HTML.escaped(texts.title(kind)))</h1>
            <h2>\(HTML.escaped(texts.page.whatToDo))</h2>
            <p>\(HTML.escaped(texts.detail(kind, ProblemFacts())))</p>
            <h2>\(HTML.escaped(texts.page.forDevelopers))</h2>
            <p><code>/problems/\(kind.rawValue)</code>, \(texts.page.status) \(kind.status)</p>
            <p lang="en">\(HTML.escaped(kind.developerNote))</p>
            </main>
            </body>
            </html>

            """
    }

    /// Large text, dark on light or light on dark as the reader's system has it, a line that is not
    /// too long to follow.
    private static let style = """
        :root{color-scheme:light dark}\
        body{font:1.125rem/1.6 system-ui,sans-serif;margin:0;padding:2rem 1rem}\
        main{max-width:38rem;margin:0 auto}\
        h1{font-size:1.75rem;line-height:1.25}\
        h2{font-size:1.25rem;margin-top:2rem}\
        code{font-size:1rem}
        """
}

/// Text in pages.
enum HTML {
    /// `text` with the characters that mean something to HTML escaped.
    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
