import Foundation
import Testing

@testable import Auth

/// What a stranger may try, and what the owner may still do (Z-12, Z-19, Z-20).
@Suite struct GuessingTests {
    @Test func `the sixth try from one place waits, also with the right password`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            for _ in 1...5 {
                let wrong = try await service.login(person, password: "nope", ip: "198.51.100.7")
                #expect(wrong.problem == "login-refused")
            }
            let sixth = try await service.login(person, ip: "198.51.100.7")
            #expect(sixth.status == 429)
            #expect(sixth.problem == "login-throttled")
            let wait = Int(sixth.header("Retry-After") ?? "") ?? 0
            #expect((25...30).contains(wait))
            try await service.travel(31)
            #expect(try await service.login(person, ip: "198.51.100.7").status == 201)
        }
    }

    @Test func `the wait doubles up to an hour`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            for _ in 1...5 {
                _ = try await service.login(person, password: "x", ip: "198.51.100.8")
            }
            for expected in [30, 60, 120, 240, 480, 960, 1920, 3600, 3600] {
                let refused = try await service.login(person, ip: "198.51.100.8")
                let wait = Int(refused.header("Retry-After") ?? "") ?? 0
                #expect((expected - 5...expected).contains(wait))
                try await service.travel(Double(expected) + 1)
                let next = try await service.login(person, password: "x", ip: "198.51.100.8")
                #expect(next.problem == "login-refused")
            }
        }
    }

    @Test func `a made-up identifier waits at the same try`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            var madeUp = person
            madeUp.identifier = "nobody-\(person.username)@example.nl"
            for somebody in [person, madeUp] {
                var problems: [String?] = []
                for _ in 1...7 {
                    problems.append(
                        try await service.login(somebody, password: "x", ip: "198.51.100.9")
                            .problem)
                }
                #expect(
                    problems == Array(repeating: "login-refused", count: 5)
                        + ["login-throttled", "login-throttled"])
            }
        }
    }

    @Test func `the neighbours of an IPv6 address are one network`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            for host in 1...5 {
                _ = try await service.login(person, password: "x", ip: "2001:db8:1:2::\(host)")
            }
            let neighbour = try await service.login(person, ip: "2001:db8:1:2:ffff::9")
            #expect(neighbour.problem == "login-throttled")
            #expect(try await service.login(person, ip: "2001:db8:1:3::1").status == 201)
        }
    }

    @Test func `a hundred networks hammer, and the owner signs in at once from a known one`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            _ = try await service.signIn(person, ip: "203.0.113.5")
            for part in 1...10 {
                let answers = try await parallel(10) { network in
                    try await service.login(
                        person, password: "x", ip: "10.\(part).\(network).1")
                }
                #expect(answers.allSatisfy { $0.problem == "login-refused" })
            }
            // From the hundredth failure on, an unknown network is refused without a sign of it.
            #expect(try await service.login(person, ip: "10.200.0.1").problem == "login-refused")
            _ = try await service.signIn(person, ip: "203.0.113.5")
        }
    }

    @Test func `a known network has ten failures of the account an hour, and no more`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            _ = try await service.signIn(person, ip: "203.0.113.5")
            for failure in 1...LoginLimits.knownNetworkFailures {
                let wrong = try await service.login(person, password: "x", ip: "203.0.113.5")
                #expect(wrong.problem == "login-refused", "\(failure)")
                // Each from the fifth on starts a wait.
                if failure >= 5 { try await service.travel(30 * pow(2, Double(failure - 5)) + 1) }
            }
            // Half an hour has gone by, and the right password is not looked at.
            #expect(try await service.login(person, ip: "203.0.113.5").problem == "login-refused")
            try await service.travel(3_601)
            #expect(try await service.login(person, ip: "203.0.113.5").status == 201)
        }
    }

    @Test func `a network is known for ninety days`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            _ = try await service.signIn(person, ip: "203.0.113.6")
            try await service.travel(Double(LoginLimits.knownNetworkDays) * 86_400 - 60)
            let close = "update account set strange_failures = 100, strange_since = now()"
            try await service.database.execute(close)
            #expect(try await service.login(person, ip: "203.0.113.6").status == 201)
            try await service.travel(120)
            try await service.database.execute(close)
            #expect(try await service.login(person, ip: "203.0.113.6").problem == "login-refused")
        }
    }

    @Test func `one network fails thirty times in ten minutes over all identifiers`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            for number in 1...30 {
                var somebody = person
                somebody.identifier = "somebody-\(number)@example.nl"
                let answer = try await service.login(somebody, password: "x", ip: "192.0.2.99")
                #expect(answer.problem == "login-refused")
            }
            let refused = try await service.login(person, ip: "192.0.2.99")
            #expect(refused.problem == "login-throttled")
            #expect((1...600).contains(Int(refused.header("Retry-After") ?? "") ?? 0))
            #expect(try await service.login(person, ip: "192.0.2.98").status == 201)
            try await service.travel(601)
            #expect(try await service.login(person, ip: "192.0.2.99").status == 201)
        }
    }

    @Test func `the hour's guesses are spent over all codes, and a new login has to wait`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            for (round, guesses) in [4, 4, 2].enumerated() {
                let newest = try await service.mail.message(round + 1, to: person.email)
                for guess in 1...guesses {
                    let answer = try await service.verify(
                        login.id, TestService.wrong(newest.code, guess))
                    #expect(answer.problem == "code-incorrect", "\(round) \(guess)")
                    // The hour's last one says when there is another (SC-7), and whom to ask (SC-10).
                    let isLast = (round, guess) == (2, 2)
                    let wait = answer.header("Retry-After").flatMap { Int($0) }
                    #expect(isLast ? (1...3600).contains(wait ?? 0) : wait == nil, "\(guess)")
                    let body = try answer.json()
                    #expect((body["retry_at"].string != nil) == isLast)
                    #expect((body["attempts_left"] == 0) == isLast)
                    #expect(body["detail"].string?.contains("030 000 00 00") == isLast)
                }
                if guesses == 4 {
                    try await service.travel(121)
                    let resent = try await service.send("POST", "/v1/logins/\(login.id)/codes")
                    #expect(resent.status == 201)
                    #expect(
                        try resent.json()["attempts_left"].int == min(5, 10 - 4 * (round + 1)))
                }
            }
            let read = try await service.send("GET", "/v1/logins/\(login.id)").json()
            #expect(read["status"] == "ended" && read["code"]["attempts_left"] == 0, "\(read)")
            let newest = try await service.mail.message(3, to: person.email)
            let right = try await service.verify(login.id, newest.code)
            #expect(right.problem == "code-attempts-exhausted")
            #expect(right.header("Retry-After") != nil)
            let fresh = try await service.login(person)
            #expect(fresh.status == 429)
            #expect(fresh.problem == "code-attempts-exhausted")
            let wait = Int(fresh.header("Retry-After") ?? "") ?? 0
            #expect((1...3600).contains(wait))
            try await service.travel(3601)
            let later = try await service.begin(person)
            #expect(try await service.verify(later.id, later.code).status == 200)
        }
    }
}
