import Cryptography
import Foundation
import Testing

@testable import Auth

/// Hands mails to a real SMTP server and SMS to a real HTTPS gateway, and keeps what these took, as they
/// read it: what a test finds has gone all the way.
final class PostedMessages: DeliveryChannel {
    let name = "posted"
    let kinds = Set(ChannelKind.allCases)

    private static let secret = "posted-key"

    /// Its files go with it, and the mail channel reads them at each connection.
    private let authority: TestAuthority
    private let server: MailServer
    private let gateway: HTTPSPeer
    private let mails: SMTPChannel
    private let texts: HTTPGatewayChannel
    private let kept: RecordingChannel

    init(keptIn kept: RecordingChannel) async throws {
        authority = try TestAuthority()
        let certificate = try authority.certificate(for: "localhost")
        server = try await MailServer(.init(certificate: certificate))
        gateway = try await HTTPSPeer(
            [HTTPSPeer.takes], certificate: certificate,
            callers: .header("X-Key", key: Self.secret))
        mails = try SMTPChannel(
            ServiceConfiguration.Mail(
                host: "localhost", port: server.port, username: nil, password: nil,
                from: "no-reply@praktijk.example",
                certificateAuthorities: authority.certificate.path),
            threads: 2)
        let settings = try ConformingChannel.settings(
            .http,
            """
            {"url": "\(gateway.origin)/sms", "content_type": "json",
             "headers": [{"name": "X-Key", "value": "{{secret}}"}],
             "body": {"to": "{{to}}", "text": "{{text}}", "from": "{{sender}}"},
             "message_id": "/id"}
            """)
        guard case .http(let http) = settings else { throw ConformingChannel.Unexpected() }
        texts = HTTPGatewayChannel(
            settings: http, secret: Secret(Self.secret),
            reportURL: "https://auth.example.nl/v1/delivery-reports/1",
            door: .toPeers([gateway.authority], trusting: authority))
        self.kept = kept
    }

    func deliver(_ message: RenderedMessage) async throws(DeliveryFailure) -> Receipt {
        let receipt: Receipt
        let taken: RenderedMessage?
        switch message.channel {
        case .email:
            receipt = try await mails.deliver(message)
            taken = await read { self.mail(message) }
        case .sms:
            receipt = try await texts.deliver(message)
            taken = await read { self.text(message) }
        }
        if let taken { _ = try await kept.deliver(taken) }
        return receipt
    }

    /// What the far side says that it took, as soon as it says so.
    private func read(
        _ find: @escaping @Sendable () -> RenderedMessage?
    ) async -> RenderedMessage? {
        try? await eventually(orElse: "what was handed over never arrived") { find() != nil }
        return find()
    }

    private func mail(_ message: RenderedMessage) -> RenderedMessage? {
        let id = message.id.uuidString.lowercased()
        let found = server.mails(after: 0).last {
            $0.headers["Message-ID"]?.dropFirst().hasPrefix(id) == true
        }
        guard let found, let text = found.text, found.encrypted else { return nil }
        return message.read(
            to: found.to.first, subject: found.headers["Subject"], text: text, html: found.html)
    }

    private func text(_ message: RenderedMessage) -> RenderedMessage? {
        let id = message.id.uuidString.lowercased()
        let found = gateway.requests.last {
            $0.fault == nil && $0.headers["idempotency-key"] == id
        }
        guard let json = found?.json, let text = json["text"].string else { return nil }
        return message.read(
            to: json["to"].string, subject: nil, text: text, html: nil,
            senderID: json["from"].string)
    }
}

extension RenderedMessage {
    /// As whoever got it reads it; the code is what stands in its text.
    fileprivate func read(
        to: String?, subject: String?, text: String, html: String?, senderID: String? = nil
    ) -> RenderedMessage {
        RenderedMessage(
            id: id, practiceID: practiceID, channel: channel, to: to ?? "", locale: locale,
            senderName: senderName, subject: subject, text: text, html: html,
            code: text.firstMatch(of: /\b\d{6}\b/).map { String($0.output) },
            sentAt: sentAt, expiresAt: expiresAt, senderID: senderID)
    }
}
