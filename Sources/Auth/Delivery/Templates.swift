import Foundation
import Mustache
import Resources

/// The texts of all messages in all languages: read once, checked once.
///
/// One folder a language, `nl/session-code.{subject.txt,txt,html}`. A further language is a further
/// folder; nothing else names it. A text that could go wrong at the moment of sending is refused
/// when the service starts instead: each part must use every variable that its template promises,
/// the code once and never in the subject, and nothing but plain `{{variable}}` tags (Z-26).
struct Templates: Sendable {
    /// What a person reads.
    struct Text: Equatable, Sendable {
        let subject: String
        let text: String
        let html: String
    }

    /// The languages that ship with the service; all must be there.
    static let shippedLocales = ["nl", "nb", "en"]

    /// The languages found, in order of their names.
    let locales: [String]
    private let parts: [PartName: MustacheTemplate]

    /// The texts that ship beside the binary.
    static func shipped() throws(TemplateFault) -> Templates {
        try Templates(directory: Resources.templates)
    }

    /// Reads every language of the folder; the error names every fault of every file.
    init(directory: URL) throws(TemplateFault) {
        let found = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
        let locales = found.filter { !$0.hasPrefix(".") }.sorted()
        var faults = Self.shippedLocales.filter { !locales.contains($0) }
            .map { "\($0): the folder is missing" }
        var parts: [PartName: MustacheTemplate] = [:]
        for locale in locales {
            for template in MessageTemplate.allCases {
                for part in Part.allCases {
                    let name = PartName(locale: locale, template: template, part: part)
                    do throws(TemplateFault) {
                        parts[name] = try Self.read(name, from: directory)
                    } catch {
                        faults += error.faults
                    }
                }
            }
        }
        guard faults.isEmpty else { throw TemplateFault(faults: faults) }
        self.locales = locales
        self.parts = parts
    }

    /// The message's three texts; throws where the language is unknown, or a variable is missing,
    /// empty, or not plain text.
    func render(
        _ template: MessageTemplate, locale: String, variables: [MessageTemplate.Variable: String]
    ) throws(TemplateFault) -> Text {
        var named: [String: String] = [:]
        var faults: [String] = []
        for variable in template.variables {
            let value = variables[variable] ?? ""
            if value.allSatisfy(\.isWhitespace) {
                faults.append("\(locale)/\(template.rawValue): \(variable.rawValue) is empty")
            } else if !PlainText.isPlain(value) {
                faults.append("\(locale)/\(template.rawValue): \(variable.rawValue) is not plain")
            }
            named[variable.rawValue] = value
        }
        func text(_ part: Part) -> String {
            let name = PartName(locale: locale, template: template, part: part)
            guard let template = parts[name] else {
                faults.append("\(name): no such text")
                return ""
            }
            return template.render(named)
        }
        let rendered = Text(
            subject: text(.subject).trimmingCharacters(in: .whitespacesAndNewlines),
            text: text(.text), html: text(.html))
        guard faults.isEmpty else { throw TemplateFault(faults: faults) }
        return rendered
    }
}

extension MessageTemplate {
    /// What a text may say; a closed set.
    enum Variable: String, Sendable, CaseIterable {
        /// The practice's name.
        case practice
        /// The code, in plain digits.
        case code
        /// When the code was made, `11:50` (SC-2).
        case sentAt = "sent_at"
        /// Until when it can be used, `12:00`.
        case validUntil = "valid_until"
        /// The two letters that stand on the screen too (SC-2).
        case reference
        /// Whom to ask (SC-10).
        case supportContact = "support_contact"
    }

    /// The variables that its text and HTML each must use.
    var variables: [Variable] {
        switch self {
        case .sessionCode: Variable.allCases
        }
    }

    /// The variables that its subject must use: what makes it unique, so that no mail program takes
    /// two messages for one conversation. Never the code, which lock screens would show.
    var subjectVariables: [Variable] {
        switch self {
        case .sessionCode: [.practice, .sentAt, .reference]
        }
    }
}

/// Texts that can't be used, by file and cause.
struct TemplateFault: Error, Equatable, CustomStringConvertible {
    let faults: [String]

    var description: String { "message templates: " + faults.joined(separator: "; ") }
}

// MARK: - Reading a file

extension Templates {
    private enum Part: String, CaseIterable {
        case subject = "subject.txt"
        case text = "txt"
        case html = "html"
    }

    private struct PartName: Hashable, CustomStringConvertible {
        let locale: String
        let template: MessageTemplate
        let part: Part

        var description: String { "\(locale)/\(template.rawValue).\(part.rawValue)" }
    }

    private static func read(
        _ name: PartName, from directory: URL
    ) throws(TemplateFault) -> MustacheTemplate {
        guard
            let source = try? String(
                contentsOf: directory.appending(path: "\(name)"), encoding: .utf8)
        else { throw TemplateFault(faults: ["\(name): can't be read as UTF-8"]) }

        let faults = faults(in: source, of: name)
        guard faults.isEmpty else { throw TemplateFault(faults: faults) }
        // The library escapes for HTML unless the text says otherwise.
        let escaping = name.part == .html ? "HTML" : "TEXT"
        do {
            return try MustacheTemplate(string: "{{% CONTENT_TYPE:\(escaping)}}" + source)
        } catch {
            throw TemplateFault(faults: ["\(name): is not a template"])
        }
    }

    private static func faults(in source: String, of name: PartName) -> [String] {
        let tags = source.matches(of: /\{\{([a-z_]+)\}\}/).map { String($0.1) }
        let plain = source.replacing(/\{\{[a-z_]+\}\}/, with: "")
        var faults: [String] = []
        // Three braces would be a tag that does not escape.
        let braces = ["{{", "}}"].contains { plain.contains($0) }
        if braces || source.contains("{{{") || source.contains("}}}") {
            faults.append("\(name): only plain {{variable}} tags are allowed")
        }
        let template = name.template
        let known = name.part == .subject ? template.subjectVariables : template.variables
        for tag in Set(tags).sorted() where !known.contains(where: { $0.rawValue == tag }) {
            faults.append("\(name): {{\(tag)}} is not a variable here")
        }
        for variable in known where !tags.contains(variable.rawValue) {
            faults.append("\(name): {{\(variable.rawValue)}} is missing")
        }
        if tags.filter({ $0 == MessageTemplate.Variable.code.rawValue }).count > 1 {
            faults.append("\(name): {{code}} stands there more than once")
        }
        return faults
    }
}
