import Foundation
import Testing

@testable import Auth

/// What a practice may say of a gateway, and what is refused by name.
@Suite struct GatewaySettingsTests {
    private func faults(
        _ json: String, kind: ChannelKind = .sms, development: Bool = false,
        senderCountries: [Practice.Country] = []
    ) throws -> [String] {
        var fields = FieldReader(
            try JSONReader.object(of: Array("{\"sms\": [\(json)]}".utf8)))
        let rules = NewLadder.Rules(
            allows: { $0.host == "sms.example.nl" }, development: development,
            senderCountries: senderCountries)
        do {
            _ = try fields.read { NewLadder("sms", for: kind, of: &$0, by: rules) }
            return []
        } catch let problem as Problem {
            return problem.faults.map { fault in
                if case .pointer(let pointer) = fault.place {
                    "\(pointer.replacing("/sms/0/", with: "")) \(fault.code.rawValue)"
                } else {
                    "\(fault)"
                }
            }
        }
    }

    private func http(_ members: String) -> String {
        """
        {"name": "a", "type": "http", "settings": {"url": "https://sms.example.nl/v1",
         "content_type": "json"\(members)}}
        """
    }

    private let body = #", "body": {"to": "{{to}}", "text": "{{text}}"}"#

    @Test func `a sound gateway is taken`() throws {
        #expect(try faults(http(body)) == [])
        #expect(try faults(#"{"name": "a", "type": "smtp", "settings": {}}"#, kind: .email) == [])
        #expect(
            try faults(
                #"{"name": "a", "type": "mailbox", "settings": {}}"#, development: true) == [])
    }

    @Test(arguments: [
        (
            #"{"name": "A b", "type": "smtp", "settings": {}}"#,
            ["type not-allowed", "name wrong-format"]
        ),
        (#"{"name": "a", "type": "fax", "settings": {}}"#, ["type not-allowed"]),
        (#"{"name": "a", "type": "mailbox", "settings": {}}"#, ["type not-allowed"]),
        (
            #"{"name": "a", "type": "webhook", "settings": {"url": "http://sms.example.nl"}}"#,
            ["settings/url wrong-format"]
        ),
        (
            #"{"name": "a", "type": "webhook", "settings": {"url": "https://other.example.nl"}}"#,
            ["settings/url not-allowed"]
        ),
        (
            #"{"name": "a", "type": "webhook", "secret": "plain", "settings": {"url": "https://sms.example.nl"}}"#,
            ["secret wrong-format"]
        ),
        (
            #"{"name": "a", "type": "webhook", "report_secret": "x", "settings": {"url": "https://sms.example.nl"}}"#,
            ["report_secret not-allowed"]
        ),
        (
            #"{"name": "a", "type": "twilio", "secret": "a\r\nb", "settings": {"url": "https://sms.example.nl", "account": "A/1", "sender": "2077"}}"#,
            ["settings/account wrong-format", "secret wrong-format"]
        ),
    ])
    func `what can't be used is refused at its place`(json: String, expected: [String]) throws {
        #expect(Set(try faults(json)) == Set(expected))
    }

    private func twilio(_ sender: String) -> String {
        """
        {"name": "a", "type": "twilio", "settings": {"url": "https://sms.example.nl",
         "account": "AC1", "sender": "\(sender)"}}
        """
    }

    @Test(
        arguments: [
            ("DeLinde", [.netherlands, .norway], nil), ("2077", [.norway], nil),
            ("2077", [.netherlands], "not-allowed"),
            // One country that takes it does not speak for the other.
            ("2077", [.norway, .netherlands], "not-allowed"),
            ("+4791234567", [.norway], "not-allowed"), ("+32470123456", [], nil),
            ("MG0123456789abcdef0123456789ABCDEF", [.netherlands, .norway], nil),
            ("MG0123456789abcdef0123456789ABCDE", [.netherlands], "too-long"),
            ("MG0123456789abcdef0123456789ABCDE", [], "too-long"),
            ("HuisartsABCD", [], "too-long"), ("AB", [.norway], "too-short"),
            ("info", [], "not-allowed"), ("Åse", [.norway], "wrong-format"),
            ("32470123456", [], "wrong-format"), ("+0123456789", [], "wrong-format"),
            ("12", [], "wrong-format"), ("&&&", [.netherlands], "wrong-format"),
        ] as [(String, [Practice.Country], String?)])
    func `a sender of Twilio's has one of its forms, and is one that each country takes`(
        sender: String, countries: [Practice.Country], code: String?
    ) throws {
        let faults = try faults(twilio(sender), senderCountries: countries)
        #expect(faults == (code.map { ["settings/sender \($0)"] } ?? []))
    }

    @Test func `a described gateway's own sender is checked for an SMS only`() throws {
        let json = http(body + #", "sender": "praktijk@example.nl""#)
        #expect(
            try faults(json, senderCountries: [.netherlands]) == ["settings/sender too-long"])
        #expect(try faults(json, kind: .email, senderCountries: [.netherlands]) == [])
    }

    @Test(arguments: [
        ("", "settings/body required"),
        (#", "body": {"to": "{{to}}"}"#, "settings/body required"),
        (#", "body": {"to": "{{to}}", "text": "{{{text}}}"}"#, "settings/body wrong-format"),
        (#", "body": {"to": "{{to}}", "text": "{{patient}}"}"#, "settings/body wrong-format"),
        (#", "body": "{{to}}{{text}}""#, "settings/body wrong-format"),
        (#", "method": "GET""#, "settings/method not-allowed"),
        (
            #", "headers": [{"name": "Host", "value": "x"}]"#, "settings/headers/0/name not-allowed"
        ),
        (
            #", "headers": [{"name": "X: y", "value": "x"}]"#,
            "settings/headers/0/name wrong-format"
        ),
        (#", "message_id": "id""#, "settings/message_id wrong-format"),
        (#", "reasons": {"1": "nonsense"}"#, "settings/reasons not-allowed"),
        (#", "transient_statuses": [200]"#, "settings/transient_statuses out-of-range"),
        (#", "surprise": 1"#, "settings/surprise unknown"),
    ])
    func `a described gateway is refused where it could not work`(
        members: String, expected: String
    ) throws {
        let whole = members.contains("\"body\"") || members.isEmpty ? members : body + members
        #expect(try faults(http(whole)) == [expected])
    }

    @Test func `only a gateway that reports can be waited for`() throws {
        let json = #"{"name": "a", "type": "smtp", "report_within_seconds": 60, "settings": {}}"#
        #expect(try faults(json, kind: .email) == ["report_within_seconds not-allowed"])
    }

    @Test func `a value that looks like a tag stays a value`() throws {
        let template = try #require(GatewayTemplate("{{to}} {{text}}"))
        #expect(template.filled([.to: "{{secret}}", .text: "x", .secret: "s"]) == "{{secret}} x")
    }

    @Test(arguments: [
        ("/a/b", "1"), ("/list/1/id", "x"), ("/a~1b", "slash"), ("/m~0n", "tilde"), ("/none", nil),
        ("/list/9", nil), ("/list/-1", nil), ("/a", nil), ("/flag", nil),
    ])
    func `a pointer finds texts and whole numbers`(pointer: String, word: String?) throws {
        let document = try JSONReader.value(
            of: Array(
                #"{"a": {"b": 1}, "list": [{}, {"id": "x"}], "a/b": "slash", "m~n": "tilde", "flag": true}"#
                    .utf8))
        #expect(try #require(JSONPointer(pointer)).word(in: document) == word)
    }

    @Test func `every cause has its own advice in every language`() {
        for language in Language.allCases {
            for reason in DeliveryFailure.Reason.allCases {
                let advice = reason.advice(in: language)
                #expect(advice.hasSuffix("."), "\(reason) in \(language)")
                #expect(advice.count > 20)
            }
        }
        #expect(Set(DeliveryFailure.Reason.allCases.map(\.rawValue)).count > 12)
    }
}
