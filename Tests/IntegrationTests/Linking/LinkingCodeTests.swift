import Cryptography
import Foundation
import Testing

@testable import Auth

/// An account of another practice is used here too, by a code that it shows (Z-7, Z-15).
@Suite struct LinkingCodeTests {
    @Test func `the account signs in at both practices, and each sees its own`() async throws {
        try await TestService.run { service in
            let person = try await service.person(in: service.foreignKey)
            let (guest, enrolment) = try await service.enrolled()
            let code = try await service.linkingCode(of: person)
            let sent = service.mail.count(to: person.email)
            let linked = try await service.link(enrolment, " \(code.lowercased()) ")
            #expect(linked.status == 200, "\(linked.text)")
            #expect(try linked.json()["status"] == "linked")
            #expect(try await service.patient(guest.patient).json()["has_account"] == true)

            let here = try TestService.claims(try await service.tokens(of: person).access)
            let there = try TestService.claims(try await service.signInElsewhere(person))
            #expect(here["patients"].array.count == 1 && here["identity_level"] == "kbv")
            #expect(here["sub"] != there["sub"] && here["patients"] != there["patients"])
            let byName = Person(
                identifier: person.username, email: person.email, username: person.username)
            #expect(try await service.login(byName).status == 201)
            #expect(try await service.database.count("account", where: "true") == 1)
            #expect(
                try await service.database.rows(
                    """
                    select event, reason from audit
                    where event in ('linking-code-made', 'account-linked') order by audit_id
                    """) == [["linking-code-made", nil], ["account-linked", "self"]])
            #expect(
                try await service.database.count(
                    "customer_number", where: "account_id is null") == 0)
            // Its owner hears of it, in the name of the practice that it came to.
            let told = try await service.mail.message(sent + 1, to: person.email)
            #expect(
                told.text.contains("Er is een patiënt van de praktijk aan uw account gekoppeld."),
                "\(told.text)")
        }
    }

    @Test func `it works once`() async throws {
        try await TestService.run { service in
            let person = try await service.person(in: service.foreignKey)
            let code = try await service.linkingCode(of: person)
            let first = try await service.enrolled().enrolment
            let key = UUID().text
            let linked = try await service.link(first, code, idempotencyKey: key)
            #expect(linked.status == 200, "\(linked.text)")
            let again = try await service.link(first, code, idempotencyKey: key)
            #expect(again.status == 200 && again.text == linked.text)
            let (guest, second) = try await service.enrolled()
            for key in [nil, UUID().text] {
                let used = try await service.link(second, code, idempotencyKey: key)
                #expect(
                    used.status == 422 && used.problem == "linking-code-refused", "\(used.text)")
            }
            #expect(try await service.enrolment(second)["status"] == "open")
            #expect(try await service.patient(guest.patient).json()["has_account"] == false)
            // It is no loss: another code goes on from there.
            let other = try await service.linkingCode(of: person)
            #expect(try await service.link(second, other).status == 200)
        }
    }

    @Test func `of two enrolments that use it at once one is linked`() async throws {
        var two = TestService.Settings()
        two.instances = 2
        try await TestService.run(two) { service in
            let person = try await service.person(in: service.foreignKey)
            let code = try await service.linkingCode(of: person)
            var open: [String] = []
            for _ in 1...4 { open.append(try await service.enrolled().enrolment) }
            let enrolments = open
            let answers = try await parallel(8) { number in
                try await service.link(enrolments[number / 2], code, instance: number % 2)
            }
            #expect(answers.count { $0.status == 200 } == 1, "\(answers.map(\.text))")
            #expect(
                answers.allSatisfy {
                    $0.status == 200 || $0.problem == "linking-code-refused"
                        || $0.problem == "already-active"
                }, "\(answers.map(\.text))")
            #expect(try await service.database.count("patient_link", where: "role = 'self'") == 2)
            #expect(try await service.database.count("membership", where: "true") == 2)
        }
    }

    @Test(arguments: ["too old", "replaced", "signed out", "frozen", "made up", "mistyped"])
    func `one that is not good links nothing`(fault: String) async throws {
        try await TestService.run { service in
            let person = try await service.person(in: service.foreignKey)
            let token = try await service.signInElsewhere(person)
            let made = try await service.makeLinkingCode(token)
            var code = try #require(try made.json()["linking_code"].string)
            switch fault {
            case "too old": try await service.travel(301)
            case "replaced": #expect(try await service.makeLinkingCode(token).status == 201)
            case "signed out":
                let session = try #require(try TestService.claims(token)["sid"].string)
                try await service.database.execute(
                    """
                    update session set ended_at = clock_timestamp(), end_reason = 'revoked'
                    where session_id = '\(session)'
                    """)
            case "frozen":
                try await service.database.execute(
                    "update account set disabled_at = clock_timestamp()")
            case "made up": code = LinkingCode.random().printed.expose()
            default: code = String(code.dropLast()) + (code.hasSuffix("A") ? "B" : "A")
            }
            let enrolment = try await service.enrolled().enrolment
            let refused = try await service.link(enrolment, code)
            #expect(refused.status == 422)
            #expect(
                refused.problem == (fault == "mistyped" ? "field-invalid" : "linking-code-refused"),
                "\(refused.text)")
            #expect(try await service.enrolment(enrolment)["status"] == "open")
            #expect(try await service.database.count("membership", where: "true") == 1)
        }
    }

    @Test func `it is made from a new and finished sign-in alone`() async throws {
        try await TestService.run { service in
            let person = try await service.person(in: service.foreignKey)
            let token = try await service.signInElsewhere(person)
            let made = try await service.makeLinkingCode(token, idempotencyKey: "code-1")
            #expect(made.status == 201, "\(made.text)")
            let signedIn = try TestService.claims(token)["auth_time"].int
            let ends = try await service.database.value(
                "select floor(extract(epoch from expires_at)) from linking_code")
            #expect(try #require(ends.flatMap(Int.init)) - (signedIn ?? 0) == 300)
            let again = try await service.makeLinkingCode(token, idempotencyKey: "code-1")
            #expect(again.status == 201 && again.text == made.text)
            try await service.travel(61)
            let gone = try await service.makeLinkingCode(token, idempotencyKey: "code-1")
            #expect(gone.status == 409 && gone.problem == "idempotency-secret-gone")
            try await service.travel(240)
            let stale = try await service.makeLinkingCode(token)
            #expect(stale.problem == "insufficient-user-authentication", "\(stale.text)")
            // The code itself is nowhere in the database.
            let symbols = try #require(try made.json()["linking_code"].string)
            for text in [symbols, symbols.replacing("-", with: "")] {
                #expect(
                    try await service.database.count(
                        "linking_code", where: "linking_code::text like '%\(text)%'") == 0)
            }
        }
    }

    @Test func `an address and a name that others have here call for another name`() async throws {
        try await TestService.run { service in
            let person = try await service.person(in: service.foreignKey)
            // The register knows the address as another patient's, and the username is somebody's.
            _ = try await service.guest(["email": .string(person.email)])
            _ = try await service.person(extra: ["username": .string(person.username)])
            let code = try await service.linkingCode(of: person)
            let enrolment = try await service.enrolled().enrolment
            let needed = try await service.link(enrolment, code)
            #expect(needed.status == 422 && needed.problem == "field-invalid", "\(needed.text)")
            #expect(try needed.json()["errors"][0]["pointer"] == "/username")
            let taken = try await service.link(enrolment, code, username: person.username)
            #expect(taken.status == 409 && taken.problem == "username-taken", "\(taken.text)")
            let named = "here-" + person.username
            let linked = try await service.link(enrolment, code, username: named)
            #expect(linked.status == 200, "\(linked.text)")

            let byAddress = try await service.login(person)
            #expect(byAddress.problem == "login-refused", "\(byAddress.text)")
            let byName = Person(identifier: named, email: person.email, username: named)
            #expect(try await service.login(byName).status == 201)
        }
    }

    @Test func `a name of one's own for here goes with a linking code alone`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.tokens(of: person).access
            let answer = try await service.step(
                try await service.enrolled().enrolment, "link", ["username": "anna-here"],
                token: token)
            #expect(answer.status == 422 && answer.problem == "field-invalid", "\(answer.text)")
        }
    }

    @Test func `who is a patient of both already gets another patient`() async throws {
        try await TestService.run { service in
            let person = try await service.personOfBoth()
            let child = try await service.guest(["date_of_birth": "2019-02-28"])
            let letter = try await service.letter(for: child, way: "pin-desk")
            let enrolment = try await service.opened(try await service.invited(child).token)
            #expect(try await service.step(enrolment, "identity", letter.body).status == 200)
            let linked = try await service.link(
                enrolment, try await service.linkingCode(of: person))
            #expect(linked.status == 200, "\(linked.text)")
            #expect(
                try await service.database.rows(
                    """
                    select role from patient_link
                    where practice_id = '\(service.practice)' order by role
                    """) == [["parent"], ["self"]])
        }
    }
}
