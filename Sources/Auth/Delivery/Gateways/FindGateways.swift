import Foundation
import Postgres

/// A practice's gateways, kind by kind, each ladder in its order.
struct FindGateways: Statement {
    let practice: UUID

    static let lane = Lane.ordinary

    static let sql = """
        select \(Gateway.columns), $nonce as nonce
        from (values (1)) as always_one_row
        left join gateway on gateway.practice_id = $1::uuid
        order by gateway.kind, gateway.rung, gateway.name
        """

    var parameters: [Parameter] { [.uuid(practice)] }

    static func decode(_ rows: [Row]) throws -> [Gateway] {
        try rows.compactMap(Gateway.init)
    }
}

/// The gateway that a report names, whoever it belongs to: the report's signature shows that.
struct FindGateway: Statement {
    let id: UUID

    static let spansPractices: String? = "a report comes without a key, and names its gateway alone"

    static let sql = """
        select \(Gateway.columns), $nonce as nonce
        from (values (1)) as always_one_row
        left join gateway on gateway.gateway_id = $1::uuid
        """

    var parameters: [Parameter] { [.uuid(id)] }

    static func decode(_ rows: [Row]) throws -> Gateway? {
        try rows.first.flatMap(Gateway.init)
    }
}
