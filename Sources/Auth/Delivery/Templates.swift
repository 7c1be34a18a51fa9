import Foundation
import Resources

/// The texts of all messages in all languages, read once.
///
/// One folder a language, `nl/session-code.{subject.txt,txt,html,sms.txt}`. A further language is a
/// further folder; nothing else names it. An operator's text that could go wrong at the moment of
/// sending is refused when the service starts instead; what is checked stands in ``TextCheck``. The
/// shipped ones have been checked by then: a test does, and a start need not take the time.
struct Templates: Sendable {
    /// The languages that ship with the service; all must be there.
    static let shippedLocales = ["nl", "nb", "en"]

    /// The languages found, in order of their names.
    let locales: [String]
    private let texts: [TextName: MessageText]
    /// What each part was read from, so that an override of one part can stand beside the others.
    private let sources: [TextName: [MessageText.Part: String]]

    private struct TextName: Hashable {
        let locale: String
        let template: MessageTemplate

        var path: String { "\(locale)/\(template.rawValue)" }
    }

    /// The texts that ship beside the binary, and instead of each part the operator's own where
    /// their folder has one: `nl/session-code.sms.txt`.
    static func shipped(operatorsFolder: URL? = nil) throws(TemplateFault) -> Templates {
        guard let operatorsFolder else { return try shippedAlone.get() }
        return try Templates(
            directory: Resources.templates, isTrusted: true, operatorsFolder: operatorsFolder)
    }

    /// Read once a process.
    private static let shippedAlone = Result { () throws(TemplateFault) in
        try Templates(directory: Resources.templates, isTrusted: true)
    }

    /// Reads every language of the folder; the error names every fault of every file.
    ///
    /// - Parameter isTrusted: nothing of that folder is checked again but that it is there.
    init(
        directory: URL, isTrusted: Bool = false, operatorsFolder: URL? = nil
    ) throws(TemplateFault) {
        let locales = Self.names(in: directory)
        var faults = Self.shippedLocales.filter { !locales.contains($0) }
            .map { "\($0): the folder is missing" }
        if let operatorsFolder {
            faults += Self.strangers(in: operatorsFolder, locales: locales)
        }
        var texts: [TextName: MessageText] = [:]
        var sources: [TextName: [MessageText.Part: String]] = [:]
        for locale in locales {
            for template in MessageTemplate.allCases {
                let name = TextName(locale: locale, template: template)
                let own = operatorsFolder.map { Self.files(of: name, in: $0) } ?? [:]
                let files = Self.files(of: name, in: directory).merging(own) { $1 }
                let found = files.compactMapValues { try? String(contentsOf: $0, encoding: .utf8) }
                sources[name] = found
                do throws(TemplateFault) {
                    texts[name] = try MessageText(
                        template, name: name.path, sources: found,
                        trusted: isTrusted ? Set(files.keys).subtracting(own.keys) : [])
                } catch {
                    faults += error.faults
                }
            }
        }
        guard faults.isEmpty else { throw TemplateFault(faults: faults) }
        self.locales = locales
        self.texts = texts
        self.sources = sources
    }

    /// A text of the service or its operator.
    func text(
        _ template: MessageTemplate, locale: String
    ) throws(TemplateFault) -> MessageText {
        let name = TextName(locale: locale, template: template)
        guard let text = texts[name] else {
            throw TemplateFault(faults: ["\(name.path): no such text"])
        }
        return text
    }

    /// What the parts of a text were read from; empty where there is no such text.
    func sources(
        of template: MessageTemplate, locale: String
    ) -> [MessageText.Part: String] {
        sources[TextName(locale: locale, template: template)] ?? [:]
    }
}

/// Texts that can't be used, by file and cause.
struct TemplateFault: Error, Equatable, CustomStringConvertible {
    let faults: [String]

    var description: String { "message templates: " + faults.joined(separator: "; ") }
}

// MARK: - What a text may say

extension MessageTemplate {
    /// What a text may say; a closed set.
    enum Variable: String, Sendable, CaseIterable, Codable, CodingKeyRepresentable {
        /// The practice's name.
        case practice
        /// The code, in plain digits.
        case code
        /// When the code was made, `11:50` (SC-2); without a code with the day, `22 november, 11:50`.
        case sentAt = "sent_at"
        /// Until when it can be used, `12:00`, or with the day likewise.
        case validUntil = "valid_until"
        /// For how many minutes from then on it can be used, `10`; `<1` below one.
        case minutes
        /// The two letters that stand on the screen too (SC-2).
        case reference
        /// Whom to ask (SC-10).
        case supportContact = "support_contact"
        /// Opens the portal's page with the pass in it (Z-20).
        case passLink = "pass_link"
        /// Whom of several at one address it is for, `E.J.`; where that is not known, `you`.
        case initials
        /// Opens the portal's page with the invitation in it (IN-1).
        case invitationLink = "invitation_link"
        /// Opens the portal's page to sign in, with nothing in it (NO-5).
        case signInLink = "sign_in_link"
        /// Opens the portal's page where a recovery begins, with nothing in it (NO-5).
        case recoveryLink = "recovery_link"
        /// Goes on with an enrolment (AC-3).
        case confirmationLink = "confirmation_link"
        /// What was changed about an account, as a sentence.
        case change
        /// Opens the portal's page that freezes the account (Z-32).
        case freezeLink = "freeze_link"
        /// The names of the settings that were changed, as the API has them.
        case changes
        /// Who did it: a client's name, or the operator.
        case actor
        /// The key's id, as the list of keys shows it; never the key.
        case keyID = "key_id"
        /// The client whose key it is.
        case keyClient = "key_client"
        /// What the key may do.
        case scopes
    }

