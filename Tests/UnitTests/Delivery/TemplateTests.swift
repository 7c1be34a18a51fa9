import Foundation
import Resources
import Testing

@testable import Auth

@Suite struct TemplateTests {
    static let variables: [MessageTemplate.Variable: String] = [
        .practice: "Huisartsenpraktijk De Linde", .code: "048213", .sentAt: "11:50",
        .validUntil: "12:00", .minutes: "10", .reference: "KD",
        .supportContact: "030 123 45 67",
        .passLink: "https://portal.example/sign-in#pass=MadeUp-0123456789_abcdef",
        .invitationLink: "https://portal.example/invitation#token=MadeUp-0123456789_abcdef",
        .confirmationLink:
            "https://portal.example/email-confirmation#token=MadeUp-0123456789_abcdef",
        .signInLink: "https://portal.example/sign-in", .initials: "E.J.",
        .recoveryLink: "https://portal.example/recover",
        .change: "Uw wachtwoord is gewijzigd.",
        .freezeLink: "https://portal.example/not-me#code=MadeUp-0123456789_abcdef",
        .changes: "portal_origin", .actor: "practice-system", .keyClient: "laboratory",
        .keyID: "01955691-4c1a-7d2e-8b3f-5a697811c4d5", .scopes: "codes:issue codes:verify",
    ]

    /// The texts that carry a code.
    static let codes = MessageTemplate.allCases.filter(\.carriesCode)

    @Test func `no shipped text has a fault, in whatever language, so that no start looks for one`()
        throws
    {
        let checked = try Templates(directory: Resources.templates)
        #expect(checked.locales == (try Templates.shipped().locales))
    }

    @Test(arguments: MessageTemplate.allCases, Templates.shippedLocales)
    func `every text says all it promises in every language`(
        template: MessageTemplate, locale: String
    ) throws {
        let text = try Templates.shipped()
            .render(template, locale: locale, variables: Self.variables)

        for variable in template.variables(of: .text) {
            let value = try #require(Self.variables[variable])
            #expect(text.text.contains(value), "\(variable)")
            #expect(text.html.contains(value), "\(variable)")
        }
        for variable in template.variables(of: .subject) {
            let value = try #require(Self.variables[variable])
            #expect(text.subject.contains(value), "\(variable)")
        }
        for rendered in [text.subject, text.text, text.html] {
            #expect(!rendered.contains("{{"))
            #expect(!rendered.contains("}}"))
        }
    }

    @Test(arguments: MessageTemplate.allCases, Templates.shippedLocales)
    func `a text is refused where one variable is missing, empty or blank`(
        template: MessageTemplate, locale: String
    ) throws {
        let templates = try Templates.shipped()
        for variable in template.variables(of: .text) {
            for value in [nil, "", " \u{A0}"] {
                var variables = Self.variables
                variables[variable] = value
                #expect(throws: TemplateFault.self, "\(variable)") {
                    try templates.render(template, locale: locale, variables: variables)
                }
            }
        }
    }

    @Test(arguments: codes, Templates.shippedLocales)
    func `the code stands once, early in the text, and never in the subject`(
        template: MessageTemplate, locale: String
    ) throws {
        let text = try Templates.shipped()
            .render(template, locale: locale, variables: Self.variables)

        #expect(text.text.components(separatedBy: "048213").count == 2)
        #expect(text.html.components(separatedBy: "048213").count == 2)
        #expect(!text.subject.contains("048213"))
        #expect(text.text.prefix(60).contains("048213"))
    }

    @Test(arguments: MessageTemplate.allCases, Templates.shippedLocales)
    func `a mail has no link but the service's own, and no picture, script or style sheet`(
        template: MessageTemplate, locale: String
    ) throws {
        let text = try Templates.shipped()
            .render(template, locale: locale, variables: Self.variables)

        // The only links that a text may have are those that the service makes.
        var (html, plain) = (text.html, text.text)
        for variable in template.links {
            let link = try #require(Self.variables[variable])
            #expect(html.contains("<a href=\"\(link)\"") && plain.contains(link))
            html = html.replacing("<a href=\"\(link)\"", with: "")
            plain = plain.replacing(link, with: "")
        }
        (html, plain) = (html.lowercased(), plain.lowercased())
        for forbidden in ["http", "//", "<img", "<script", "<link", "<style", "<a ", "url("] {
            #expect(!html.contains(forbidden), "\(forbidden)")
            #expect(!plain.contains(forbidden), "\(forbidden)")
        }
        #expect(text.html.contains("<html lang=\"\(locale)\">"))
    }

    @Test func `names are escaped in HTML and stand as they are in text`() throws {
        var variables = Self.variables
        variables[.practice] = "Linde & <b>Zn</b> \"x\""
        let text = try Templates.shipped()
            .render(.sessionCode, locale: "nl", variables: variables)

        #expect(text.html.contains("Linde &amp; &lt;b&gt;Zn&lt;/b&gt; &quot;x&quot;"))
        #expect(!text.html.contains("<b>Zn"))
        #expect(text.text.contains("Linde & <b>Zn</b> \"x\""))
        #expect(text.subject.contains("Linde & <b>Zn</b> \"x\""))
    }

    @Test(arguments: [
        "\r\nBcc: x@example.nl", "\n", "\u{0}", "\u{7F}", "\u{85}", "\u{2028}", "\u{202E}",
    ])
    func `a name with a control character or a turned reading direction is refused`(
        intruder: String
    ) throws {
        let templates = try Templates.shipped()
        var variables = Self.variables
        variables[.practice] = "De Linde" + intruder
        #expect(throws: TemplateFault.self) {
            try templates.render(.sessionCode, locale: "nl", variables: variables)
        }
    }

    @Test(arguments: MessageTemplate.allCases.filter { !$0.hasSMS })
    func `what goes by mail alone is no text message`(template: MessageTemplate) throws {
        #expect(throws: TemplateFault.self) {
            try Templates.shipped().renderSMS(
                template, locale: "nl", variables: Self.variables, portal: nil)
        }
        var sources = try Templates.shipped().sources(of: template, locale: "nl")
        #expect(sources[.sms] == nil)
        sources[.sms] = "{{practice}}"
        let fault = #expect(throws: TemplateFault.self) {
            try MessageText(template, name: "x", sources: sources)
        }
        #expect(fault?.faults == ["x.sms.txt: this goes by mail alone"])
    }

    @Test func `a language that nobody wrote is refused`() throws {
        let templates = try Templates.shipped()
        let fault = #expect(throws: TemplateFault.self) {
            try templates.render(.sessionCode, locale: "fy", variables: Self.variables)
        }
        #expect(fault?.description.contains("fy/session-code") == true)
    }
}

extension Templates {
    func render(
        _ template: MessageTemplate, locale: String, variables: MessageText.Variables
    ) throws(TemplateFault) -> MessageText.Mail {
        try text(template, locale: locale).mail(variables)
    }

    func renderSMS(
        _ template: MessageTemplate, locale: String, variables: MessageText.Variables,
        portal: DomainName?
    ) throws(TemplateFault) -> SMSText {
        try text(template, locale: locale).sms(variables, portal: portal)
    }
}
