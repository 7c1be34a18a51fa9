import Cryptography
import Foundation
import Testing

@testable import Auth

/// A line of an import: what it must have, and how each fault is named (Z-28).
@Suite struct ImportLineTests {
    private static let good: [String: String] = [
        "username": #""anna.jansen""#, "email": #""anna@example.nl""#, "email_confirmed": "true",
        "first_name": #""Anna""#, "last_name": #""Jansen""#, "locale": #""nl""#,
        "password": #""Zomer-42!""#, "external_id": #""P-1""#, "disabled": "false",
    ]

    private static let practice = Practice(
        id: UUID(), name: "P", country: .netherlands, timeZone: .gmt, locale: .dutch, audience: "a",
        portalOrigin: "https://portal.example", supportContact: "1",
        policy: .init(of: .netherlands))

    /// A good line with some fields changed; nil takes one out.
    private static func line(_ changes: [String: String?]) throws -> ImportLine {
        var fields = good
        for (name, value) in changes { fields[name] = value }
        let members = fields.sorted { $0.key < $1.key }.map { #""\#($0.key)":\#($0.value)"# }
        return try ImportLine(
            json: Array("{\(members.joined(separator: ","))}".utf8), in: practice)
    }

    /// The faults, as pointer and word.
    private static func faults(_ changes: [String: String?]) -> [String] {
        do {
            _ = try line(changes)
            return []
        } catch let problem as Problem {
            return problem.faults.map { fault in
                guard case .pointer(let pointer) = fault.place else { return "?" }
                return "\(pointer) \(fault.code.rawValue)"
            }.sorted()
        } catch {
            return ["\(error)"]
        }
    }

    @Test func `a complete line is read as it stands`() throws {
        let line = try Self.line([:])
        #expect(line.username == "anna.jansen")
        #expect(line.email?.typed == "anna@example.nl")
        #expect(line.emailConfirmed)
        #expect(line.firstName == "Anna")
        #expect(line.lastName == "Jansen")
        #expect(line.locale == .dutch)
        #expect(line.externalID?.text == "P-1")
        #expect(!line.disabled)
        guard case .password(let password) = line.proof else {
            Issue.record("no password")
            return
        }
        #expect(password.expose() == "Zomer-42!")
    }

    @Test func `what may be left out has a meaning`() throws {
        let line = try Self.line([
            "email": nil, "email_confirmed": nil, "external_id": nil, "disabled": nil,
        ])
        #expect(line.email == nil)
        #expect(!line.emailConfirmed)
        #expect(line.externalID == nil)
        #expect(!line.disabled)
    }

    @Test(arguments: ["first_name", "last_name", "locale", "password"])
    func `a missing field is named`(field: String) {
        #expect(Self.faults([field: nil]).contains("/\(field) required"))
    }

    @Test(arguments: [
        ("username", #""a b""#, "wrong-format"), ("username", #""123456""#, "wrong-format"),
        ("username", #""a@b""#, "wrong-format"), ("username", "7", "wrong-type"),
        ("email", #""nowhere""#, "wrong-format"), ("email", #""a@b@c.nl""#, "wrong-format"),
        ("email", #""jan sen@example.nl""#, "wrong-format"),
        ("email", #""ø@bøl.no""#, "wrong-format"),
        ("email_confirmed", #""yes""#, "wrong-type"), ("locale", #""fr""#, "not-allowed"),
        ("locale", #""nld""#, "too-long"), ("first_name", #""""#, "too-short"),
        ("first_name", #""\u0007""#, "wrong-format"), ("last_name", "null", "required"),
        ("password", #""short""#, "too-short"), ("disabled", "1", "wrong-type"),
        ("role", #""admin""#, "unknown"), ("mobile", #""020 624 1111""#, "landline"),
        ("mobile", #""+47 912 34 567""#, "country-not-allowed"),
        ("mobile", "612345678", "wrong-type"),
        ("mobile_confirmed", #""yes""#, "wrong-type"),
    ])
    func `a field that cannot be taken is named with the reason`(
        field: String, value: String, reason: String
    ) {
        #expect(Self.faults([field: value]).contains("/\(field) \(reason)"))
    }

    @Test func `a mobile is read as the practice reads it, and vouched for only where it is there`()
        throws
    {
        let line = try Self.line(["mobile": #""06 1234 5678""#, "mobile_confirmed": "true"])
        #expect(line.mobile?.e164 == "+31612345678" && line.mobileConfirmed)
        #expect(try !Self.line(["mobile": #""06 1234 5678""#]).mobileConfirmed)
        #expect(Self.faults(["mobile_confirmed": "true"]) == ["/mobile required"])
        #expect(Self.faults(["mobile_confirmed": "false"]) == [])
        // Named once, for what it is.
        let wrong = Self.faults(["mobile": #""123""#, "mobile_confirmed": "true"])
        #expect(wrong.count == 1 && wrong.first != "/mobile required")
    }

    @Test func `one proof is needed and one is enough`() {
        #expect(Self.faults(["password": nil]) == ["/password required"])
        #expect(
            Self.faults(["password_hash": #""$argon2id$""#]) == ["/password_hash not-allowed"])
        #expect(Self.faults(["password": nil, "password_hash": #""$argon2id$""#]) == [])
    }

    @Test func `an account that nobody could sign in to is refused`() {
        #expect(Self.faults(["username": nil, "email": nil]) == ["/username required"])
        #expect(
            Self.faults(["username": nil, "email_confirmed": "false"]) == ["/username required"])
        #expect(Self.faults(["username": nil]) == [])
    }

    @Test func `every fault of a line is found at once`() {
        let found = Self.faults(["username": #""!""#, "locale": #""xx""#, "extra": "1"])
        #expect(found == ["/extra unknown", "/locale not-allowed", "/username wrong-format"])
    }

    @Test func `a password counts in characters and a hash is kept out of print`() throws {
        #expect(Self.faults(["password": #""ÆØÅæøåäö""#]) == [])
        #expect(Self.faults(["password": #""ÆØÅæøåä""#]) == ["/password too-short"])
        #expect("\(try Self.line([:]))".contains("Zomer") == false)
    }
}
