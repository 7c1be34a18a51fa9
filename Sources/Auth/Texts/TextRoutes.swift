import Cryptography
import Foundation
import Postgres

/// A practice's own words for its messages: read, changed, previewed, taken away (Z-26).
struct TextRoutes: Sendable {
    let database: Database
    let keys: KeyRing
    let templates: Templates

    func add(to endpoints: Endpoints) {
        let path = "/v1/practice/texts/{template}/{locale}"
        endpoints.get(path, scope: .practice, read)
        endpoints.put(path, scope: .practice, body: TextParts.self, change)
        endpoints.delete(path, scope: .practice, remove)
        endpoints.post(
            path + "/preview", scope: .practice, optionalBody: TextParts.self, preview)
    }

    @Sendable private func read(_ context: AuthRequestContext) async throws -> Answer {
        let place = try place(context)
        let stored = try await find(place, context)
        return try answer(
            place, stored.parts, over: stored.general, changedAt: stored.changedAt)
    }

    @Sendable private func change(
        _ body: TextParts, _ context: AuthRequestContext
    ) async throws -> Answer {
        let place = try place(context)
        guard !body.parts.isEmpty else {
            throw Problem(.fieldInvalid, faults: [.init(.pointer("/subject"), .required)])
        }
        let general = try await find(place, context).general
        _ = try text(place, general.merging(body.parts) { $1 }, try context.caller.practice)
        let act = try context.act(keys)
        let outcome = try await telling(of: place, context) { transaction, notice in
            try await transaction.run(
                ChangeText(act: act, place: place, parts: body.parts, notice: notice))
        }
        switch outcome {
        case .changed(let instant):
            return try answer(place, body.parts, over: general, changedAt: instant)
        case .tooMany(let until): throw Problem(.tooManyChanges, retryAt: until)
        }
    }

    @Sendable private func remove(_ context: AuthRequestContext) async throws -> Answer {
        let place = try place(context)
        let act = try context.act(keys)
        try await telling(of: place, context) { transaction, notice in
            try await transaction.run(RemoveText(act: act, place: place, notice: notice))
        }
        return .noContent
    }

    /// A change that those who answer for the practice are told of in the same commit.
    private func telling<Outcome: Sendable>(
        of place: TextPlace, _ context: AuthRequestContext,
        _ change: @escaping @Sendable (Transaction, AdminNotice) async throws -> Outcome
    ) async throws -> Outcome {
        let caller = try context.caller
        let name = "text \(place.name)"
        return try await database.transaction { [keys] transaction in
            guard
                let practice = try await transaction.run(
                    HoldPractice(practice: caller.practice.id))
            else { throw Problem(.notFound) }
            let notice = try AdminNotice(
                .settings([name], by: caller.clientName), to: practice, keys: keys)
            return try await change(transaction, notice)
        }
    }

    /// The parts of the body, else those that are in force, with a code and times that are made up.
    @Sendable private func preview(
        _ body: TextParts, _ context: AuthRequestContext
    ) async throws -> Answer {
        let place = try place(context)
        let practice = try context.caller.practice
        let stored = try await find(place, context)
        let parts = body.parts.isEmpty ? stored.parts : body.parts
        let text = try text(place, stored.general.merging(parts) { $1 }, practice)
        let variables: MessageText.Variables = [
            .practice: practice.name, .supportContact: practice.supportContact, .code: "048213",
            .sentAt: "11:50", .validUntil: "12:00", .minutes: "10", .reference: "KD",
            .passLink: SignInPass.link(
                text: "made-up-for-this-preview", portal: practice.portalOrigin),
            .invitationLink: LinkToken.link(
                text: "made-up-for-this-preview", to: .invitation, portal: practice.portalOrigin),
            .confirmationLink: LinkToken.link(
                text: "made-up-for-this-preview", to: .emailConfirmation,
                portal: practice.portalOrigin),
            .signInLink: practice.signInURL, .recoveryLink: practice.recoveryURL,
            .initials: "E.J.",
        ]
        let mail = try refusing { () throws(TemplateFault) in try text.mail(variables) }
        let sms = try refusing { () throws(TemplateFault) in
            place.template.parts.contains(.sms)
                ? try text.sms(variables, portal: DomainName(origin: practice.portalOrigin)) : nil
        }
        return try .json(
            Preview(
                subject: mail.subject, text: mail.text, html: mail.html, sms: sms?.text,
                smsSegments: sms?.segments))
    }

