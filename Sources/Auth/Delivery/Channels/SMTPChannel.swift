import CCurl
import Cryptography
import Foundation

/// Hands mails to a mail server by SMTP, never without encryption (RFC 5321, 3207).
///
/// STARTTLS is demanded, the server's certificate and name are checked, and each message has a
/// connection and a time limit of its own. libcurl blocks, so it runs on the channel's own threads.
final class SMTPChannel: DeliveryChannel {
    /// How long one conversation may take; with a second for the farewell it stays below
    /// `Dispatcher.handOverLimit`.
    struct Limits: Sendable {
        /// Name look-up, connection and encryption.
        var connecting = Duration.seconds(5)
        /// The whole conversation.
        var conversation = Duration.seconds(10)
    }

    let name = "smtp"
    let kinds: Set<ChannelKind> = [.email]

    private let server: SMTPServer
    private let limits: Limits
    private let threads: BlockingThreads

    /// - Parameter threads: conversations at the same time; the dispatcher's workers.
    /// - Throws: `SMTPSettingsFault`, which names each setting that can't be used.
    init(
        _ settings: ServiceConfiguration.Mail, threads: Int, limits: Limits = Limits()
    ) throws(SMTPSettingsFault) {
        server = try SMTPServer(settings)
        self.limits = limits
        self.threads = BlockingThreads(count: threads, name: "smtp")
        CurlLibrary.start()
    }

    deinit {
        threads.stop()
    }

    func deliver(_ message: RenderedMessage) async throws(DeliveryFailure) -> Receipt {
        guard let to = EmailAddress(message.to), to.typed == message.to else {
            throw .permanent(.addressUnusable)
        }
        let mail: InternetMessage
        do throws(MailFault) {
            mail = try InternetMessage(message, to: to, from: server.sender)
        } catch {
            throw .permanent(.messageUnreadable)
        }
        let (server, limits, bytes) = (server, limits, mail.bytes)
        let reply = await threads.run { server.send(bytes, to: to, limits: limits) }
        return try reply.receipt(carriesCode: message.code != nil)
    }
}

/// A mail server as checked settings.
struct SMTPServer: Sendable {
    let sender: EmailAddress
    private let url: String
    private let username: String?
    private let password: Secret<String>?
    private let certificateAuthorities: String?

    init(_ settings: ServiceConfiguration.Mail) throws(SMTPSettingsFault) {
        var faults: [String] = []
        let sender = EmailAddress(settings.from)
        if sender == nil { faults.append("the sender is not a bare mail address") }
        // The host becomes part of a URL; what could end the host there is no host.
        let isHost =
            !settings.host.isEmpty && settings.host.utf8.count <= 253
            && settings.host.utf8.allSatisfy(Self.isHostCharacter)
        if !isHost { faults.append("the host is not a host name or address") }
        if !(1...65_535).contains(settings.port) { faults.append("the port is not of 1 to 65535") }
        if (settings.username == nil) != (settings.password == nil) {
            faults.append("user name and password belong together")
        }
        if let file = settings.certificateAuthorities,
            !FileManager.default.isReadableFile(atPath: file)
        {
            faults.append("the file of certificate authorities can't be read")
        }
        guard let sender, faults.isEmpty else { throw SMTPSettingsFault(faults: faults) }

        self.sender = sender
        let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        // The path is the name we greet with; servers refuse a bare machine name there.
        url = "smtp://\(host):\(settings.port)/\(sender.domain.ascii)"
        username = settings.username
        password = settings.password
        certificateAuthorities = settings.certificateAuthorities
    }

    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
            UInt8(ascii: ":"):
            true
        default: false
        }
    }

    /// One conversation; blocks.
    func send(_ mail: [UInt8], to: EmailAddress, limits: SMTPChannel.Limits) -> SMTPReply {
        withOptionalCString(username) { username in
            withOptionalCString(password?.expose()) { password in
                withOptionalCString(certificateAuthorities) { authorities in
                    url.withCString { url in
                        var server = ccurl_smtp_server(
                            url: url, username: username, password: password, ca_file: authorities,
                            connect_timeout_ms: Int(limits.connecting.seconds * 1000),
                            timeout_ms: Int(limits.conversation.seconds * 1000))
                        return SMTPReply(
                            ccurl_smtp_send(&server, sender.wire, to.wire, mail, mail.count))
                    }
                }
            }
        }
    }
}

/// Mail settings that can't be used.
package struct SMTPSettingsFault: Error, Equatable, CustomStringConvertible {
    /// One sentence a setting, without its value.
    package let faults: [String]

    package var description: String { "mail: " + faults.joined(separator: "; ") }
}
