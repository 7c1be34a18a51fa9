import Foundation
import Logging
import Metrics
import Postgres

/// Finds the words of a message: the practice's own where it has some that can be used, else the
/// service's (Z-26).
struct PracticeTexts: Sendable {
    /// Why the service's words went out where a practice has words of its own.
    enum Fallback: String, CaseIterable, Sendable {
        /// They no longer keep to the rules; a later release may demand more.
        case broken
        /// There are some in other languages only.
        case missing
    }

    /// A text that can be rendered, and the host for the last line of its SMS (C11).
    struct Found: Sendable {
        let text: MessageText
        let portal: DomainName?
        /// Whom the practice's text messages come from (NO-4).
        let senderID: String?
    }

    private let templates: Templates
    private let database: Database
    private let logger: Logger
    private let fallbacks: [Fallback: Counter]

    init(
        templates: Templates, database: Database, logger: Logger, metrics: any MetricsFactory
    ) {
        self.templates = templates
        self.database = database
        self.logger = logger
        fallbacks = Dictionary(
            uniqueKeysWithValues: Fallback.allCases.map { reason in
                let dimensions = [("reason", reason.rawValue)]
                return (
                    reason,
                    Counter(
                        label: "auth_text_fallbacks_total", dimensions: dimensions, factory: metrics
                    )
                )
            })
    }

    /// The text for a message of the practice; throws what the database or the service's own texts
    /// throw, never for what the practice wrote.
    func find(_ place: TextPlace, practice: UUID) async throws -> Found {
        let own = try templates.text(place.template, locale: place.locale)
        let stored = try await database.run(
            FindText(practice: practice, place: place), within: Dispatcher.statementLimit)
        let portal = DomainName(origin: stored.portalOrigin)
        if stored.isMissing { report(.missing, place, practice, faults: []) }
        for parts in stored.layers where place.template.isThePractices {
            do throws(TemplateFault) {
                let text = try templates.text(place, with: parts, portal: portal)
                return Found(text: text, portal: portal, senderID: stored.senderID)
            } catch {
                report(.broken, place, practice, faults: error.faults)
            }
        }
        return Found(text: own, portal: portal, senderID: stored.senderID)
    }

    private func report(
        _ reason: Fallback, _ place: TextPlace, _ practice: UUID, faults: [String]
    ) {
        fallbacks[reason]?.increment()
        // Names of tags and parts, never what the practice wrote.
        logger.warning(
            "a practice's text was not used",
            metadata: [
                "reason": "\(reason.rawValue)", "text": "\(place.name)",
                "practice_id": "\(practice.text)", "faults": "\(faults.count)",
            ])
    }
}

extension FindText.Found {
    /// The practice's words by which a text may go out, the most exact first: each part of a purpose's own
    /// stands in place of that of all purposes.
    fileprivate var layers: [[MessageText.Part: String]] {
        [parts.isEmpty ? [:] : general.merging(parts) { $1 }, general].filter { !$0.isEmpty }
    }
}

extension Templates {
    /// The service's text with a practice's own parts in place of some.
    ///
    /// - Throws: what is wrong with the practice's parts.
    func text(
        _ place: TextPlace, with parts: [MessageText.Part: String], portal: DomainName?
    ) throws(TemplateFault) -> MessageText {
        let own = sources(of: place.template, locale: place.locale)
        return try MessageText(
            place.template, name: place.template.rawValue, sources: own.merging(parts) { $1 },
            hosts: Set([portal].compactMap(\.self)),
            trusted: Set(own.keys).subtracting(parts.keys))
    }
}

extension DomainName {
    /// The host of `https://portal.example:444`.
    init?(origin: String) {
        guard let start = origin.firstRange(of: "://")?.upperBound else { return nil }
        self.init(origin[start...].prefix { $0 != ":" && $0 != "/" })
    }
}
