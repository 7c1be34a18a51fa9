import Foundation
import Testing

/// A real SMTP server in a process of its own; see `mail_server.py`.
///
/// It listens on a loopback port that the system chose, and ends with this object or with the test
/// process.
final class MailServer: Sendable {
    /// How the server behaves; the default takes every mail, without encryption.
    struct Behaviour: Sendable {
        /// Offers STARTTLS with this certificate and takes nothing before it.
        var certificate: TestCertificate?
        /// `user:password` that every client must give.
        var login: String?
        /// Replies to the first RCPT commands; 250 afterwards.
        var recipientReplies: [String] = []
        /// Replies to the first mails; 250 afterwards.
        var dataReplies: [String] = []
        /// From where on it never answers: `connect` or `data`.
        var silentFrom: String?
    }

    /// How it refuses everybody, from one command to the next.
    enum Refusal: Sendable {
        /// Greets with this reply and hangs up on the first word.
        case greeting(String)
        /// Gives every sender this reply.
        case sender(String)
        /// Offers no STARTTLS.
        case encryption
        /// Shows this certificate.
        case certificate(TestCertificate)
    }

    /// A mail that the server took, as Python's own mail parser reads it.
    struct Mail: Decodable, Sendable {
        let from: String
        let to: [String]
        let encrypted: Bool
        let login: String?
        let greetedAs: String
        let raw: Data
        let headers: [String: String]
        let fromName: String
        let fromAddress: String
        let date: String
        let contentTypes: [String]
        let text: String?
        let html: String?
        let defects: [String]
    }

    /// What it says once it behaves as it was told.
    private static let turned = Data(#""turned""#.utf8)

    private let process: PeerProcess

    var port: Int { process.port }

    init(_ behaviour: Behaviour = Behaviour()) async throws {
        process = try await PeerProcess("mail_server.py", behaviour.arguments)
    }

    /// How many mails it took so far.
    var mailCount: Int { mailLines.count }

    /// The mails that it took so far, but for the first ones.
    func mails(after count: Int) -> [Mail] { Self.decode(Array(mailLines.dropFirst(count))) }

    /// Refuses every mail like that from now on; takes them again where it is nil.
    ///
    /// Returns once it is in force; one caller at a time.
    func turn(_ refusal: Refusal?) async throws {
        let before = turns
        let order = try JSONEncoder().encode(refusal?.order ?? [:])
        try process.tell(String(decoding: order, as: UTF8.self))
        try await eventually(orElse: "the mail server never did as it was told") {
            turns > before
        }
    }

    private var mailLines: [Data] { process.said.filter { $0 != Self.turned } }

    private var turns: Int { process.said.count(where: { $0 == Self.turned }) }

    /// Ends the server and returns every mail that it took, oldest first.
    func stop() async -> [Mail] { Self.decode(await process.stop()) }

    private static func decode(_ lines: [Data]) -> [Mail] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return lines.compactMap { try? decoder.decode(Mail.self, from: $0) }
    }
}

extension MailServer.Refusal {
    /// As `mail_server.py` reads it.
    fileprivate var order: [String: String] {
        switch self {
        case .greeting(let reply): ["greeting": reply]
        case .sender(let reply): ["sender": reply]
        case .encryption: ["encryption": "none"]
        case .certificate(let shown):
            ["certificate": shown.certificate.path, "key": shown.key.path]
        }
    }
}

extension MailServer.Behaviour {
    fileprivate var arguments: [String] {
        var arguments: [String] = []
        if let certificate {
            arguments += ["--certificate", certificate.certificate.path]
            arguments += ["--key", certificate.key.path]
        }
        if let login { arguments += ["--login", login] }
        for reply in recipientReplies { arguments += ["--rcpt", reply] }
        for reply in dataReplies { arguments += ["--data", reply] }
        if let silentFrom { arguments += ["--silent", silentFrom] }
        return arguments
    }
}
