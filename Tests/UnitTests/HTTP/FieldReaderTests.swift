import Cryptography
import Foundation
import Testing

@testable import Auth

@Suite struct FieldReaderTests {
    private struct Form: RequestBody, Equatable {
        enum Kind: String { case sms, email }
        let name: String
        let nickname: String?
        let count: Int
        let agreed: Bool
        let tags: [String]
        let id: UUID
        let kind: Kind?
        let documents: [Document]

        struct Document: Equatable {
            let version: String
        }

        init(_ fields: inout FieldReader) throws {
            name = fields.string("name", max: 5)
            nickname = fields.optionalString("nickname", max: 5)
            count = fields.int("count", in: 1...9)
            agreed = fields.bool("agreed")
            tags = fields.optionalStrings("tags", max: 3, count: 0...2)
            kind = fields.optionalChoice("kind")
            documents = fields.optionalObjects("documents", count: 0...2) { document in
                Document(version: document.string("version", max: 3))
            }
            id = try fields.id("id")
        }
    }

    private static let complete = """
        {"name":"Jo","count":3.0,"agreed":true,"id":"0A1B2C3D-0000-4000-8000-00000000000f"}
        """

    private func faults(in text: String) -> [String] {
        do {
            _ = try Form(json: Array(text.utf8))
            return []
        } catch let problem as Problem {
            return [problem.kind.rawValue] + problem.faults.map(Self.word)
        } catch {
            return ["\(error)"]
        }
    }

    private static func word(_ fault: Problem.Fault) -> String {
        guard case .pointer(let pointer) = fault.place else { return "elsewhere" }
        return "\(pointer) \(fault.code.rawValue)"
    }

    @Test func `a complete body is read`() throws {
        let form = try Form(json: Array(Self.complete.utf8))
        #expect(form.name == "Jo")
        #expect(form.nickname == nil)
        #expect(form.count == 3)
        #expect(form.agreed)
        #expect(form.tags == [])
        #expect(form.id.text == "0a1b2c3d-0000-4000-8000-00000000000f")
    }

    @Test func `one answer names every fault, the unknown fields last`() {
        let text = """
            {"name":"","nickname":7,"count":10,"agreed":"yes","tags":["a",1,"abcd"],"kind":"fax",
             "documents":[{"version":"1"},{"version":"1234","x":1},3],"id":"1","role":"admin"}
            """
        #expect(
            faults(in: text) == [
                "field-invalid", "/name too-short", "/nickname wrong-type", "/count out-of-range",
                "/agreed wrong-type", "/tags too-long", "/kind not-allowed",
                "/documents too-long", "/id wrong-format", "/role unknown",
            ])
    }

    @Test func `a fault within a list says where`() {
        let text =
            Self.complete.dropLast(1) + """
                ,"tags":["abc","abcd"],"documents":[{"version":"12345","x":1},{}]}
                """
        #expect(
            faults(in: String(text)) == [
                "field-invalid", "/tags/1 too-long", "/documents/0/version too-long",
                "/documents/0/x unknown", "/documents/1/version required",
            ])
    }

    @Test func `what is missing is named, and null counts as missing`() {
        #expect(
            faults(in: #"{"name":null,"nickname":null}"#) == [
                "field-invalid", "/name required", "/count required", "/agreed required",
                "/id required",
            ])
    }

    @Test(arguments: [
        (#""count":3.5"#, "/count wrong-type"), (#""count":"3""#, "/count wrong-type"),
        (#""count":true"#, "/count wrong-type"), (#""count":0"#, "/count out-of-range"),
        (#""count":9223372036854775808"#, "/count wrong-type"),
        (#""name":["Jo"]"#, "/name wrong-type"), (#""name":{"$ne":1}"#, "/name wrong-type"),
        (#""name":123456"#, "/name wrong-type"), (#""name":"sixsix""#, "/name too-long"),
        (#""name":"a\nb""#, "/name wrong-format"), (#""name":"a\u0007""#, "/name wrong-format"),
        (#""name":"a\u202eb""#, "/name wrong-format"), (#""name":"\u2066""#, "/name wrong-format"),
        (#""name":"a\u0085""#, "/name wrong-format"), (#""name":"\ufeffa""#, "/name wrong-format"),
        (#""agreed":1"#, "/agreed wrong-type"), (#""id":7"#, "/id wrong-type"),
        (#""id":"0a1b2c3d000040008000000000000000""#, "/id wrong-format"),
        (#""id":"{0a1b2c3d-0000-4000-8000-000000000000}""#, "/id wrong-format"),
    ])
    func `types are strict`(member: String, fault: String) {
        let name = member.prefix { $0 != ":" }
        let others = [
            #""name":"Jo""#, #""count":3"#, #""agreed":true"#,
            #""id":"0a1b2c3d-0000-4000-8000-00000000000f""#,
        ].filter { !$0.hasPrefix(name) }
        let text = "{\((others + [member]).joined(separator: ","))}"
        #expect(faults(in: text) == ["field-invalid", fault])
    }

    @Test func `length counts characters as people type them`() {
        let text = Self.complete.replacing("Jo", with: "ééééé")
        #expect(faults(in: text) == [])
    }

    @Test(arguments: ["", "[]", "{", #"{"name":"Jo","name":"Ja"}"#, "\u{FEFF}{}"])
    func `a body that is no JSON object is malformed and no field's fault`(text: String) {
        #expect(faults(in: text).first == "body-malformed")
    }

    @Test func `an answer repeats little of an unknown name and escapes it`() {
        let long = String(repeating: "n", count: 500)
        #expect(faults(in: Self.complete.dropLast() + ",\"\(long)\":1}")[1].count < 80)
        #expect(
            faults(in: Self.complete.dropLast() + #","a/b~c":1}"#)
                == ["field-invalid", "/a~1b~0c unknown"])
    }

    @Test func `a name loses what is not fit for a line`() {
        #expect(
            faults(in: Self.complete.dropLast() + #","a\n\u202ebc":1}"#)
                == ["field-invalid", "/abc unknown"])
    }

    @Test func `a thousand unknown fields get sixteen lines`() {
        let fields = (0..<1000).map { #""x\#($0)":1"# }.joined(separator: ",")
        #expect(faults(in: Self.complete.dropLast() + ",\(fields)}").count == 17)
    }

    @Test func `a secret is taken as it was typed and cannot be printed`() throws {
        struct Password: RequestBody {
            let password: Secret<String>
            init(_ fields: inout FieldReader) throws {
                password = fields.secret("password", max: 20)
            }
        }
        let body = try Password(json: Array(#"{"password":" a\tB\u202e "}"#.utf8))
        #expect(body.password.expose() == " a\tB\u{202E} ")
        #expect(!"\(body)".contains("a\tB"))
    }
}
