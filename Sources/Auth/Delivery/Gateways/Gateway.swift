import Cryptography
import Foundation
import Postgres

/// One rung of a practice's ladder: a provider that takes messages of one kind.
struct Gateway: Equatable, Sendable {
    /// Stands in the URL of its reports; nothing secret.
    let id: UUID
    let practiceID: UUID
    let kind: ChannelKind
    /// The practice's own word for it, a slug; what answers call it.
    let name: String
    let settings: GatewaySettings
    /// As they are stored; parsed into `settings`.
    let document: JSONValue
    /// Seconds after which an SMS without a report climbs to the next rung; nil: it never does.
    let reportWithinSeconds: Int?
    /// Sealed; see `GatewaySecret`.
    let sealedSecret: [UInt8]?
    let sealedReportSecret: [UInt8]?

    /// As answers show it: no secret, only whether there is one. `report_path` is below the service's
    /// public URL, and null for a gateway that never reports.
    var members: [JSONMember] {
        [
            JSONMember("id", .string(id.text)),
            JSONMember("name", .string(name)),
            JSONMember("type", .string(settings.type.rawValue)),
            JSONMember("settings", document),
            JSONMember("report_within_seconds", reportWithinSeconds.map(JSONValue.int) ?? .null),
            JSONMember("has_secret", .bool(sealedSecret != nil)),
            JSONMember("has_report_secret", .bool(sealedReportSecret != nil)),
            JSONMember("report_path", settings.reports ? .string(reportPath) : .null),
        ]
    }

    /// Where its reports come to, below the service's public URL.
    var reportPath: String { "/v1/delivery-reports/\(id.text)" }
}

extension Gateway {
    /// The columns that ``init(_:)`` reads, under names of their own.
    static let columns = """
        gateway.gateway_id, gateway.practice_id as gateway_practice_id, gateway.kind as gateway_kind, gateway.name as gateway_name,
               gateway.type as gateway_type, gateway.settings as gateway_settings,
               gateway.report_within_seconds, gateway.secret as gateway_secret,
               gateway.report_secret as gateway_report_secret
        """

    /// The row's gateway; nil where it has none, as after an outer join.
    init?(_ row: Row) throws {
        guard let id = try row.uuidIfPresent("gateway_id") else { return nil }
        let text = try row.json("gateway_settings")
        guard let kind = ChannelKind(rawValue: try row.text("gateway_kind")),
            let type = GatewaySettings.Kind(rawValue: try row.text("gateway_type")),
            let document = try? JSONReader.value(of: Array(text.utf8)),
            case .object(let members) = document
        else { throw PostgresError.undecodable("gateway_type") }
        var fields = FieldReader(members)
        guard let settings = try? fields.read({ try GatewaySettings(type, &$0) }) else {
            throw PostgresError.undecodable("gateway_settings")
        }
        self.init(
            id: id, practiceID: try row.uuid("gateway_practice_id"), kind: kind,
            name: try row.text("gateway_name"),
            settings: settings, document: document,
            reportWithinSeconds: try row.intIfPresent("report_within_seconds"),
            sealedSecret: try row.bytesIfPresent("gateway_secret"),
            sealedReportSecret: try row.bytesIfPresent("gateway_report_secret"))
    }
}

/// A gateway's secret in its row: sealed, and bound to practice, kind, name and origin, so that it
/// opens in no other row and for no other host (Z-25).
enum GatewaySecret: String, Sendable {
    /// What requests are signed or authenticated with.
    case requests = "secret"
    /// What reports are signed with, where that is another one.
    case reports = "report_secret"

    func sealed(
        _ secret: Secret<String>, with key: SealingKey, practice: UUID, kind: ChannelKind,
        name: String, origin: String
    ) -> [UInt8] {
        key.seal(
            Array(secret.expose().utf8),
            boundTo: binding(practice: practice, kind: kind, name: name, origin: origin))
    }

    /// Nil where there is none, or it does not open.
    func opened(of gateway: Gateway, with key: SealingKey) -> Secret<String>? {
        let sealed = self == .requests ? gateway.sealedSecret : gateway.sealedReportSecret
        guard let sealed,
            let bytes = try? key.open(
                sealed,
                boundTo: binding(
                    practice: gateway.practiceID, kind: gateway.kind, name: gateway.name,
                    origin: gateway.settings.origin))
        else { return nil }
        return Secret(String(decoding: bytes, as: UTF8.self))
    }

    /// The same secret, sealed by the current key.
    ///
    /// - Throws: `SealingKey.Fault` where the row was tampered with.
    func resealed(
        _ sealed: [UInt8], with key: SealingKey, practice: UUID, kind: ChannelKind, name: String,
        origin: String
    ) throws(SealingKey.Fault) -> [UInt8] {
        let binding = binding(practice: practice, kind: kind, name: name, origin: origin)
        return key.seal(try key.open(sealed, boundTo: binding), boundTo: binding)
    }

    private func binding(
        practice: UUID, kind: ChannelKind, name: String, origin: String
    ) -> [UInt8] {
        Array(
            "gateway.\(rawValue)|\(practice.text)|\(kind.rawValue)|\(name)|\(origin)".utf8)
    }
}

extension GatewaySettings {
    /// What a secret belongs to; a change of it erases the secret.
    var origin: String { url.map { "\(type.rawValue) \($0.origin)" } ?? type.rawValue }
}
