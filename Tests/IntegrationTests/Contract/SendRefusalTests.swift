import Foundation
import Testing

@testable import Auth

/// What is refused when something goes to a new address or a new factor.
@Suite struct SendRefusalTests {
    @Test(arguments: ["sends-exhausted", "send-limit-reached", "code-attempts-exhausted"])
    func `a limit on sending holds wherever a code is asked for`(problem: String) async throws {
        try await TestService.run { service in
            let token = try await service.tokens(of: try await service.person()).access
            let phone: JSON = ["type": "sms", "number": "0687650002"]
            let email: JSON = ["email": "nieuw@example.nl", "password": "Zomer-aan-Zee-42!"]
            let mobile: JSON = ["number": "0687650001", "password": "Zomer-aan-Zee-42!"]
            let added = try await service.own("POST", "/factors", phone, token: token)
            let factor = try #require(try added.json()["id"].string)
            for (path, json) in [("/email", email), ("/mobile", mobile)] {
                #expect(try await service.own("PUT", path, json, token: token).status == 202)
            }
            try await service.travel(31)
            try await service.spend(problem)
            for (method, path, json) in [
                ("POST", "/factors", phone), ("POST", "/factors/\(factor)/codes", nil),
                ("PUT", "/email", email), ("PUT", "/mobile", mobile),
            ] as [(String, String, JSON?)] {
                let answer = try await service.own(method, path, json, token: token)
                #expect(answer.status == 429 && answer.problem == problem, "\(path)")
            }
        }
    }

    @Test func `the password and the code of a new factor are counted`() async throws {
        try await TestService.run { service in
            let token = try await service.tokens(of: try await service.person()).access
            let added = try await service.addPhone(token)
            let factor = try #require(try added.json()["id"].string)
            let code = try await service.mail.code(
                of: try added.json()["code"], to: TestService.number)
            try await service.spend("code-attempts-exhausted")
            let spent = try await service.activate(factor, code, token)
            #expect(spent.status == 429 && spent.problem == "code-attempts-exhausted")
            for _ in 1...4 {
                let wrong = try await service.activate(factor, code, token, password: "Zomer")
                #expect(wrong.status == 422 && wrong.problem == "password-incorrect")
            }
            let wrong = try await service.own(
                "PUT", "/mobile", ["number": "0687650001", "password": "Zomer"], token: token)
            #expect(wrong.status == 422 && wrong.problem == "password-incorrect")
            let waits = try await service.activate(factor, code, token)
            #expect(waits.status == 429 && waits.problem == "password-throttled")
        }
    }

    @Test func `a new app's clock is told of, and an active phone needs no code`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.tokens(of: person).access
            let added = try await service.account("POST", "factors", token, json: ["type": "totp"])
            let app = try TestApp(try added.json())
            let early = try await service.activate(app.id, app.code(7), token)
            #expect(early.status == 422 && early.problem == "clock-skew")
            let phone = try await service.phone(token)
            let fresh = try await service.signInByPhone(person).access
            let again = try await service.account("POST", "factors/\(phone)/codes", fresh)
            #expect(again.status == 409 && again.problem == "code-used")
        }
    }

    @Test func `the code of a number that was asked for before is told from a wrong one`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.tokens(of: person).access
            let number = TestService.freshMobile()
            let older = try await service.askMobile(person, number, token: token)
            let code = try await service.mail.code(of: try older.json(), to: number)
            _ = try await service.askMobile(person, TestService.freshMobile(), token: token)
            let typed = try await service.type(code, "mobile", token: token)
            #expect(typed.status == 409 && typed.problem == "code-superseded")
        }
    }
}

extension TestService {
    /// As if so much had been sent or guessed that a send answers with the problem.
    func spend(_ problem: String) async throws {
        switch problem {
        case "sends-exhausted":
            try await database.execute(
                "update destination set sends = array_fill(clock_timestamp(), array[100])")
        case "send-limit-reached":
            try await database.execute(
                """
                insert into send_count (practice_id, counter, window_start, slice, amount)
                select practice_id, 'client:' || client_id || ':' || budget,
                       date_trunc('hour', clock_timestamp(), 'UTC') + hour * interval '1 hour',
                       99, 1000000
                from client
                cross join generate_series(0, 1) as hour
                cross join unnest(array['sign-in', 'codes', 'recovery']) as budget
                """)
        default:
            try await database.execute(
                "update code_subject set guesses = array_fill(clock_timestamp(), array[10])")
        }
    }
}
