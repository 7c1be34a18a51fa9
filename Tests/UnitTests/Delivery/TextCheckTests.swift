import Testing

@testable import Auth

/// What a text may not say or do, whoever wrote it (Z-26).
@Suite struct TextCheckTests {
    static let text = """
        {{code}} {{practice}} {{sent_at}} {{valid_until}} {{minutes}} {{reference}} \
        {{support_contact}}
        """
    static let sms = "{{code}} {{practice}} {{sent_at}} {{minutes}} {{reference}}"
    private static let portal = DomainName("portal.example").map { Set([$0]) } ?? []

    private func faults(_ source: String, _ part: MessageText.Part) -> [String] {
        TextCheck(
            source: source, part: part, template: .oneTimeCode, hosts: Self.portal
        ).faults
    }

    @Test func `a text that keeps to the rules is taken`() {
        #expect(faults("{{sent_at}} {{reference}} – {{practice}}", .subject).isEmpty)
        #expect(faults(Self.text + "\n\nhttps://portal.example/codes", .text).isEmpty)
        #expect(faults("<p lang=\"nl\">\(Self.text)</p>", .html).isEmpty)
        #expect(
            faults("<a href=\"https://portal.example/a?b=c#d\">\(Self.text)</a>", .html).isEmpty)
        #expect(faults(Self.sms, .sms).isEmpty)
    }

    @Test(arguments: MessageText.Part.allCases)
    func `every part says all its variables, and no others`(part: MessageText.Part) {
        let variables = MessageTemplate.oneTimeCode.variables(of: part)
        for left in variables {
            let source = variables.filter { $0 != left }.map { "{{\($0.rawValue)}}" }
            #expect(
                faults(source.joined(separator: " "), part)
                    .contains("{{\(left.rawValue)}} is missing"))
        }
        #expect(faults("{{name}}", part).contains("{{name}} is not a variable here"))
    }

    @Test(arguments: [
        "{{{practice}}}", "{{& practice}}", "{{> other}}", "{{#code}}x{{/code}}", "{{=<% %>=}}",
        "{{practice", "{{ practice }}", "{{! note }}", "{{practice}}}", "{{Practice}}",
        "{{%X:Y}}", "{{practice.name}}", "{{^code}}", "{{capitalized(practice)}}",
    ])
    func `there are no partials, lambdas, sections or unescaped tags`(tag: String) {
        #expect(
            faults(Self.text + tag, .text).contains("only plain {{variable}} tags are allowed"))
    }

    @Test func `the code stands once, and first`() {
        #expect(
            faults(Self.text + "{{code}}", .html).contains("{{code}} stands there more than once"))
        let late = "{{code}} must stand within the first 60 characters, before the practice's name"
        #expect(faults("{{practice}}: " + Self.sms, .sms).contains(late))
        #expect(faults(String(repeating: "a", count: 53) + Self.text, .text).contains(late))
        #expect(!faults(String(repeating: "a", count: 52) + Self.text, .text).contains(late))
    }

    @Test(arguments: [
        "http://portal.example", "https://evil.example", "evil.example", "www.portal.example",
        "portal.example.evil.example", "https://portal.example@evil.example", "evil。example",
        "javascript://portal.example", "https://evil", "https://192.0.2.1/x",
        "{{reference}}.example",
        "balie@delinde.example", "ｅvil.example",
    ])
    func `a mail leads nowhere but to the portal`(link: String) {
        #expect(!faults(Self.text + " " + link, .text).isEmpty)
        #expect(!faults("<p>\(Self.text) \(link)</p>", .html).isEmpty)
        #expect(!faults("<a href=\"\(link)\">\(Self.text)</a>", .html).isEmpty)
    }

    @Test(arguments: ["https://portal.example", "portal.example", "delinde.nl", "bit.ly/x"])
    func `a text message leads nowhere at all`(link: String) {
        #expect(faults("\(Self.sms) \(link)", .sms).contains { $0.hasPrefix("has a link") })
    }

    @Test(arguments: [
        "<script>x</script>", "<img src=\"https://portal.example/x.png\">", "<style>p{}</style>",
        "<link rel=\"stylesheet\">", "<form action=\"https://portal.example\">", "<svg>",
        "<iframe>",
        "<p onclick=\"x\">", "<p class=\"x\">", "<meta http-equiv=\"refresh\">", "<!-- x -->",
        "<p style=\"background:url(x)\">", "<p style=\"width:expression&#40;x\">", "<p style='x'>",
        "<a href=\"javascript:x\">", "<a href=\"//portal.example\">", "<a href=\"/codes\">",
        "<a href=\"https://portal.example:444/\">", "<a href=\"https://x@portal.example/\">",
        "<a href=\"https://portal.example\\@evil\">", "<a href=\"{{support_contact}}\">",
        "<p lang={{reference}}>", "<p", "<", "< p>", "<base href=\"https://portal.example\">",
        "evil.<b>example</b>", "evil&#46;example", "evil&period;example", "& x", "<![CDATA[x]]>",
        "<?x?>",
    ])
    func `HTML shows text and fetches nothing`(markup: String) {
        #expect(!faults("<p>\(Self.text)</p>\(markup)", .html).isEmpty)
    }

    @Test(arguments: [
        "\u{0}", "\r", "\t", "\u{202E}", "\u{200B}", "\u{AD}", "\u{2028}", "\u{FEFF}",
    ])
    func `no control character and no invisible mark stands in a text`(mark: String) {
        for part in [MessageText.Part.text, .html] {
            #expect(
                faults("\(Self.text)\(mark)", part)
                    .contains("has a control character or an invisible mark"))
        }
    }

    @Test func `what forces a text message out of the alphabet is named`() {
        #expect(
            faults(Self.sms + " één ’ zoë", .sms) == ["is not in the SMS alphabet: \"’\", \"ë\""])
    }

    @Test func `a text message leaves room for the practice's name and the portal`() {
        // 8 of the code, 5 of the time, 2 of the minutes and 2 of the reference, 4 blanks.
        let room = 160 - 51 - 21
        #expect(faults(Self.sms + String(repeating: "a", count: room), .sms).isEmpty)
        #expect(
            faults(Self.sms + String(repeating: "a", count: room + 3), .sms)
                == ["is 3 characters too long for one text message"])
        #expect(
            faults(Self.sms + String(repeating: "€", count: room / 2 + 1), .sms)
                == ["is 2 characters too long for one text message"])
    }

    @Test func `the pass is a link where its text has one, and nothing beside it`() {
        func faults(_ source: String, of template: MessageTemplate) -> [String] {
            TextCheck(source: source, part: .html, template: template, hosts: []).faults
        }
        let rest = "{{practice}} {{sent_at}} {{valid_until}} {{support_contact}}"
        #expect(
            faults("<a href=\"{{pass_link}}\">x</a> \(rest)", of: .signInPass).isEmpty)
        for link in ["https://evil{{pass_link}}", "{{pass_link}}?x", "{{practice}}"] {
            let source = "<a href=\"\(link)\">{{pass_link}}</a> \(rest)"
            #expect(
                faults(source, of: .signInPass) == ["a variable can't stand in href="], "\(link)")
        }
        #expect(
            faults("<p style=\"{{pass_link}}\">{{pass_link}} \(rest)</p>", of: .signInPass)
                == ["a variable can't stand in style="])
        #expect(
            faults("<a href=\"{{pass_link}}\">\(Self.text)</a>", of: .oneTimeCode)
                .contains("a variable can't stand in href="))
    }

    @Test func `a text has an end`() {
        #expect(faults(Self.text + String(repeating: "a", count: 16_384), .text) == ["is too long"])
    }
}
