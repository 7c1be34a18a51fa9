import Cryptography
import Foundation

/// The channel of each gateway: the operator's own, or one made from a practice's settings.
struct GatewayChannels: Sendable {
    /// Names of the channels that settings can make, for metrics.
    static let madeNames = ["twilio", "http", "webhook", "none"]

    /// The operator's, by kind.
    let operators: [ChannelKind: any DeliveryChannel]
    let door: OutboundDoor
    let keys: KeyRing
    /// The service's own public URL, which reports come to.
    let publicURL: String

    init(
        _ channels: [any DeliveryChannel], door: OutboundDoor, keys: KeyRing, publicURL: String
    ) {
        operators = Dictionary(
            uniqueKeysWithValues: ChannelKind.allCases.compactMap { kind in
                channels.first { $0.kinds.contains(kind) }.map { (kind, $0) }
            })
        self.door = door
        self.keys = keys
        self.publicURL = publicURL
    }

    /// What takes a message of that kind at that gateway; nil is a practice without a ladder.
    func channel(_ gateway: Gateway?, for kind: ChannelKind) -> any DeliveryChannel {
        guard let gateway else { return operators[kind] ?? NoChannel(reason: .noGateway) }
        let secret = GatewaySecret.requests.opened(
            of: gateway, with: keys.sealingKey(.gateway))
        switch gateway.settings {
        case .smtp, .mailbox:
            return operators[kind] ?? NoChannel(reason: .noGateway)
        case .twilio(let settings):
            guard let secret else { return NoChannel(reason: .loginRefused) }
            return TwilioChannel(
                settings: settings, authToken: secret, reportURL: reportURL(of: gateway), door: door
            )
        case .webhook(let settings):
            guard let signer = secret.flatMap({ StandardWebhook($0) }) else {
                return NoChannel(reason: .loginRefused)
            }
            return WebhookChannel(settings: settings, signer: signer, door: door)
        case .http(let settings):
            return HTTPGatewayChannel(
                settings: settings, secret: secret, reportURL: reportURL(of: gateway), door: door)
        }
    }

    /// What a practice may choose on this installation.
    var rules: NewLadder.Rules {
        NewLadder.Rules(
            allows: { [door] url in door.allows(url) },
            development: operators.values.contains { $0 is DeveloperMailbox })
    }

    func reportURL(of gateway: Gateway) -> String {
        publicURL + gateway.reportPath
    }
}

/// Stands where a gateway can't be used: nothing is configured, or its secret was erased.
private struct NoChannel: DeliveryChannel {
    let name = "none"
    let kinds = Set(ChannelKind.allCases)
    let reason: DeliveryFailure.Reason

    func deliver(_ message: RenderedMessage) async throws(DeliveryFailure) -> Receipt {
        throw .permanent(reason)
    }
}
