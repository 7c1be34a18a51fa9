import Foundation
import Testing

@testable import Auth

/// What happened to an account, in its owner's words (SU-1, Z-30).
@Suite struct ActivityTests {
    @Test(arguments: [
        (
            "nl", "code verstuurd naar p•••@e•••.nl", "ingelogd",
            "verkeerd wachtwoord geprobeerd (3 keer)", "verkeerde code ingevoerd",
            "wachtwoord gewijzigd", "super-PIN gemaakt door uw praktijk"
        ),
        (
            "nb", "kode sendt til p•••@e•••.nl", "logget inn", "feil passord prøvd (3 ganger)",
            "feil kode skrevet inn", "passord endret", "super-PIN laget av legekontoret ditt"
        ),
        (
            "en", "code sent to p•••@e•••.nl", "signed in", "wrong password tried (3 times)",
            "wrong code entered", "password changed", "super-PIN made by your practice"
        ),
    ])
    func `it is told in the owner's language, with the clock's time and no secret`(
        locale: String, sent: String, signedIn: String, wrong: String, code: String,
        changed: String, superPIN: String
    ) async throws {
        try await TestService.run { service in
            let person = try await service.person(extra: ["locale": .string(locale)])
            for _ in 1...3 { _ = try await service.login(person, password: "Wrong-1382!") }
            let login = try await service.begin(person)
            _ = try await service.verify(login.id, TestService.wrong(login.code))
            let done = try await service.verify(login.id, login.code)
            let tokens = try TestService.TokenPair(try done.json()["tokens"])
            let password = "Herfst-in-de-Duinen-17!"
            let answer = try await service.changePassword(
                person, to: password, token: tokens.access)
            #expect(answer.status == 204, "\(answer.text)")
            let made = try await service.send(
                "POST", "/v1/patients/ext-\(person.username)/super-pin",
                headers: [TestService.staff])
            #expect(made.status == 201, "\(made.text)")

            let read = try await service.own("GET", "/activity", token: tokens.access)
            #expect(read.status == 200, "\(read.text)")
            let lines = try read.json()["data"].array
            let sentences = lines.map { $0["sentence"].string ?? "" }
            let expected = [superPIN, changed, signedIn, code, sent, wrong]
            #expect(sentences.count == expected.count + 1, "\(sentences)")
            for (sentence, words) in zip(sentences, expected) {
                #expect(sentence.hasSuffix(": \(words)"), "\(sentence)")
                #expect(sentence.contains(#/, \d\d:\d\d: /#), "\(sentence)")
            }
            #expect(lines[5]["event"] == "password-wrong" && lines[5]["times"] == 3)
            #expect(lines[0]["at"].string?.hasSuffix("Z") == true)
            let pin = try made.json()["super_pin"].string ?? "none"
            let staff = TestService.staff.1
            for secret in [login.code, password, person.password, person.email, pin, staff] {
                #expect(!read.text.contains(secret))
            }
        }
    }

    @Test func `nobody reads another's, and it comes by the page`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.tokens(of: person).access
            let stranger = try await service.tokens(of: try await service.person()).access
            try await service.database.execute(
                """
                insert into audit (practice_id, event, result, account_id, request_id)
                select '\(service.practice)', 'password-changed', 'done',
                       '\(service.id(of: person))', gen_random_uuid()
                from generate_series(1, 60)
                """)
            var (cursor, lines) = (String?.none, 0)
            repeat {
                let path = "/activity" + (cursor.map { "?cursor=\($0)" } ?? "")
                let page = try await service.own("GET", path, token: token).json()
                lines += page["data"].array.count
                cursor = page["next_cursor"].string
            } while cursor != nil
            // And the account's making, its code and its sign-in.
            #expect(lines == 63)
            let others = try await service.own("GET", "/activity", token: stranger)
            #expect(try others.json()["data"].array.count == 3)
            let refused = try await service.own("GET", "/activity?cursor=x", token: token)
            #expect(refused.problem == "query-invalid")
        }
    }
}
