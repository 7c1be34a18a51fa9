import Cryptography
import Foundation
import HTTPTypes

/// The developer mailbox as a page and as JSON; only in development mode (Z-31).
///
/// Whoever reaches these routes reads every code, so the service that has them answers nobody but
/// the machine it runs on: see `DevelopmentGuard`.
struct MailboxRoutes {
    /// The longest that a reader may wait for a mail, in seconds.
    static let waitLimit = 30

    let mailbox: DeveloperMailbox

    func add(to endpoints: Endpoints) {
        endpoints.get(public: "/dev/mailbox", page)
        endpoints.get(public: "/dev/mailbox/messages", limits: .mailbox, messages)
        endpoints.delete(public: "/dev/mailbox/messages", empty)
        endpoints.get(public: "/dev/mailbox/messages/{id}/html", html)
    }

    /// `?to=` shows one address only.
    @Sendable private func page(_ context: AuthRequestContext) async throws -> Answer {
        let filter = try Self.filter(context.query(["to"]))
        let page = MailboxPage(mails: mailbox.mails(filter), to: filter.to)
        return .html(page.html, policy: page.policy)
    }

    /// `?to=&channel=&since=&wait=`; with `wait`, as soon as there is a mail or the seconds are over.
    @Sendable private func messages(_ context: AuthRequestContext) async throws -> Answer {
        let query = try context.query(["to", "channel", "since", "wait"])
        let wait = try Self.wait(query["wait"])
        let mails = await mailbox.mails(try Self.filter(query), waitingAtMost: .seconds(wait))
        return .json(.object([JSONMember("messages", .array(mails.map(\.json)))]))
    }

    @Sendable private func empty(_ context: AuthRequestContext) async throws -> Answer {
        mailbox.empty()
        return .noContent
    }

    /// The HTML of one mail, which no browser lets do anything: it is sandboxed even where it is
    /// opened by itself.
    @Sendable private func html(_ context: AuthRequestContext) async throws -> Answer {
        guard let html = mailbox.mail(try context.id("id"))?.html else { throw Problem(.notFound) }
        return .html(
            html,
            policy: "sandbox; default-src 'none'; style-src 'unsafe-inline'; "
                + "frame-ancestors 'self'; base-uri 'none'; form-action 'none'")
    }

    private static func filter(
        _ query: [String: String]
    ) throws(Problem) -> DeveloperMailbox.Filter {
        var filter = DeveloperMailbox.Filter()
        // A plus sign that nobody escaped was read as a space, which no address has.
        if let to = query["to"], !to.isEmpty { filter.to = to.replacing(" ", with: "+") }
        if let channel = query["channel"] {
            guard let kind = ChannelKind(rawValue: channel) else {
                throw fault("channel", .notAllowed)
            }
            filter.channel = kind
        }
        if let since = query["since"] {
            guard let instant = instant(since) else { throw fault("since", .wrongFormat) }
            filter.since = instant
        }
        return filter
    }

    private static func wait(_ text: String?) throws(Problem) -> Int {
        guard let text else { return 0 }
        guard let seconds = Int(text) else { throw fault("wait", .wrongFormat) }
        guard (0...waitLimit).contains(seconds) else { throw fault("wait", .outOfRange) }
        return seconds
    }

    /// RFC 3339, with or without fractions of a second.
    private static func instant(_ text: String) -> Date? {
        let whole = Date.ISO8601FormatStyle()
        let fractional = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        let text = text.replacing(" ", with: "+")
        return (try? fractional.parse(text)) ?? (try? whole.parse(text))
    }

    private static func fault(_ parameter: String, _ code: Problem.Fault.Code) -> Problem {
        Problem(.queryInvalid, faults: [Problem.Fault(.parameter(parameter), code)])
    }
}

extension RequestLimits {
    /// A long poll may last as long as it says, and some for the answer.
    fileprivate static let mailbox = {
        var limits = RequestLimits.ordinary
        limits.answerDeadline = .seconds(MailboxRoutes.waitLimit + 3)
        return limits
    }()
}

extension DeveloperMailbox.Mail {
    /// The members of api.md, "Mailbox JSON".
    var json: JSONValue {
        .object([
            JSONMember("id", .string(id.uuidString.lowercased())),
            JSONMember("channel", .string(channel.rawValue)),
            JSONMember("to", .string(to)),
            JSONMember("locale", .string(locale)),
            JSONMember("subject", subject.map(JSONValue.string) ?? .null),
            JSONMember("headers", .object(headers.map { JSONMember($0.name, .string($0.value)) })),
            JSONMember("text", .string(text)),
            JSONMember("html", html.map(JSONValue.string) ?? .null),
            JSONMember("sent_at", .string(sentAt.rfc3339)),
        ])
    }
}