    /// The variables that a part must use, and the only ones that it may.
    ///
    /// A subject has what makes it unique, so that no mail program takes two messages for one
    /// conversation, and never the code, which lock screens would show. A text message has no room
    /// for whom to ask.
    func variables(of part: MessageText.Part) -> [Variable] {
        switch part {
        case .subject: carriesCode ? [.practice, .sentAt, .reference] : [.practice, .sentAt]
        case .text, .html: variables
        case .sms:
            carriesCode
                ? [.practice, .code, .sentAt, .minutes, .reference]
                : hasSMS ? [.practice, .sentAt] : []
        }
    }

    /// What a part may say besides; a practice's own text from before may lack it.
    func optionalVariables(of part: MessageText.Part) -> [Variable] {
        let saysForWhom = [.invitation, .invitationReminder, .superPINReplaced].contains(self)
        return saysForWhom && part != .subject ? [.initials] : []
    }

    /// The parts that it has.
    var parts: [MessageText.Part] {
        hasSMS ? [.subject, .text, .html, .sms] : [.subject, .text, .html]
    }

    private var variables: [Variable] {
        switch self {
        case .sessionCode, .oneTimeCode, .factorCode:
            [.practice, .code, .sentAt, .validUntil, .minutes, .reference, .supportContact]
        case .signInPass: [.practice, .sentAt, .passLink, .validUntil, .supportContact]
        case .nationalNumberChanged: [.practice, .sentAt, .supportContact]
        case .invitation, .invitationReminder:
            [.practice, .invitationLink, .validUntil, .supportContact]
        case .reactivation: [.practice, .signInLink, .recoveryLink, .supportContact]
        case .emailConfirmation:
            [.practice, .confirmationLink, .validUntil, .supportContact]
        case .superPINMade, .superPINReplaced, .accountCreated, .patientLinked, .accountErased:
            [.practice, .sentAt, .supportContact]
        case .accountChanged: [.practice, .sentAt, .change, .freezeLink, .supportContact]
        case .formerMailboxTold: [.practice, .sentAt, .change, .supportContact]
        case .accountFrozen: [.practice, .sentAt, .recoveryLink, .supportContact]
        case .settingsChanged: [.practice, .sentAt, .changes, .actor]
        case .keyCreated: [.practice, .sentAt, .keyID, .keyClient, .scopes, .actor]
        case .keyRevoked: [.practice, .sentAt, .keyID, .keyClient, .actor]
        }
    }

    /// The variables that are each a whole link of the service's own making, to the portal.
    var links: [Variable] {
        switch self {
        case .signInPass: [.passLink]
        case .invitation, .invitationReminder: [.invitationLink]
        case .reactivation: [.signInLink, .recoveryLink]
        case .emailConfirmation: [.confirmationLink]
        case .accountChanged: [.freezeLink]
        case .accountFrozen: [.recoveryLink]
        case .sessionCode, .oneTimeCode, .factorCode, .nationalNumberChanged, .superPINMade,
            .superPINReplaced, .formerMailboxTold, .accountCreated, .patientLinked, .accountErased,
            .settingsChanged, .keyCreated, .keyRevoked:
            []
        }
    }

    /// `10` of ten minutes.
    static func minutes(from start: Date, to end: Date) -> String {
        let minutes = Int(end.timeIntervalSince(start) / 60)
        return minutes < 1 ? "<1" : "\(minutes)"
    }
}

// MARK: - Reading files

extension Templates {
    private static func names(in directory: URL) -> [String] {
        let found = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        return found.filter { !$0.hasPrefix(".") }.sorted()
    }

    /// The parts that the folder has.
    private static func files(of name: TextName, in folder: URL) -> [MessageText.Part: URL] {
        var files: [MessageText.Part: URL] = [:]
        for part in name.template.parts {
            let file = folder.appending(path: "\(name.path).\(part.rawValue)")
            if FileManager.default.fileExists(atPath: file.path) { files[part] = file }
        }
        return files
    }

    /// What an operator's folder has that nothing would ever read: a slip of the pen, most likely.
    private static func strangers(in folder: URL, locales: [String]) -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder),
            isFolder.boolValue
        else { return ["the operator's folder is missing"] }
        let files = Set(
            MessageTemplate.allCases.flatMap { template in
                template.parts.map { "\(template.rawValue).\($0.rawValue)" }
            })
        return names(in: folder).flatMap { locale in
            guard locales.contains(locale) else {
                return ["\(locale): is no language of the service"]
            }
            return names(in: folder.appending(path: locale)).filter { !files.contains($0) }
                .map { "\(locale)/\($0): is no part of any text" }
        }
    }
}
