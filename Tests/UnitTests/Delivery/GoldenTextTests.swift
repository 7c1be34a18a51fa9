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
    /// What carries no code tells times with their day.
    private static let withoutCode: MessageText.Variables = [
        .practice: "Praktijk De Linde & Zn.", .sentAt: "22 november, 11:50",
        .validUntil: "23 november, 11:12", .supportContact: "030 123 45 67", .initials: "E.J.",
        .passLink: "https://portal.example/sign-in#pass=MadeUp-0123456789_abcdef",
        .invitationLink: "https://portal.example/invitation#token=MadeUp-0123456789_abcdef",
        .confirmationLink:
            "https://portal.example/email-confirmation#token=MadeUp-0123456789_abcdef",
        .signInLink: "https://portal.example/sign-in",
        .recoveryLink: "https://portal.example/recover",
        .change: "Uw wachtwoord is gewijzigd.",
        .freezeLink: "https://portal.example/not-me#code=MadeUp-0123456789_abcdef",
        .changes: "portal_origin admin_contacts", .actor: "portal", .keyClient: "laboratory",
        .keyID: "01955691-4c1a-7d2e-8b3f-5a697811c4d5", .scopes: "codes:issue codes:verify",
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
            .render(
                template, locale: locale,
                variables: template.carriesCode ? Self.variables : Self.withoutCode)
        let name = "\(locale)/\(template.rawValue)"
        #expect(try mail.subject == golden("\(name).subject.txt"))
        #expect(try mail.text == golden("\(name).txt"))
        #expect(try mail.html == golden("\(name).html"))
    }

    @Test(arguments: MessageTemplate.allCases.filter(\.hasSMS), Templates.shippedLocales)
    func `a text message is the one that was agreed on`(
        template: MessageTemplate, locale: String
    ) throws {
        let sms = try Templates.shipped().renderSMS(
            template, locale: locale,
            variables: template.carriesCode ? Self.variables : Self.withoutCode,
            portal: DomainName("portal.delinde.example"))
        #expect(try sms.text == golden("\(locale)/\(template.rawValue).sms.txt"))
    }

    /// It has no link and no line with the portal's host, and is one message of the SMS alphabet.
    @Test(
        arguments: MessageTemplate.allCases.filter { $0.hasSMS && !$0.carriesCode },
        Templates.shippedLocales)
    func `a text message without a code is the one that was agreed on`(
        template: MessageTemplate, locale: String
    ) throws {
        let sms = try Templates.shipped().renderSMS(
            template, locale: locale, variables: Self.withoutCode,
            portal: DomainName("portal.delinde.example"))
        #expect(try sms.text == golden("\(locale)/\(template.rawValue).sms.txt"))
        #expect(!sms.text.contains("portal.delinde.example"))
        #expect(sms.foreign.isEmpty && GSM7.septets(of: sms.text).map { $0 <= 160 } == true)
    }
}