    /// Which text a path and its query name.
    private func place(_ context: AuthRequestContext) throws -> TextPlace {
        guard let template = MessageTemplate(rawValue: try context.segment("template")),
            template.isThePractices,
            let language = Language(rawValue: try context.segment("locale"))
        else { throw Problem(.notFound) }
        let isOfOthers = template == .oneTimeCode
        let slug = try context.query(isOfOthers ? ["purpose"] : [])["purpose"]
        if let slug, CodePurpose(ofCaller: slug) == nil {
            let isReserved = CodePurpose.reserved.contains(slug)
            throw Problem(
                .queryInvalid,
                faults: [.init(.parameter("purpose"), isReserved ? .notAllowed : .wrongFormat)])
        }
        return TextPlace(template: template, locale: language.rawValue, purpose: slug)
    }

    private func find(
        _ place: TextPlace, _ context: AuthRequestContext
    ) async throws -> FindText.Found {
        try await database.run(
            FindText(practice: try context.caller.practice.id, place: place))
    }

    private func text(
        _ place: TextPlace, _ parts: [MessageText.Part: String], _ practice: Practice
    ) throws -> MessageText {
        try refusing { () throws(TemplateFault) in
            try templates.text(
                place, with: parts, portal: DomainName(origin: practice.portalOrigin))
        }
    }

    private func refusing<Value>(_ body: () throws(TemplateFault) -> Value) throws -> Value {
        do throws(TemplateFault) {
            return try body()
        } catch {
            throw Problem(.textUnusable, textFaults: error.faults)
        }
    }

    private func answer(
        _ place: TextPlace, _ parts: [MessageText.Part: String],
        over general: [MessageText.Part: String], changedAt: Date?
    ) throws -> Answer {
        let sources = templates.sources(of: place.template, locale: place.locale)
            .merging(general) { $1 }.merging(parts) { $1 }
        return try .json(
            Body(
                template: place.template.rawValue, locale: place.locale, purpose: place.purpose,
                subject: sources[.subject] ?? "", text: sources[.text] ?? "",
                html: sources[.html] ?? "", sms: sources[.sms],
                overridden: MessageText.Part.allCases.filter { parts[$0] != nil }.map(\.member),
                changedAt: changedAt))
    }

    /// A text as it is in force: the practice's words where `overridden` names the part, those for the
    /// purpose where there is one.
    private struct Body: Encodable, Sendable {
        let template: String
        let locale: String
        /// Left out where the text is for all.
        let purpose: String?
        let subject: String
        let text: String
        let html: String
        /// Left out where it goes by mail alone.
        let sms: String?
        let overridden: [String]
        /// Left out where nothing was ever changed.
        let changedAt: Date?
    }

    private struct Preview: Encodable, Sendable {
        let subject: String
        let text: String
        let html: String
        let sms: String?
        let smsSegments: Int?
    }
}

/// Parts of a text as a practice writes them; what is left out stays the service's.
struct TextParts: RequestBody {
    let parts: [MessageText.Part: String]

    init(_ fields: inout FieldReader) throws {
        var parts: [MessageText.Part: String] = [:]
        for part in MessageText.Part.allCases {
            parts[part] = fields.optionalString(
                part.member, max: TextCheck.longest, characters: .any
            )?.replacing("\r\n", with: "\n")
        }
        self.parts = parts
    }
}
