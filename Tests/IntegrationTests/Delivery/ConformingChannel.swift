import Cryptography
import Foundation

@testable import Auth

/// A channel beside a real peer that behaves as a test wants it to. A channel that is added is added
/// here, and every test of `ChannelConformanceTests` runs on it.
enum ConformingChannel: String, CaseIterable, Sendable {
    case smtp, twilio, httpJSON, httpForm, webhook, mailbox, pager

    /// What the peer does with a message.
    enum Behaviour: Sendable {
        case takes
        case refusesForGood
        case refusesForNow
        /// It reads and never answers.
        case silent
        /// It answers with a certificate that nobody signed whom we trust.
        case untrusted
        /// It knows its callers by another secret.
        case knowsAnother
    }

    /// The behaviours that its peer can have: the mailbox is in our own memory.
    static let remote = allCases.filter { $0 != .mailbox }

    /// Those that have a secret: a mail server's login has its own test.
    static let known = remote.filter { $0 != .smtp }

    /// Stands in its settings where a secret does.
    static let secret = "canary-5f2c9e71-secret"
    static let webhookSecret = "whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5"

    var kind: ChannelKind {
        switch self {
        case .smtp, .mailbox: .email
        case .twilio, .httpJSON, .httpForm, .webhook, .pager: .sms
        }
    }

    var address: String { kind == .email ? "kari@example.no" : "+4741234567" }
}

/// A message as it reached the peer.
struct HandedOver: Equatable, Sendable {
    /// By which the far side knows a message that comes twice.
    let key: String
    let to: String
    let text: String
}

/// The channel, and what reached its peer; ends the peer.
struct StartedChannel: Sendable {
    let channel: any DeliveryChannel
    /// Whose folders have the certificates, and go with them.
    let authorities: [TestAuthority]
    let handedOver: @Sendable () async -> [HandedOver]
}

extension ConformingChannel {
    func start(_ behaviour: Behaviour) async throws -> StartedChannel {
        let authority = try TestAuthority()
        let other = try TestAuthority()
        let trusted = behaviour == .untrusted ? other : authority
        let certificate = try authority.certificate(for: "localhost")
        switch self {
        case .smtp: return try await startMail(behaviour, certificate, trusting: trusted)
        case .mailbox:
            let mailbox = DeveloperMailbox()
            return StartedChannel(channel: mailbox, authorities: []) {
                mailbox.mails().map {
                    HandedOver(key: $0.id.uuidString.lowercased(), to: $0.to, text: $0.text)
                }
            }
        case .twilio, .httpJSON, .httpForm, .webhook, .pager:
            let peer = try await HTTPSPeer(
                [answer(behaviour)], certificate: certificate,
                callers: callers(behaviour))
            let door = OutboundDoor.toPeers([peer.authority], trusting: trusted)
            let channel = try channel(to: peer, through: door)
            return StartedChannel(channel: channel, authorities: [authority, other]) {
                await peer.stop().filter { $0.fault == nil }.map(handedOver)
            }
        }
    }

    private func startMail(
        _ behaviour: Behaviour, _ certificate: TestCertificate, trusting authority: TestAuthority
    ) async throws -> StartedChannel {
        var server = MailServer.Behaviour(certificate: certificate)
        switch behaviour {
        case .takes, .untrusted, .knowsAnother: break
        case .refusesForGood: server.recipientReplies = ["550 5.1.1 no such user"]
        case .refusesForNow: server.recipientReplies = ["451 4.3.0 later"]
        case .silent: server.silentFrom = "data"
        }
        let running = try await MailServer(server)
        let channel = try SMTPChannel(
            .init(
                host: "localhost", port: running.port, from: "no-reply@praktijk.example",
                certificateAuthorities: authority.certificate.path), threads: 4,
            limits: .init(connecting: .seconds(5), conversation: .seconds(5)))
        return StartedChannel(channel: channel, authorities: [authority, certificate.authority]) {
            await running.stop().map { mail in
                let id = mail.headers["Message-ID"]?.dropFirst().prefix(36) ?? ""
                return HandedOver(
                    key: String(id), to: mail.to.first ?? "",
                    text: mail.text?.replacing("\r\n", with: "\n") ?? "")
            }
        }
    }

