import Cryptography
import Foundation
import HTTPTypes
import Postgres

/// The practice's own settings.
struct PracticeRoutes: Sendable {
    let database: Database
    let keys: KeyRing
    let authenticator: KeyAuthenticator
    /// What a practice may choose as its gateways.
    let gateways: NewLadder.Rules

    func add(to endpoints: Endpoints) {
        endpoints.get("/v1/practice", scope: .practice, read)
        endpoints.put("/v1/practice", scope: .practice, change)
    }

    /// Changes that read anew because another one came between; nobody loses three in a row.
    private static let attempts = 3
    /// Batches of national numbers that one attempt waits for; the housekeeper forgets the others.
    private static let forgettingBatches = 20

    @Sendable private func read(_ context: AuthRequestContext) async throws -> Answer {
        try await answer(try await find(try context.caller))
    }

    @Sendable private func change(_ context: AuthRequestContext) async throws -> Answer {
        let fields = try FieldReader(json: context.body)
        let act = try context.act(keys)
        let actor = try context.caller.clientName
        for _ in 0..<Self.attempts {
            let current = try await find(try context.caller)
            var reader = fields
            let gateways = try await database.run(FindGateways(practice: current.id))
            var ladders: [NewLadder] = []
            let wanted = try reader.read { fields in
                let wanted = current.changed(by: &fields)
                let countries = wanted.policy.senderCountries
                fields.optionalObject("channels") {
                    ladders = self.ladders(&$0, senderCountries: countries)
                }
                if countries != current.policy.senderCountries,
                    !ladders.contains(where: { $0.kind == .sms })
                {
                    fields.faults += Self.senderFaults(of: gateways, in: countries)
                }
                return wanted
            }
            if let condition = context.ifMatch, !current.matches(condition) {
                throw Problem(.preconditionFailed)
            }
            // An answer that is sent back changes nothing.
            ladders = ladders.filter { ladder in
                !ladder.describes(gateways.filter { $0.kind == ladder.kind })
            }
            let changes = current.changes(to: wanted) + (ladders.isEmpty ? [] : ["channels"])
            if changes.isEmpty { return try await answer(current) }
            if wanted.policy.nationalNumbers, !current.policy.nationalNumbers {
                try await forgetNumbers()
            }
            let notice = try AdminNotice(
                .settings(changes, by: actor), to: current, newContacts: wanted.adminContacts,
                keys: keys)
            let change = ChangePractice(
                act: act, practice: wanted, changes: changes, notice: notice)
            switch try await save(change, ladders) {
            case .overtaken: continue
            case .tooMany(let until): throw Problem(.tooManyChanges, retryAt: until)
            case .changed(let revision):
                authenticator.forget(current.id)
                var changed = wanted
                changed.revision = revision
                return try await answer(changed)
            }
        }
        throw Problem(.overloaded)
    }

    /// What is left of national numbers that practices kept before they switched them off.
    private func forgetNumbers() async throws {
        for _ in 0..<Self.forgettingBatches {
            let forgotten = try await database.run(ForgetNationalNumbers())
            if forgotten < ForgetNationalNumbers.batchLimit { return }
        }
    }

    private func find(_ caller: Caller) async throws -> Practice {
        try await database.run(FindPractice(practice: caller.practice.id))
    }

    private func ladders(
        _ fields: inout FieldReader, senderCountries: [Practice.Country]
    ) -> [NewLadder] {
        var rules = gateways
        rules.senderCountries = senderCountries
        return ChannelKind.allCases.compactMap { kind in
            NewLadder(kind.rawValue, for: kind, of: &fields, by: rules)
        }
    }

    /// What networks of countries newly allowed refuse in the SMS ladder that stays.
    private static func senderFaults(
        of gateways: [Gateway], in countries: [Practice.Country]
    ) -> [Problem.Fault] {
        gateways.filter { $0.kind == .sms }.enumerated().compactMap { index, gateway in
            gateway.settings.senderFault(in: countries).map {
                Problem.Fault(.pointer("/channels/sms/\(index)/settings/sender"), $0)
            }
        }
    }

    /// Settings and gateways in one commit.
    private func save(
        _ change: ChangePractice, _ ladders: [NewLadder]
    ) async throws -> ChangePractice.Outcome {
        if ladders.isEmpty { return try await database.run(change) }
        return try await database.transaction { [key = keys.sealingKey(.gateway)] transaction in
            let outcome = try await transaction.run(change)
            guard case .changed = outcome else { return outcome }
            for ladder in ladders {
                try await transaction.run(
                    ReplaceLadder(practice: change.practice.id, ladder: ladder, key: key))
            }
            return outcome
        }
    }

    private func answer(_ practice: Practice) async throws -> Answer {
        let found = try await database.run(FindGateways(practice: practice.id))
        let channels = ChannelKind.allCases.map { kind in
            JSONMember(
                kind.rawValue, .array(found.filter { $0.kind == kind }.map { .object($0.members) }))
        }
        return .json(
            .object(practice.members(found) + [JSONMember("channels", .object(channels))]),
            headers: [.eTag: practice.entityTag])
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
    fileprivate func members(_ gateways: [Gateway]) -> [JSONMember] {
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
            JSONMember("sender_id_notes", texts(senderIDNotes(with: gateways))),
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
                    JSONMember("password_rules", .string(policy.passwordRules.rawValue)),
                    JSONMember("national_numbers", .bool(policy.nationalNumbers)),
                    JSONMember("national_number_login", .bool(policy.nationalNumberLogin)),
                    JSONMember("synthetic_numbers", .bool(policy.syntheticNumbers)),
                    JSONMember(
                        "required_for_enrolment",
                        texts(EnrolmentRequirement.names(policy.requiredForEnrolment))),
                    JSONMember("identity_by_details", .bool(policy.identityByDetails)),
                    JSONMember("invitation_reminder", .bool(policy.invitationReminder)),
                    JSONMember("second_factor", .string(policy.secondFactor.rawValue)),
                    JSONMember("super_pin", .string(policy.superPIN.rawValue)),
                    JSONMember("remembered_device", .bool(policy.rememberedDevice)),
                    JSONMember("step_up_max_age_seconds", .int(policy.stepUpMaxAgeSeconds)),
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
        return names(members([]), other.members([]))
    }
}
