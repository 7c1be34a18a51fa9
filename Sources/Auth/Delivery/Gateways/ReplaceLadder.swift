import Cryptography
import Foundation
import Postgres

/// Puts a practice's ladder for one kind of message in the place of the one it has.
///
/// A gateway is known by its name: it keeps its id (which stands in the URL that reports come to)
/// and, unless a new one is given, its secrets; but not where its type, scheme, host or port changed
/// (Z-25).
struct ReplaceLadder: Statement {
    let practice: UUID
    let ladder: NewLadder
    let key: SealingKey

    static let lane = Lane.ordinary

    var subject: UUID? { practice }

    static let sql = """
        with given as (  -- 1. The new ladder, in its order.
            select *
            from jsonb_to_recordset($3::jsonb) as given
                (rung int2, name text, type text, settings jsonb, origin text,
                 report_within_seconds int4, secret text, report_secret text)
        ),
        removed as (  -- 2. Gateways that it no longer has.
            delete from gateway
            where gateway.practice_id = $1::uuid
              and gateway.kind = $2::text
              and gateway.name not in (select given.name from given)
        ),
        placed as (  -- 3. Those that it has; one that moved to another host loses its secrets.
            insert into gateway
                (practice_id, gateway_id, kind, name, rung, type, settings, origin,
                 report_within_seconds, secret, report_secret)
            select $1::uuid, gen_random_uuid(), $2::text, given.name, given.rung, given.type,
                   given.settings, given.origin, given.report_within_seconds,
                   decode(given.secret, 'hex'), decode(given.report_secret, 'hex')
            from given
            on conflict (practice_id, kind, name) do update
            set rung = excluded.rung,
                type = excluded.type,
                settings = excluded.settings,
                origin = excluded.origin,
                report_within_seconds = excluded.report_within_seconds,
                secret = case
                    when excluded.secret is not null then excluded.secret
                    when gateway.origin = excluded.origin then gateway.secret
                end,
                report_secret = case
                    when excluded.report_secret is not null then excluded.report_secret
                    when gateway.origin = excluded.origin then gateway.report_secret
                end
            returning gateway_id
        )
        select count(placed.gateway_id) as gateways, $nonce as nonce
        from (values (1)) as always_one_row
        left join placed on true
        """

    var parameters: [Parameter] {
        [.uuid(practice), .text(ladder.kind.rawValue), .json(document.text)]
    }

    static func decode(_ rows: [Row]) throws {}

    private var document: JSONValue {
        .array(
            ladder.rungs.enumerated().map { index, rung in
                .object([
                    JSONMember("rung", .int(index + 1)),
                    JSONMember("name", .string(rung.name)),
                    JSONMember("type", .string(rung.type.rawValue)),
                    JSONMember("settings", rung.document),
                    JSONMember("origin", .string(rung.settings.origin)),
                    JSONMember(
                        "report_within_seconds",
                        rung.reportWithinSeconds.map(JSONValue.int) ?? .null),
                    JSONMember("secret", sealed(rung.secret, .requests, rung)),
                    JSONMember("report_secret", sealed(rung.reportSecret, .reports, rung)),
                ])
            })
    }

    private func sealed(
        _ secret: Secret<String>?, _ use: GatewaySecret, _ rung: NewLadder.Rung
    ) -> JSONValue {
        guard let secret else { return .null }
        let bytes = use.sealed(
            secret, with: key, practice: practice, kind: ladder.kind, name: rung.name,
            origin: rung.settings.origin)
        return .string(bytes.hexadecimal)
    }
}
