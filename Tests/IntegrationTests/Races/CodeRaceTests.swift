import Testing

@testable import Auth

/// Parallel requests over HTTP against two instances (architecture.md, Races).
@Suite(.serialized) struct CodeRaceTests {
    static var two: TestService.Settings {
        var settings = TestService.Settings()
        settings.instances = 2
        return settings
    }

    @Test func `of two hundred right codes one wins`() async throws {
        try await TestService.run(Self.two) { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            let answers = try await parallel(200) { number in
                try await service.verify(login.id, login.code, instance: number)
            }
            let won = answers.filter { $0.status == 200 }
            #expect(won.count == 1)
            #expect(answers.count { $0.problem == "code-used" } == 199)
            let sessions = try await service.database.count(
                "session", where: "account_id = (select account_id from login limit 1)")
            #expect(sessions == 1)
        }
    }

    @Test func `of a thousand wrong codes and a right one at most five are compared`()
        async throws
    {
        try await TestService.run(Self.two) { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            let place = Int.random(in: 0...1000)
            let answers = try await parallel(1001) { number in
                let code = number == place ? login.code : TestService.wrong(login.code, number + 1)
                return try await service.verify(login.id, code, instance: number)
            }
            let compared = answers.filter { $0.status == 200 || $0.problem == "code-incorrect" }
            #expect(compared.count <= 5)
            #expect(answers.allSatisfy { [200, 422, 409, 429, 503].contains($0.status) })
            let guesses = try await service.database.count(
                "audit", where: "event = 'code-guessed' and reason = 'incorrect'")
            #expect(guesses == answers.count { $0.problem == "code-incorrect" })
        }
    }

    @Test func `of twenty refreshes one succeeds in rotating, and all carry one successor`()
        async throws
    {
        try await TestService.run(Self.two) { service in
            let person = try await service.person()
            let tokens = try await service.signIn(person)["tokens"]
            let refresh = tokens["refresh_token"]
            let answers = try await parallel(20) { number in
                try await service.send(
                    "POST", "/v1/tokens/refresh", json: ["refresh_token": refresh],
                    instance: number)
            }
            #expect(answers.allSatisfy { $0.status == 200 })
            let successors = try Set(answers.map { try $0.json()["refresh_token"].string })
            #expect(successors.count == 1)
            let rotations = try await service.database.count(
                "session", where: "refresh_hash <> parent_hash and ended_at is null")
            #expect(rotations == 1)
        }
    }

    @Test func `of fifty wrong passwords at the same time five are compared`() async throws {
        try await TestService.run(Self.two) { service in
            let person = try await service.person()
            let answers = try await parallel(50) { number in
                try await service.login(
                    person, password: "wrong", ip: "192.0.2.77", instance: number)
            }
            #expect(answers.count { $0.problem == "login-refused" } == 5)
            #expect(answers.count { $0.problem == "login-throttled" } == 45)
        }
    }

    @Test func `of ten parallel resends one is sent`() async throws {
        try await TestService.run(Self.two) { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            try await service.travel(31)
            let answers = try await parallel(10) { number in
                try await service.send(
                    "POST", "/v1/logins/\(login.id)/codes", instance: number)
            }
            #expect(answers.count { $0.status == 201 } == 1)
            #expect(answers.allSatisfy { [201, 429, 503].contains($0.status) })
        }
    }

    @Test func `of parallel codes for one address its ceiling lets five go`() async throws {
        var settings = Self.two
        settings.sendsPerHour = 5
        try await TestService.run(settings) { service in
            let address = TestService.freshAddress()
            let answers = try await parallel(60) { number in
                try await service.issueAnswer(to: address, instance: number)
            }
            #expect(answers.count { $0.status == 201 } == 5)
            #expect(answers.allSatisfy { [201, 429].contains($0.status) })
            #expect(try await service.database.count("message", where: "true") == 5)
        }
    }

    /// Those that are being written don't see each other, so that a practice's codes don't wait for each
    /// other's commits: the ceiling is passed by these, once, and every later one is refused.
    @Test func `of parallel codes the practice's day lets no more go than were under way`()
        async throws
    {
        try await TestService.run(Self.two) { service in
            try await service.database.execute("update practice set sms_per_day = 50")
            try await service.travel(2)  // Callers are known for a second.
            let answers = try await parallel(300) { number in
                try await service.issueAnswer(
                    to: "+3161\(1_000_000 + number)", instance: number)
            }
            let sent = answers.count { $0.status == 201 }
            #expect((40...60).contains(sent))
            #expect(answers.allSatisfy { [201, 429].contains($0.status) })
            let late = try await service.issueAnswer(to: "+31612999999")
            #expect(late.status == 429)
            #expect(try late.json()["limit"] == "practice")
            #expect(try await service.database.count("message", where: "true") == sent)
        }
    }

    @Test func `of parallel logins the destination's ceiling lets five send`() async throws {
        var settings = Self.two
        settings.sendsPerHour = 5
        try await TestService.run(settings) { service in
            let person = try await service.person()
            let answers = try await parallel(12) { number in
                try await service.login(person, ip: "10.1.\(number).1", instance: number)
            }
            #expect(answers.count { $0.status == 201 } == 5)
            let codes = try await service.database.count("code", where: "true")
            #expect(codes == 5)
        }
    }
}

/// The results of that many calls at the same time.
func parallel<Result: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) async throws -> Result
) async throws -> [Result] {
    try await withThrowingTaskGroup(of: Result.self) { group in
        for number in 0..<count { group.addTask { try await body(number) } }
        return try await group.reduce(into: []) { $0.append($1) }
    }
}
