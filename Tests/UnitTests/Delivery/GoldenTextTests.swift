import Foundation
import Testing

@testable import Auth

/// Every text in every language, letter by letter as it goes out: who changes a text changes the file
/// in `Golden` with it, and a reviewer sees both.
@Suite struct GoldenTextTests {
    private static let variables: MessageText.Variables = [
        .practice: "Praktijk De Linde & Zn.", .code: "048213", .sentAt: "11:50",
        .validUntil: "12:00", .minutes: "10", .reference: "KD",
        .supportContact: "030 123 45 67",
    ]

    private func golden(_ name: String) throws -> String {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
            .appending(path: name)
        return try String(contentsOf: file, encoding: .utf8)
    }

    @Test(arguments: MessageTemplate.allCases, Templates.shippedLocales)
    func `a mail is the one that was agreed on`(
        template: MessageTemplate, locale: String
    ) throws {
        let mail = try Templates.shipped()
            .render(template, locale: locale, variables: Self.variables)
        let name = "\(locale)/\(template.rawValue)"
        #expect(try mail.subject == golden("\(name).subject.txt"))
        #expect(try mail.text == golden("\(name).txt"))
        #expect(try mail.html == golden("\(name).html"))
    }

    @Test(arguments: MessageTemplate.allCases, Templates.shippedLocales)
    func `a text message is the one that was agreed on`(
        template: MessageTemplate, locale: String
    ) throws {
        let sms = try Templates.shipped().renderSMS(
            template, locale: locale, variables: Self.variables,
            portal: DomainName("portal.delinde.example"))
        #expect(try sms.text == golden("\(locale)/\(template.rawValue).sms.txt"))
    }
}
