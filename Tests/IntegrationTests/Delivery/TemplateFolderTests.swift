import Foundation
import Testing

@testable import Auth

/// A text that could go wrong when it is needed is refused when the service starts.
@Suite struct TemplateFolderTests {
    private let folder: URL

    init() throws {
        let root =
            ProcessInfo.processInfo.environment["AUTH_TEST_DIRECTORY"].map { URL(filePath: $0) }
            ?? FileManager.default.temporaryDirectory
        folder = root.appending(path: "templates-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for locale in Templates.shippedLocales {
            for template in MessageTemplate.allCases {
                for part in template.parts {
                    let text = template.carriesCode ? Self.text(of: part) : nil
                    let variables = template.variables(of: part).map { "{{\($0.rawValue)}}" }
                    try write(
                        "\(locale)/\(template.rawValue).\(part.rawValue)",
                        text ?? variables.joined(separator: " "))
                }
            }
        }
    }

    private static let whole =
        "{{code}} {{practice}} {{sent_at}} {{valid_until}} {{minutes}} {{reference}} "
        + "{{support_contact}}"
    private static func text(of part: MessageText.Part) -> String {
        switch part {
        case .subject: "{{sent_at}} {{reference}} {{practice}}"
        case .text, .html: whole
        case .sms: sms
        }
    }

    private static let sms = "{{code}} {{practice}} {{sent_at}} {{minutes}} {{reference}}"

    private func write(_ path: String, _ text: String) throws {
        let file = folder.appending(path: path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: true, encoding: .utf8)
    }

    @Test func `a folder more is a language more`() throws {
        try FileManager.default.copyItem(
            at: folder.appending(path: "nl"), to: folder.appending(path: "fy"))
        #expect(try Templates(directory: folder).locales == ["en", "fy", "nb", "nl"])
    }

    @Test(arguments: [
        (
            "{{code}} {{practice}} {{sent_at}} {{valid_until}} {{minutes}} {{reference}}",
            "{{support_contact}} is missing"
        ),
        (whole + " {{name}}", "{{name}} is not a variable here"),
        (whole + " {{code}}", "{{code}} stands there more than once"),
        (whole + " {{{practice}}}", "only plain {{variable}} tags are allowed"),
        (whole + " {{& practice}}", "only plain {{variable}} tags are allowed"),
        (whole + " {{> other}}", "only plain {{variable}} tags are allowed"),
        (whole + " {{#practice}}x{{/practice}}", "only plain {{variable}} tags are allowed"),
        (whole + " {{=<% %>=}}", "only plain {{variable}} tags are allowed"),
        (whole + " {{practice", "only plain {{variable}} tags are allowed"),
    ])
    func `a text that promises too little or too much is refused by name`(
        text: String, expected: String
    ) throws {
        try write("nb/session-code.txt", text)
        let fault = #expect(throws: TemplateFault.self) { try Templates(directory: folder) }
        #expect(fault?.faults.contains("nb/session-code.txt: \(expected)") == true)
    }

    @Test func `a code in the subject, a missing file and a missing language are all named`() throws
    {
        try write(
            "en/session-code.subject.txt", "{{code}} {{sent_at}} {{reference}} {{practice}}")
        try FileManager.default.removeItem(at: folder.appending(path: "nb"))
        try FileManager.default.removeItem(at: folder.appending(path: "nl/session-code.html"))
        let fault = #expect(throws: TemplateFault.self) { try Templates(directory: folder) }
        #expect(
            fault?.faults == [
                "nb: the folder is missing",
                "en/session-code.subject.txt: {{code}} is not a variable here",
                "nl/session-code.html: can't be read as UTF-8",
            ])
    }

    @Test func `an operator's file stands in for the shipped one of its name`() throws {
        try FileManager.default.removeItem(at: folder.appending(path: "nb"))
        try FileManager.default.removeItem(at: folder.appending(path: "en"))
        for file in try FileManager.default.contentsOfDirectory(
            atPath: folder.appending(path: "nl").path) where file != "session-code.sms.txt"
        {
            try FileManager.default.removeItem(at: folder.appending(path: "nl/\(file)"))
        }
        let templates = try Templates.shipped(operatorsFolder: folder)
        #expect(templates.sources(of: .sessionCode, locale: "nl")[.sms] == Self.sms)
        let shipped = try Templates.shipped()
        #expect(
            templates.sources(of: .sessionCode, locale: "nl")[.html]
                == shipped.sources(of: .sessionCode, locale: "nl")[.html])
        #expect(
            templates.sources(of: .sessionCode, locale: "nb")
                == shipped.sources(of: .sessionCode, locale: "nb"))
    }

    @Test func `what an operator's folder has in vain or in the wrong words is named`() throws {
        try write("nl/session-code.sms.txt", "{{code}} http://evil.example")
        try write("nl/session-code.sms", Self.sms)
        try write("fr/session-code.sms.txt", Self.sms)
        let fault = #expect(throws: TemplateFault.self) {
            try Templates.shipped(operatorsFolder: folder)
        }
        let faults = fault?.faults ?? []
        #expect(faults.contains("fr: is no language of the service"))
        #expect(faults.contains("nl/session-code.sms: is no part of any text"))
        #expect(faults.contains("nl/session-code.sms.txt: {{practice}} is missing"))
        #expect(faults.allSatisfy { !$0.hasPrefix("nb/") })

        let missing = #expect(throws: TemplateFault.self) {
            try Templates.shipped(operatorsFolder: folder.appending(path: "none"))
        }
        #expect(missing?.faults == ["the operator's folder is missing"])
    }
}
