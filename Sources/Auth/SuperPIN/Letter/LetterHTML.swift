import Cryptography

/// A letter as a plain page that needs nothing else: to look at, or to be printed by a browser.
struct LetterHTML {
    let letter: Letter

    var html: String {
        let words = letter.words
        let addressee = letter.addressee.map { "<p>\(HTML.escaped($0))</p>" } ?? ""
        return """
            <!DOCTYPE html>
            <html lang="\(letter.language.rawValue)">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(HTML.escaped(words.title))</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            <main>
            <p class="sender">\(HTML.escaped(letter.sender))</p>
            \(addressee)
            <p>\(HTML.escaped(letter.date))</p>
            <h1>\(HTML.escaped(words.title))</h1>
            <p>\(HTML.escaped(words.opening))</p>
            <dl>
            <dt>\(HTML.escaped(words.customerNumber))</dt>
            <dd>\(HTML.escaped(letter.customerNumber.printed))</dd>
            <dt>\(HTML.escaped(words.superPIN))</dt>
            <dd>\(HTML.escaped(letter.superPIN.printed.expose()))</dd>
            </dl>
            <p><strong>\(HTML.escaped(words.validity))</strong></p>
            <h2>\(HTML.escaped(words.toDo))</h2>
            \(code)
            <ol>
            \(items)
            </ol>
            \(words.closing.map { "<p>\(HTML.escaped($0))</p>" }.joined(separator: "\n"))
            </main>
            </body>
            </html>

            """
    }

    private var items: String {
        letter.words.steps.map { "<li>\(HTML.escaped($0))</li>" }.joined(separator: "\n")
    }

    /// What it says stands in the first step too, so a reader aloud may leave it out.
    private var code: String {
        guard let code = QRCode(letter.address) else { return "" }
        let side = code.size + 2 * QRCode.quietZone
        return """
            <svg viewBox="0 0 \(side) \(side)" aria-hidden="true" shape-rendering="crispEdges">\
            <path fill="#fff" d="M0 0h\(side)v\(side)h-\(side)z"/><path d="\(code.path)"/></svg>
            """
    }

    /// Large text; the numbers in a type of one width that marks its 0, on one line each.
    private static let style = """
        body{font:1.125rem/1.5 system-ui,sans-serif;color:#000;background:#fff;margin:0;padding:2rem 1rem}\
        main{max-width:40rem;margin:0 auto;overflow-wrap:anywhere}\
        h1{font-size:1.75rem;line-height:1.25}\
        h2{font-size:1.25rem}\
        .sender{font-weight:bold}\
        dl{border:1px solid #1f4e79;background:#eef2f6;padding:1rem 1.25rem;margin:1.5rem 0}\
        dt{margin-top:.5rem}\
        dd{margin:0;font:bold 1.75rem/1.4 "DejaVu Sans Mono",ui-monospace,Consolas,Menlo,monospace;\
        font-feature-settings:"zero";overflow-wrap:normal}\
        svg{float:right;width:9rem;height:9rem;margin:0 0 .5rem 1rem}\
        li{margin-bottom:.5rem}\
        @media print{body{padding:0;font-size:12pt}}
        """
}
