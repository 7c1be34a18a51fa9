import Cryptography
import Foundation
import HTTPTypes
import Postgres

/// The practice's own settings.
struct PracticeRoutes: Sendable {
    let database: Database
    let keys: KeyRing
    let authenticator: KeyAuthenticator

    func add(to endpoints: Endpoints) {
        endpoints.get("/v1/practice", scope: .practice, read)
        endpoints.put("/v1/practice", scope: .practice, change)
    }

    /// Changes that read anew because another one came between; nobody loses three in a row.
    private static let attempts = 3

    @Sendable private func read(_ context: AuthRequestContext) async throws -> Answer {
        answer(try await find(try context.caller))
    }

    @Sendable private func change(_ context: AuthRequestContext) async throws -> Answer {
        let fields = try FieldReader(json: context.body)
        let act = try context.act(keys)
        for _ in 0..<Self.attempts {
            let current = try await find(try context.caller)
            var reader = fields
            let wanted = try reader.read { current.changed(by: &$0) }
            if let condition = context.ifMatch, !current.matches(condition) {
                throw Problem(.preconditionFailed)
            }
            let changes = current.changes(to: wanted)
            if changes.isEmpty { return answer(current) }
            let revision = try await database.run(
                ChangePractice(act: act, practice: wanted, changes: changes))
            guard let revision else { continue }
            authenticator.forget(current.id)
            var changed = wanted
            changed.revision = revision
            return answer(changed)
        }
        throw Problem(.overloaded)
    }

    private func find(_ caller: Caller) async throws -> Practice {
        try await database.run(FindPractice(practice: caller.practice.id))
    }

    private func answer(_ practice: Practice) -> Answer {
        .json(.object(practice.members), headers: [.eTag: practice.entityTag])
    }
}

extension Practice {
    var entityTag: String { "\"\(String(revision, radix: 16))\"" }

    /// Strong comparison, as If-Match asks (RFC 9110 13.1.1).
    fileprivate func matches(_ condition: String) -> Bool {
        condition.split(separator: ",").map(\.trimmingSpaces)
            .contains { $0 == "*" || $0 == entityTag }
    }

    /// The settings as callers see them, with null for what is not set.
    fileprivate var members: [JSONMember] {
        func text(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
        func texts(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
        return [
            JSONMember("id", .string(id.text)),
            JSONMember("name", .string(name)),
            JSONMember("country", .string(country.rawValue)),
            JSONMember("time_zone", .string(timeZone.identifier)),
            JSONMember("locale", .string(locale.rawValue)),
            JSONMember("audience", .string(audience)),
            JSONMember("portal_origin", .string(portalOrigin)),
            JSONMember("support_contact", .string(supportContact)),
            JSONMember("admin_contacts", texts(adminContacts)),
            JSONMember("sms_price_note", text(smsPriceNote)),
            JSONMember("sender_id", text(senderID)),
            JSONMember(
                "policy",
                .object([
                    JSONMember("email_codes", .bool(policy.emailCodes)),
                    JSONMember("code_lifetime_seconds", .int(policy.codeLifetimeSeconds)),
                    JSONMember("resend_wait_seconds", .int(policy.resendWaitSeconds)),
                    JSONMember("sends_per_hour", .int(policy.sendsPerHour)),
                    JSONMember("sends_per_day", .int(policy.sendsPerDay)),
                    JSONMember("allowed_countries", texts(policy.allowedCountries)),
                    JSONMember("sms_per_day", .int(policy.smsPerDay)),
                    JSONMember("sms_cost_per_day", .int(policy.smsCostPerDay)),
                    JSONMember("sms_cost_currency", .string(policy.smsCostCurrency.rawValue)),
                ])),
        ]
    }

    /// The names of what differs, those of the policy by themselves.
    fileprivate func changes(to other: Practice) -> [String] {
        func names(_ old: [JSONMember], _ new: [JSONMember]) -> [String] {
            zip(old, new).flatMap { old, new in
                switch (old.value, new.value) {
                case (.object(let old), .object(let new)): names(old, new)
                default: old.value == new.value ? [] : [old.name]
                }
            }
        }
        return names(members, other.members)
    }
}
