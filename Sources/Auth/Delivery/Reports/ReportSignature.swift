import Cryptography
import Foundation

/// Whether a report comes from the gateway that it names: a MAC over its raw body (Z-27).
struct ReportSignature: Sendable {
    let gateway: Gateway
    let key: SealingKey
    /// Where the gateway was told to report to.
    let url: String

    func isValid(on form: ReportForm, now: Date) -> Bool {
        switch gateway.settings {
        case .smtp, .mailbox: false
        case .twilio: isTwilios(form)
        case .webhook: isStandardWebhook(form, now: now)
        case .http(let settings): isHMAC(form, settings.reports)
        }
    }

    private var secret: Secret<String>? { GatewaySecret.requests.opened(of: gateway, with: key) }

    /// HMAC-SHA-1 under the auth token, over the URL and the fields in the order of their names;
    /// base64 in `X-Twilio-Signature`.
    private func isTwilios(_ form: ReportForm) -> Bool {
        guard let secret, form.isForm,
            let given = form.headers["x-twilio-signature"].flatMap({ Data(base64Encoded: $0) }),
            let fields = try? FormReader.fields(of: form.body)
        else { return false }
        // By bytes: Swift would compare texts in another order.
        let sorted = fields.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        let signed = sorted.reduce(url) { $0 + $1.name + $1.value }
        return HMAC.isValid(
            [UInt8](given), for: Array(signed.utf8), key: secret.bytes, digest: .sha1)
    }

    private func isStandardWebhook(_ form: ReportForm, now: Date) -> Bool {
        guard let signer = secret.flatMap({ StandardWebhook($0) }),
            let id = form.headers["webhook-id"], let time = form.headers["webhook-timestamp"],
            let signatures = form.headers["webhook-signature"]
        else { return false }
        return signer.isValid(
            id: id, timestamp: time, signatures: signatures, body: form.body, now: now)
    }

    /// HMAC-SHA-256 over the body, in hexadecimal or base64, alone or after `sha256=`.
    private func isHMAC(_ form: ReportForm, _ reports: HTTPGatewaySettings.Reports?) -> Bool {
        guard let reports,
            let secret = GatewaySecret.reports.opened(of: gateway, with: key),
            let header = form.headers[reports.signatureHeader.lowercased()]
        else { return false }
        let text = header.hasPrefix("sha256=") ? String(header.dropFirst(7)) : header
        guard let tag = Self.hexadecimal(text) ?? Data(base64Encoded: text).map({ [UInt8]($0) })
        else { return false }
        return HMAC.isValid(tag, for: form.body, key: secret.bytes)
    }

    private static func hexadecimal(_ text: String) -> [UInt8]? {
        guard text.utf8.count == 2 * SHA256.count else { return nil }
        var bytes: [UInt8] = []
        var rest = text[...]
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
