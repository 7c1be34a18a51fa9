import Auth
import Foundation

/// What a developer needs to know of a running demo: as a block to read and as shell variables.
struct Announcement {
    let url: String
    let internalURL: String
    let ownerURL: String
    let log: String
    let apiKeys: Install.APIKeys
    let identifier: String
    let password: String

    /// What `docker/dev env` prints: assignments, and one line that passes them on to programs.
    var environment: String {
        let variables = [
            ("AUTH_URL", url),
            ("AUTH_INTERNAL_URL", internalURL),
            ("AUTH_API_KEY", apiKeys.utrecht),
            ("AUTH_API_KEY_2", apiKeys.bergen),
            ("AUTH_API_KEY_CODES", apiKeys.codes),
            ("AUTH_DATABASE_URL", ownerURL),
            ("AUTH_LOG_FILE", log),
            ("AUTH_DEMO_IDENTIFIER", identifier),
            ("AUTH_DEMO_PASSWORD", password),
        ]
        let assignments = variables.map { "\($0)=\(Self.quoted($1))" }
        let names = variables.map(\.0).joined(separator: " ")
        return (assignments + ["export \(names)", ""]).joined(separator: "\n")
    }

    var block: String {
        """
        practice-auth is running, with made-up patients and its own database. Ctrl-C ends it.

          API        \(url)          reference: \(url)/docs
          mailbox    \(url)/dev/mailbox
          internal   \(internalURL)          /metrics, /healthz
          database   \(ownerURL)
          log        \(log)

          key, Utrecht (nl), all scopes   \(apiKeys.utrecht)
          key, Bergen (nb), all scopes    \(apiKeys.bergen)
          key, Utrecht, codes only        \(apiKeys.codes)
          demo login                      \(identifier)   \(password)

        Sign in from another terminal; the last line answers with tokens:

        \(firstLogin.joined(separator: "\n"))

        """
    }

    /// Three lines for a shell: start a login, read its code in the mailbox, answer with it.
    var firstLogin: [String] {
        let key = "-H 'X-API-Key: \(apiKeys.utrecht)'"
        let credentials = #"{"identifier":"\#(identifier)","password":"\#(password)"}"#
        let firstID = #"sed -E 's/^\{"id":"([^"]+)".*/\1/'"#
        // The newest mail comes first, and its text begins with the code.
        let digits = #"sed -E 's/"text":"([0-9]{6}).*/\1/; s/.*[^0-9]//'"#
        return [
            "now=$(date -u +%FT%T.%3NZ); "
                + "login=$(curl -s \(url)/v1/logins \(key) --json '\(credentials)' | \(firstID))",
            "code=$(curl -s \"\(url)/dev/mailbox/messages?to=\(identifier)&since=$now&wait=10\" "
                + "| \(digits))",
            "curl -s \(url)/v1/logins/$login/verify \(key) --json \"{\\\"code\\\":\\\"$code\\\"}\"",
        ]
    }

    private static func quoted(_ value: String) -> String {
        let plain = value.unicodeScalars.allSatisfy {
            $0.isASCII
                && ($0.properties.isAlphabetic || "0123456789_./:@%+-".unicodeScalars.contains($0))
        }
        return plain ? value : "'" + value.replacing("'", with: #"'\''"#) + "'"
    }
}
