import Cryptography
import Foundation

/// The mailbox as a person reads it: newest first, the code in big figures.
struct MailboxPage {
    let mails: [DeveloperMailbox.Mail]
    /// The one address that is shown, if so.
    let to: String?
    /// Lets this page's own script run, and no other.
    private let nonce = SecureRandom.letters(22)

    init(mails: [DeveloperMailbox.Mail], to: String?) {
        self.mails = mails
        self.to = to
    }

    /// Nothing is loaded but the mails of this mailbox, in frames.
    var policy: String {
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-\(nonce)'; "
            + "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
            + "frame-ancestors 'none'"
    }

    var html: String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(mails.isEmpty ? "" : "(\(mails.count)) ")Developer mailbox</title>
        <style>\(Self.style)</style>
        </head>
        <body data-newest="\(mails.first?.sentAt.rfc3339 ?? "")" data-to="\((to ?? "").escaped)">
        <header>
        <div>
        <h1>Developer mailbox</h1>
        <p>Every message of this development service. Nothing is sent anywhere.</p>
        </div>
        <form action="/dev/mailbox" method="get" role="search">
        <label>Show only <input name="to" type="search" placeholder="jansen@example.nl" \
        value="\((to ?? "").escaped)"></label>
        <button>Show</button>
        <button type="button" id="empty" class="quiet">Empty</button>
        </form>
        </header>
        <main>
        \(mails.isEmpty ? Self.nothing : mails.enumerated().map(card).joined(separator: "\n"))
        </main>
        <noscript><p class="note">Without script: reload to see new messages.</p></noscript>
        <script nonce="\(nonce)">\(Self.script)</script>
        </body>
        </html>
        """
    }

    private func card(_ position: Int, _ mail: DeveloperMailbox.Mail) -> String {
        let id = mail.id.uuidString.lowercased()
        let headers = mail.headers
            .map { "<tr><th>\($0.name.escaped)</th><td>\($0.value.escaped)</td></tr>" }
            .joined()
        // Only the newest is opened, so that a full mailbox is one frame and not five hundred.
        let open = position == 0 ? " open" : ""
        let sms = "<details open><summary>Text</summary><pre>\(mail.text.escaped)</pre></details>"
        let letter = """
            <details\(open)><summary>Message</summary>
            <iframe sandbox loading="lazy" title="Message as the patient sees it" \
            src="/dev/mailbox/messages/\(id)/html"></iframe></details>
            <details><summary>Text</summary><pre>\(mail.text.escaped)</pre></details>
            <details><summary>Headers</summary><table>\(headers)</table></details>
            """
        return """
            <article aria-labelledby="s-\(id)">
            <div class="head">
            \(mail.code.map { "<p class=\"code\" title=\"Click to select\">\($0.escaped)</p>" } ?? "")
            <div>
            <h2 id="s-\(id)">\((mail.subject ?? "SMS").escaped)</h2>
            <p>To <b>\(mail.to.escaped)</b> <span class="tag">\(mail.channel.rawValue)</span> \
            <span class="tag">\(mail.locale.escaped)</span></p>
            </div>
            </div>
            \(mail.html == nil ? sms : letter)
            </article>
            """
    }
}

extension String {
    /// As text or a quoted attribute of an HTML page; by scalar, since a combining mark after `<` would
    /// make another character of it.
    fileprivate var escaped: String {
        unicodeScalars.map { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            case "'": "&#39;"
            default: String(scalar)
            }
        }.joined()
    }
}

// MARK: - Style and script

extension MailboxPage {
    fileprivate static let nothing = """
        <section class="nothing">
        <h2>No messages yet</h2>
        <p>Start a login, and its code appears here by itself.</p>
        </section>
        """

    /// Waits for the next message and shows it; the "Empty" button empties.
    fileprivate static let script = """

        const { newest, to } = document.body.dataset;
        const query = new URLSearchParams({ wait: "25" });
        if (newest) query.set("since", newest);
        if (to) query.set("to", to);
        async function watch() {
          for (;;) {
            try {
              const answer = await fetch("/dev/mailbox/messages?" + query);
              if (answer.ok && (await answer.json()).messages.length) return location.reload();
              if (!answer.ok) await new Promise(done => setTimeout(done, 5000));
            } catch {
              await new Promise(done => setTimeout(done, 2000));
            }
          }
        }
        document.getElementById("empty").addEventListener("click", async () => {
          await fetch("/dev/mailbox/messages", { method: "DELETE" });
          location.reload();
        });
        watch();

        """

    fileprivate static let style = """

        :root { --ink: #16202b; --soft: #566473; --line: #d5dce4; --page: #f4f6f8; --card: #fff;
          --mark: #0b5c9e; --field: #e8f1f9; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --soft: #a5b1bd;
          --line: #35414d; --page: #12181e; --card: #1b232b; --mark: #7dbdf0; --field: #1f3345; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink);
          font: 16px/1.5 system-ui, sans-serif; }
        header { display: flex; flex-wrap: wrap; gap: 1rem; justify-content: space-between;
          align-items: end; max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 1rem; }
        h1 { margin: 0; font-size: 1.6rem; }
        header p, .note { margin: .2rem 0 0; color: var(--soft); }
        input, button { font: inherit; color: inherit; padding: .4rem .7rem; border-radius: .4rem;
          border: 1px solid var(--line); background: var(--card); }
        button { background: var(--mark); border-color: var(--mark); color: var(--card);
          cursor: pointer; }
        button.quiet { background: none; color: var(--mark); }
        main { max-width: 60rem; margin: 0 auto; padding: 0 1rem 3rem; }
        article, .nothing { background: var(--card); border: 1px solid var(--line);
          border-radius: .7rem; margin: 0 0 1rem; overflow: hidden; }
        .nothing { padding: 3rem 1rem; text-align: center; }
        .nothing p { color: var(--soft); }
        .head { display: flex; flex-wrap: wrap; align-items: center; gap: 1.2rem; padding: 1.1rem; }
        .head div { flex: 1 1 20rem; min-width: 0; }
        .head p { margin: .2rem 0 0; color: var(--soft); overflow-wrap: anywhere; }
        .head b { color: var(--ink); }
        h2 { margin: 0; font-size: 1.05rem; overflow-wrap: anywhere; }
        .head .code { margin: 0; padding: .3rem .9rem; border-radius: .5rem; user-select: all;
          background: var(--field); color: var(--ink); font: 700 2.6rem/1.25 ui-monospace,
          monospace; letter-spacing: .12em; }
        .tag { font-size: .8rem; border: 1px solid var(--line); border-radius: 1rem;
          padding: .05rem .55rem; }
        details { border-top: 1px solid var(--line); }
        summary { padding: .55rem 1.1rem; cursor: pointer; color: var(--mark); }
        iframe { display: block; width: 100%; height: 44rem; border: 0; background: #fff; }
        pre { margin: 0; padding: .3rem 1.1rem 1.1rem; white-space: pre-wrap;
          overflow-wrap: anywhere; }
        table { border-collapse: collapse; margin: 0 1.1rem 1.1rem; font-size: .9rem; }
        th { text-align: left; vertical-align: top; padding: .15rem 1rem .15rem 0;
          white-space: nowrap; color: var(--soft); font-weight: 500; }
        td { overflow-wrap: anywhere; }

        """
}
