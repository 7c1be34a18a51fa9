import Cryptography
import Foundation
import HTTPTypes
import Metrics
import Postgres

/// Where gateways report what became of messages (Z-27).
///
/// No API key: a report is signed over its raw body with the secret of the gateway that its path
/// names. Whoever can't sign learns nothing, not even whether there is such a gateway.
struct DeliveryReportRoutes: Sendable {
    let database: Database
    let channels: GatewayChannels
    let metrics: any MetricsFactory

    func add(to endpoints: Endpoints) {
        endpoints.post(signed: "/v1/delivery-reports/{gateway}", report)
    }

    @Sendable private func report(_ context: AuthRequestContext) async throws -> Answer {
        let form = ReportForm(
            body: context.body, isForm: context.isForm, headers: Self.singles(context.signedHeaders)
        )
        let id = try context.id("gateway", orElse: .signatureInvalid)
        guard let gateway = try await database.run(FindGateway(id: id)) else {
            throw Problem(.signatureInvalid)
        }
        let signature = ReportSignature(
            gateway: gateway, key: channels.keys.sealingKey(.gateway),
            url: channels.reportURL(of: gateway))
        guard signature.isValid(on: form, now: Date()) else { throw Problem(.signatureInvalid) }
        // Once the sender is known, what was wrong with the report can be said.
        guard let report = try DeliveryReport(of: gateway, in: form) else { return .noContent }
        let outcome = try await database.run(RecordReport(gateway: gateway, report: report))
        count(outcome, of: report, gateway)
        if outcome == .early { throw Problem(.overloaded) }
        return .noContent
    }

    /// A gateway of which nothing is ever `recorded` reports numbers that its settings misread.
    private func count(
        _ outcome: RecordReport.Outcome, of report: DeliveryReport, _ gateway: Gateway
    ) {
        Counter(
            label: "auth_delivery_reports_total",
            dimensions: [
                ("channel", gateway.settings.type.rawValue), ("state", report.state.rawValue),
                ("outcome", outcome.rawValue),
            ], factory: metrics
        ).increment()
    }

    /// A header that comes twice is one that two readers could read differently.
    private static func singles(_ fields: HTTPFields) -> [String: String] {
        var headers: [String: String] = [:]
        for field in fields where fields[values: field.name].count == 1 {
            headers[field.name.canonicalName] = field.value
        }
        return headers
    }
}
