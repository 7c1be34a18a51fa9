import Foundation

/// What is wrong with the source of one part of a text, before anything is sent with it (Z-26).
struct TextCheck {
    let source: String
    let part: MessageText.Part
    let template: MessageTemplate
    /// Where links may lead.
    let hosts: Set<DomainName>

    /// Characters of one part.
    static let longest = 16_384
    /// Within how many characters of the text the code has ended, so that notifications show it.
    static let codeWithin = 60
    /// Septets that every text message leaves for the practice's name and the line with the
    /// portal's host: the shortest name, and a host of 30 characters.
    static let smsRoom = SMSName.least + 40

    /// The room in this text message; only one with a code has such a line.
    private var room: Int { template.carriesCode ? Self.smsRoom : SMSName.least }

    /// In words that hold nothing but the names of tags; empty where all is well.
    var faults: [String] {
        guard source.unicodeScalars.count <= Self.longest else { return ["is too long"] }
        let tags = source.matches(of: /\{\{([a-z_]+)\}\}/).map { String($0.1) }
        var faults = tagFaults(tags)
        if !source.split(separator: "\n", omittingEmptySubsequences: false)
            .allSatisfy({ PlainText.isPlain($0) && !Self.hasInvisible($0) })
        {
            faults.append("has a control character or an invisible mark")
        }
        if part == .text || part == .sms, tags.contains(MessageTemplate.Variable.code.rawValue),
            !codeComesFirst
        {
            faults.append(
                "{{code}} must stand within the first \(Self.codeWithin) characters, before the "
                    + "practice's name")
        }
        if part == .html {
            faults += HTMLCheck(source: source, template: template, hosts: hosts).faults
        }
        if part == .sms { faults += smsFaults }
        if part != .html { faults += LinkCheck.faults(in: literal, hosts: hosts, part: part) }
        return faults
    }

    /// The source with a letter where its tags stand, since a tag may complete a link.
    private var literal: String { source.replacing(/\{\{[a-z_]+\}\}/, with: "x") }

    private func tagFaults(_ tags: [String]) -> [String] {
        var faults: [String] = []
        // Three braces would be a tag that does not escape.
        let braces = ["{{", "}}"].contains { literal.contains($0) }
        if braces || source.contains("{{{") || source.contains("}}}") {
            faults.append("only plain {{variable}} tags are allowed")
        }
        let known = template.variables(of: part)
        let allowed = known + template.optionalVariables(of: part)
        for tag in Set(tags).sorted() where !allowed.contains(where: { $0.rawValue == tag }) {
            faults.append("{{\(tag)}} is not a variable here")
        }
        for variable in known where !tags.contains(variable.rawValue) {
            faults.append("{{\(variable.rawValue)}} is missing")
        }
        if tags.filter({ $0 == MessageTemplate.Variable.code.rawValue }).count > 1 {
            faults.append("{{code}} stands there more than once")
        }
        return faults
    }

    private static func hasInvisible(_ line: Substring) -> Bool {
        line.unicodeScalars.contains(where: \.properties.isDefaultIgnorableCodePoint)
    }

    /// Whether only short variables and few words come before the code.
    private var codeComesFirst: Bool {
        let before = source.prefix(
            upTo: source.firstRange(of: "{{code}}")?.lowerBound ?? source.startIndex)
        let long = [MessageTemplate.Variable.practice, .supportContact]
        guard !long.contains(where: { before.contains("{{\($0.rawValue)}}") }) else { return false }
        return filled(String(before)).count + MessageTemplate.longestCode <= Self.codeWithin
    }

    private var smsFaults: [String] {
        let text = SMSText(filled(source).trimmingCharacters(in: .whitespacesAndNewlines))
        guard text.foreign.isEmpty else {
            let marks = text.foreign.map { "\"\($0)\"" }.joined(separator: ", ")
            return ["is not in the SMS alphabet: \(marks)"]
        }
        let septets = GSM7.septets(of: text.text) ?? 0
        let most = SMSText.septetsAlone - room
        guard septets <= most else {
            return ["is \(septets - most) characters too long for one text message"]
        }
        return []
    }

    /// With the longest value that each short variable can have, and nothing for the others.
    private func filled(_ text: String) -> String {
        var filled = text
        for variable in MessageTemplate.Variable.allCases {
            filled = filled.replacing("{{\(variable.rawValue)}}", with: longestShort(variable))
        }
        return filled
    }

    /// The longest value of a variable, where there is one.
    private func longestShort(_ variable: MessageTemplate.Variable) -> String {
        switch variable {
        case .code: String(repeating: "0", count: MessageTemplate.longestCode)
        // Without a code with the day.
        case .sentAt, .validUntil: template.carriesCode ? "00:00" : "30. september, 00:00"
        case .minutes: "10"
        case .reference: "AA"
        // Text messages have none of the others.
        default: ""
        }
    }
}

extension MessageTemplate {
    /// Digits of the longest code (4 to 8).
    static let longestCode = 8
}
