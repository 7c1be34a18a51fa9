import Foundation
import Testing

@testable import Auth

/// The text messages that ship, with practices and portals of every length (C11, C12).
@Suite struct MessageTextTests {
    /// Read once: hundreds of messages are made of it.
    private static let templates = Result { try Templates.shipped() }

    private func sms(
        _ template: MessageTemplate = .sessionCode, locale: String = "nl",
        practice: String = "De Linde", code: String = "048213",
        portal: String? = "portal.example"
    ) throws -> SMSText {
        var variables = TemplateTests.variables
        variables[.practice] = practice
        variables[.code] = code
        return try Self.templates.get().renderSMS(
            template, locale: locale, variables: variables,
            portal: portal.map { try #require(DomainName($0)) })
    }

    static let names = [
        "De Linde", "Huisartsenpraktijk De Linde",
        "Gezondheidscentrum Overvecht-Noord, huisartsen en fysiotherapie",
        String(repeating: "x", count: 200), "Zoë’s praktijk – Île de Ré", "€[]{}~^|\\ €€€€€€€€€€",
        "诊所", "Øvre Årdal legesenter og helsestasjon for ungdom",
    ]

    @Test(arguments: TemplateTests.codes, names)
    func `a text message is one message of the SMS alphabet, whatever the practice is called`(
        template: MessageTemplate, name: String
    ) throws {
        for locale in Templates.shippedLocales {
            for portal in ["p.nl", "portal.example", "portaal.huisartsen.delinde.example"] {
                for code in ["0482", "048213", "04821377"] {
                    let sms = try sms(
                        template, locale: locale, practice: name, code: code, portal: portal)
                    #expect(sms.segments == 1)
                    #expect(sms.foreign.isEmpty)
                    #expect(sms.text.hasSuffix("\n@\(portal) #\(code)"))
                    #expect(sms.text.prefix(60).contains(code))
                    #expect(sms.text.components(separatedBy: code).count == 3)
                    for said in ["11:50", "KD", "10 min"] { #expect(sms.text.contains(said)) }
                    #expect(!sms.text.contains("{{"))
                }
            }
        }
    }

    @Test(arguments: Templates.shippedLocales, names)
    func `one that carries no code is one message too, with the day and no line for a phone`(
        locale: String, name: String
    ) throws {
        var variables = TemplateTests.variables
        variables[.practice] = name
        variables[.sentAt] = "30. september, 11:50"
        let sms = try Self.templates.get().renderSMS(
            .accountChanged, locale: locale, variables: variables,
            portal: DomainName("portal.example"))
        #expect(sms.segments == 1 && sms.foreign.isEmpty)
        #expect(sms.text.contains("(30. september, 11:50)"))
        for forbidden in ["http", "//", "@", "#", "\n", "{{"] {
            #expect(!sms.text.contains(forbidden), "\(forbidden)")
        }
    }

    @Test(arguments: TemplateTests.codes, Templates.shippedLocales)
    func `a text message has no link and no name but the practice's`(
        template: MessageTemplate, locale: String
    ) throws {
        let text = try sms(template, locale: locale).text
        for forbidden in ["http", "//", "www", "030"] { #expect(!text.contains(forbidden)) }
        #expect(text.contains("De Linde"))
        let last = try #require(text.split(separator: "\n").last)
        #expect(last.wholeMatch(of: /@[a-z0-9.-]+ #[0-9]{6}/) != nil)
    }

    @Test func `a short name stands whole, a long one loses its last words`() throws {
        #expect(try sms(practice: "Apotheek De Linde").text.contains("Apotheek De Linde\n"))
        let long = try sms(practice: "Huisartsenpraktijk De Linde aan de Oudegracht-Noordzijde")
        #expect(long.text.contains("voor Huisartsenpraktijk De Linde\n"))
    }

    @Test func `where the portal's host takes all the room, the practice is still named`() throws {
        let host = "portaal." + String(repeating: "lang-", count: 11) + "x.example"
        let sms = try sms(practice: "Huisartsenpraktijk De Linde", portal: host)
        #expect(sms.text.contains("Huisartsenpraktijk De Linde"))
        #expect(!sms.text.contains("@"))
        #expect(sms.segments == 1)
    }

    @Test func `a portal beyond ASCII is named as the phone knows it`() throws {
        #expect(
            try sms(portal: "portaal.bøl.no").text.hasSuffix("\n@portaal.xn--bl-lka.no #048213"))
    }

    @Test func `a name that looks like a host is no link`() throws {
        #expect(try sms(practice: "Huisarts.nl").text.contains("voor Huisarts nl\n"))
        #expect(try sms(practice: "Dr. Vos").text.contains("voor Dr. Vos\n"))
    }

    @Test func `a name in another script gives way to the portal's`() throws {
        #expect(try sms(practice: "诊所").text.contains("voor portal.example\n"))
        #expect(try sms(practice: "诊所", portal: nil).text.contains("voor -\n"))
    }

    @Test(arguments: [MessageTemplate.Variable.practice, .code, .sentAt, .minutes, .reference])
    func `a text message is refused where a variable is empty or more than a line`(
        variable: MessageTemplate.Variable
    ) throws {
        for value in [nil, "", " ", "a\nb", "a\u{202E}b"] {
            var variables = TemplateTests.variables
            variables[variable] = value
            #expect(throws: TemplateFault.self) {
                try Templates.shipped().renderSMS(
                    .sessionCode, locale: "nl", variables: variables, portal: nil)
            }
        }
    }

    @Test(arguments: [(600, "10"), (599, "9"), (60, "1"), (59, "<1"), (30, "<1"), (0, "<1")])
    func `validity is told in whole minutes, never more than there is`(
        seconds: Int, minutes: String
    ) {
        let start = Date(timeIntervalSince1970: 1_788_256_200)
        #expect(
            MessageTemplate.minutes(from: start, to: start.addingTimeInterval(Double(seconds)))
                == minutes)
    }
}
