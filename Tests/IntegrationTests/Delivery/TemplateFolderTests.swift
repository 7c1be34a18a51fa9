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
            try write(
                "\(locale)/session-code.subject.txt", "{{sent_at}} {{reference}} {{practice}}")
            for part in ["txt", "html"] {
                try write("\(locale)/session-code.\(part)", Self.whole)
            }
        }
    }

    private static let whole =
        "{{code}} {{practice}} {{sent_at}} {{valid_until}} {{reference}} {{support_contact}}"

    private func write(_ path: String, _ text: String) throws {
        let file = folder.appending(path: path)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: true, encoding: .utf8)
    }

    @Test func `a folder more is a language more`() throws {
        for part in ["subject.txt", "txt", "html"] {
            let source = folder.appending(path: "nl/session-code.\(part)")
            try write("fy/session-code.\(part)", try String(contentsOf: source, encoding: .utf8))
        }
        #expect(try Templates(directory: folder).locales == ["en", "fy", "nb", "nl"])
    }

    @Test(arguments: [
        (
            "{{code}} {{practice}} {{sent_at}} {{valid_until}} {{reference}}",
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
}
