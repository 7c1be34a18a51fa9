import Mustache

/// One text in one language, all its parts read and checked: what can still go wrong at the moment
/// of sending is only in the variables (Z-26).
struct MessageText: Sendable {
    /// The parts of a text; the raw value is the end of the file's name.
    enum Part: String, Sendable, CaseIterable {
        case subject = "subject.txt"
        case text = "txt"
        case html = "html"
        case sms = "sms.txt"
    }

    /// The parts of a mail in words.
    struct Mail: Equatable, Sendable {
        let subject: String
        let text: String
        let html: String
    }

    typealias Variables = [MessageTemplate.Variable: String]

    let template: MessageTemplate
    /// What faults begin with: `nl/session-code`.
    let name: String
    private let parts: [Part: MustacheTemplate]

    /// Checks and reads every part.
    ///
    /// - Parameters:
    ///   - sources: a text for each part that the template has.
    ///   - hosts: where links in a mail may lead: the portal's host, or nowhere.
    ///   - trusted: parts that need no check, which takes far longer than reading them.
    /// - Throws: every fault of every part, by name.
    init(
        _ template: MessageTemplate, name: String, sources: [Part: String],
        hosts: Set<DomainName> = [], trusted: Set<Part> = []
    ) throws(TemplateFault) {
        var faults = Part.allCases.filter { sources[$0] != nil && !template.parts.contains($0) }
            .map { "\(name).\($0.rawValue): this goes by mail alone" }
        var parts: [Part: MustacheTemplate] = [:]
        for part in template.parts {
            let name = "\(name).\(part.rawValue)"
            guard let source = sources[part] else {
                faults.append("\(name): can't be read as UTF-8")
                continue
            }
            let found =
                trusted.contains(part)
                ? []
                : TextCheck(source: source, part: part, template: template, hosts: hosts).faults
            faults += found.map { "\(name): \($0)" }
            // The library escapes for HTML unless the text says otherwise.
            let escaping = part == .html ? "HTML" : "TEXT"
            if let read = try? MustacheTemplate(string: "{{% CONTENT_TYPE:\(escaping)}}" + source) {
                parts[part] = read
            } else if found.isEmpty {
                faults.append("\(name): is not a template")
            }
        }
        guard faults.isEmpty else { throw TemplateFault(faults: faults) }
        self.template = template
        self.name = name
        self.parts = parts
    }

    /// The mail; throws where a variable is missing, empty, or not plain text.
    func mail(_ variables: Variables) throws(TemplateFault) -> Mail {
        let variables = try checked(variables, for: [.subject, .text, .html])
        return Mail(
            subject: render(.subject, variables).trimmingBlanks,
            text: render(.text, variables), html: render(.html, variables))
    }

    /// The SMS, which is one message of the SMS alphabet whatever the practice is called: its name
    /// is spelled in that alphabet and cut to the room there is.
    ///
    /// The last line of one with a code lets a phone offer that to the portal's page and to no other
    /// (C11). Where a very long host leaves no room for the practice's name, the name is kept and the
    /// line goes.
    ///
    /// - Throws: where a variable is missing, empty, or not plain text, and where it goes by mail alone.
    func sms(_ variables: Variables, portal: DomainName?) throws(TemplateFault) -> SMSText {
        guard template.parts.contains(.sms) else {
            throw TemplateFault(faults: ["\(name): this goes by mail alone"])
        }
        let variables = try checked(variables, for: [.sms])
        var line = ""
        if template.carriesCode, let portal {
            line = "\n@\(portal.ascii) #\(variables[.code] ?? "")"
        }
        var name = SMSName.unlinked(GSM7.transliterated(variables[.practice] ?? ""))
        // A name in a script that the alphabet does not have at all.
        if name.isEmpty { name = portal?.ascii ?? "-" }

        let rest = render(.sms, variables.merging([.practice: ""]) { $1 }).trimmingBlanks
        let taken = GSM7.septets(of: rest) ?? SMSText.septetsAlone
        var room = max(SMSText.septetsAlone - taken - (GSM7.septets(of: line) ?? 0), 0)
        if room < SMSName.least, SMSName.cut(name, to: room) != name {
            line = ""
            room = SMSText.septetsAlone - taken
        }
        let shown = SMSName.cut(name, to: room)
        let text = render(.sms, variables.merging([.practice: shown]) { $1 }).trimmingBlanks
        return SMSText(text + line)
    }

    private func checked(
        _ variables: Variables, for parts: [Part]
    ) throws(TemplateFault) -> Variables {
        var faults: [String] = []
        let used = Set(parts.flatMap { template.variables(of: $0) })
        for variable in MessageTemplate.Variable.allCases where used.contains(variable) {
            let value = variables[variable] ?? ""
            if value.allSatisfy(\.isWhitespace) {
                faults.append("\(name): \(variable.rawValue) is empty")
            } else if !PlainText.isPlain(value) {
                faults.append("\(name): \(variable.rawValue) is not plain")
            }
        }
        guard faults.isEmpty else { throw TemplateFault(faults: faults) }
        return variables
    }

    private func render(_ part: Part, _ variables: Variables) -> String {
        let named = Dictionary(uniqueKeysWithValues: variables.map { ($0.key.rawValue, $0.value) })
        return parts[part]?.render(named) ?? ""
    }
}

/// A practice's name in a text message.
enum SMSName {
    /// Septets below which a name no longer says who is meant; as long as a sender's name.
    static let least = 11

    /// The name where it fits, else its first words: no ellipsis, which says nothing and costs room,
    /// and no short word (`en`, `på`, `of the`) left at the end. A first word that is too long alone
    /// is cut within.
    ///
    /// - Parameter room: septets of the SMS alphabet, in which the name is spelled.
    static func cut(_ name: String, to room: Int) -> String {
        guard width(name) > room else { return name }
        var words = name.split(separator: " ")
        while words.count > 1, width(words.joined(separator: " ")) > room { words.removeLast() }
        while words.count > 1, let last = words.last, last.count < 4 { words.removeLast() }
        var shown = words.joined(separator: " ")
        while width(shown) > room { shown.removeLast() }
        while let last = shown.last, " ,;:-&/(+".contains(last) { shown.removeLast() }
        return shown
    }

    /// Without what a phone would show as a link: no dot stands between two letters or digits.
    static func unlinked(_ name: String) -> String {
        let characters = Array(name)
        func isPart(_ place: Int) -> Bool {
            characters.indices.contains(place)
                && (characters[place].isLetter || characters[place].isNumber)
        }
        return String(
            characters.indices.map { place in
                let joins = characters[place] == "." && isPart(place - 1) && isPart(place + 1)
                return joins ? " " : characters[place]
            })
    }

    private static func width(_ text: String) -> Int { GSM7.septets(of: text) ?? .max }
}

extension String {
    /// Without the blanks and line ends around it.
    fileprivate var trimmingBlanks: String {
        let start = self.drop(while: \.isWhitespace)
        return String(
            start[
                ..<(start.lastIndex { !$0.isWhitespace }.map(start.index(after:))
                    ?? start.startIndex)])
    }
}
