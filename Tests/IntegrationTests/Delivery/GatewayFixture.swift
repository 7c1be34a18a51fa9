import Cryptography
import Foundation
import Postgres

@testable import Auth

extension NewLadder {
    /// A ladder as a caller would give it.
    static func parsed(
        _ json: String, for kind: ChannelKind, hosts: Set<String>, development: Bool = false
    ) throws -> NewLadder {
        var fields = FieldReader(try JSONReader.object(of: Array("{\"ladder\": \(json)}".utf8)))
        let rules = Rules(
            allows: { hosts.contains($0.authority) }, development: development)
        let ladder = try fields.read { NewLadder("ladder", for: kind, of: &$0, by: rules) }
        guard let ladder else { throw Missing() }
        return ladder
    }

    struct Missing: Error {}
}

extension HTTPSPeer {
    /// This peer as a rung: a gateway whose answers and reports are plain JSON.
    func rung(_ name: String, reportWithin seconds: Int? = nil) -> String {
        let wait = seconds.map { ", \"report_within_seconds\": \($0)" } ?? ""
        return """
            {"name": "\(name)", "type": "http", "secret": "\(name)-key",
             "report_secret": "\(name)-report"\(wait),
             "settings": {"url": "\(origin)/v1/messages", "content_type": "json",
             "headers": [{"name": "X-Key", "value": "{{secret}}"}],
             "body": {"to": "{{to}}", "text": "{{text}}"},
             "message_id": "/id", "error_code": "/error",
             "reasons": {"17": "unknown_number", "21": "blocked_by_subscriber"},
             "reports": {"signature_header": "X-Signature", "message_id": "/id",
             "status": "/status", "delivered": ["ok"], "failed": ["lost"]}}}
            """
    }

    static let takes = Answer(status: 201, body: #"{"id": "G-1"}"#)
    /// Shortly before it would be given up.
    static let takesInTime = Answer(
        status: 201, body: #"{"id": "G-1"}"#, delay: OutboundDoor.limit.seconds - 1.5)
    static let refuses = Answer(status: 400, body: #"{"error": "17"}"#)
}

extension OutboxFixture {
    /// Gives the practice a ladder of those gateways.
    func setLadder(
        _ rungs: [String], for kind: ChannelKind = .sms, hosts: [HTTPSPeer]
    ) async throws {
        let ladder = try NewLadder.parsed(
            "[\(rungs.joined(separator: ", "))]", for: kind, hosts: Set(hosts.map(\.authority)))
        try await database.run(
            ReplaceLadder(practice: practice, ladder: ladder, key: keys.sealingKey(.gateway)))
    }
}