    private func answer(_ behaviour: Behaviour) -> HTTPSPeer.Answer {
        switch (behaviour, self) {
        case (.takes, _), (.untrusted, _), (.knowsAnother, _):
            .init(
                status: 201, body: #"{"sid": "SM1", "messages": [{"id": 77}], "status": "queued"}"#)
        case (.refusesForGood, .webhook), (.refusesForGood, .pager): .init(status: 410)
        case (.refusesForGood, _):
            .init(status: 400, body: #"{"code": 21614, "error": {"code": 21614}, "message": "no"}"#)
        case (.refusesForNow, _): .init(status: 503)
        case (.silent, _): .init(hang: true)
        }
    }

    private func callers(_ behaviour: Behaviour) -> HTTPSPeer.Callers {
        let isKnown = behaviour != .knowsAnother
        let secret = isKnown ? Self.secret : "another-secret"
        return switch self {
        case .twilio: .twilio(account: "AC1", token: secret)
        case .httpJSON, .pager: .header("Authorization", key: "Bearer \(secret)")
        case .httpForm: .field("key", key: secret)
        case .webhook:
            .webhook(
                secret: isKnown ? Self.webhookSecret : "whsec_YW5vdGhlci1hbm90aGVyLWFub3RoZXI=")
        case .smtp, .mailbox: .anybody
        }
    }

    private func channel(
        to peer: HTTPSPeer, through door: OutboundDoor
    ) throws -> any DeliveryChannel {
        let reportURL = "https://auth.example.nl/v1/delivery-reports/1"
        switch self {
        case .twilio:
            let settings = try Self.settings(
                .twilio, #"{"url": "\#(peer.origin)", "account": "AC1", "sender": "2077"}"#)
            guard case .twilio(let twilio) = settings else { throw Unexpected() }
            return TwilioChannel(
                settings: twilio, authToken: Secret(Self.secret), reportURL: reportURL, door: door)
        case .httpJSON, .httpForm:
            let settings = try Self.settings(.http, self == .httpForm ? form(peer) : json(peer))
            guard case .http(let http) = settings else { throw Unexpected() }
            return HTTPGatewayChannel(
                settings: http, secret: Secret(Self.secret), reportURL: reportURL, door: door)
        case .webhook:
            guard let url = OutboundURL(peer.origin + "/hooks"),
                let signer = StandardWebhook(Secret(Self.webhookSecret))
            else { throw Unexpected() }
            return WebhookChannel(settings: .init(url: url), signer: signer, door: door)
        case .pager:
            guard let url = OutboundURL(peer.origin + "/pages") else { throw Unexpected() }
            return PagerChannel(url: url, key: Secret(Self.secret), door: door)
        case .smtp, .mailbox: throw Unexpected()
        }
    }

    struct Unexpected: Error {}

    static func settings(
        _ type: GatewaySettings.Kind, _ json: String
    ) throws -> GatewaySettings {
        var fields = FieldReader(try JSONReader.object(of: Array(json.utf8)))
        return try fields.read { try GatewaySettings(type, &$0) }
    }

    private func json(_ peer: HTTPSPeer) -> String {
        """
        {"url": "\(peer.origin)/v1/messages", "content_type": "json",
         "headers": [{"name": "Authorization", "value": "Bearer {{secret}}"}],
         "body": {"messages": [{"to": "{{to}}", "body": "{{text}}", "ref": "{{id}}"}], "ttl": 10},
         "message_id": "/messages/0/id", "error_code": "/error/code",
         "reasons": {"21614": "not_a_mobile"}}
        """
    }

    private func form(_ peer: HTTPSPeer) -> String {
        """
        {"url": "\(peer.origin)/send", "content_type": "form", "method": "PUT",
         "body": {"recipient": "{{to_digits}}", "message": "{{text}}", "key": "{{secret}}"},
         "error_code": "/code", "reasons": {"21614": "not_a_mobile"}}
        """
    }

    @Sendable private func handedOver(_ request: HTTPSPeer.Request) -> HandedOver {
        let (form, json) = (request.form, request.json ?? .absent)
        let key = request.headers["idempotency-key"] ?? request.headers["webhook-id"] ?? ""
        return switch self {
        case .twilio: HandedOver(key: key, to: form["To"] ?? "", text: form["Body"] ?? "")
        case .httpJSON:
            HandedOver(
                key: key, to: json["messages"][0]["to"].string ?? "",
                text: json["messages"][0]["body"].string ?? "")
        case .httpForm:
            HandedOver(
                key: key, to: "+" + (form["recipient"] ?? ""), text: form["message"] ?? "")
        case .webhook:
            HandedOver(
                key: key, to: json["data"]["to"].string ?? "",
                text: json["data"]["text"].string ?? "")
        case .pager:
            HandedOver(key: key, to: json["to"].string ?? "", text: json["text"].string ?? "")
        case .smtp, .mailbox: HandedOver(key: "", to: "", text: "")
        }
    }
}
