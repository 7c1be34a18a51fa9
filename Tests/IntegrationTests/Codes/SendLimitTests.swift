import Foundation
import Testing

@testable import Auth

/// Limits on sending beyond the destination's own (SU-6, Z-22).
@Suite struct SendLimitTests {
    private static func settings(
        perClient: Int = 1_000, prices: SMSPrices = SMSPrices()
    ) -> TestService.Settings {
        var settings = TestService.Settings()
        settings.configure = {
            $0.sending = SendCeilings(perClientAndHour: perClient, prices: prices)
        }
        return settings
    }

    /// A Dutch mobile number of the block that the first digits name.
    private static func number(_ block: String, _ number: Int) -> String {
        let digits = String(number)
        return block + String(repeating: "0", count: 4 - digits.count) + digits
    }

    private static func refused(_ answer: HTTPAnswer, by limit: String) throws {
        #expect(answer.problem == "send-limit-reached")
        #expect(try answer.json()["limit"].string == limit)
        #expect(answer.header("Retry-After") != nil)
        #expect(try answer.json()["retry_at"].string != nil)
    }

    @Test func `codes of other systems and recoveries leave a client's sign-ins alone`()
        async throws
    {
        try await TestService.run(Self.settings(perClient: 1)) { service in
            let person = try await service.person()
            _ = try await service.issue(to: TestService.freshAddress())
            try Self.refused(
                try await service.issueAnswer(to: TestService.freshAddress()), by: "client")
            for expected in [201, 429] {
                let id = try await service.recovery("nobody@example.org")
                let sent = try await service.recover(id, "codes", [:])
                #expect(sent.status == expected, "\(sent.text)")
            }
            #expect(try await service.login(person).status == 201)
        }
        try await TestService.run { service in
            let person = try await service.person()
            _ = try await service.phone(person)
            try await service.setPolicy(["sms_per_day": 5])
            for number in 1...5 {
                let answer = try await service.issueAnswer(to: Self.number("+3161111", number))
                if number < 5 { #expect(answer.status == 201, "\(answer.text)") }
                if number == 5 { try Self.refused(answer, by: "practice") }
            }
            let login = try await service.login(person)
            #expect(login.status == 201, "\(login.text)")
            #expect(try login.json()["code"]["channel"] == "sms")
        }
    }

    @Test func `one client has its hour, for codes and for sign-ins, and another its own`()
        async throws
    {
        try await TestService.run(Self.settings(perClient: 2)) { service in
            let person = try await service.person()
            let first = try await service.issue(to: TestService.freshAddress())
            _ = try await service.issue(to: TestService.freshAddress())
            _ = try await service.begin(person)
            let login = try await service.begin(person)
            try await service.travel(31)
            try Self.refused(
                try await service.issueAnswer(to: TestService.freshAddress()), by: "client")
            try Self.refused(try await service.resend(first.id), by: "client")
            try Self.refused(try await service.login(person), by: "client")
            let resent = try await service.send("POST", "/v1/logins/\(login.id)/codes")
            try Self.refused(resent, by: "client")
            // What was refused voids nothing.
            #expect(try await service.check(first.id, first.digits).status == 200)
            #expect(try await service.verify(login.id, login.code).status == 200)
            let other = try await service.issueAnswer(
                to: TestService.freshAddress(), key: service.secondKey)
            #expect(other.status == 201)
            try await service.travel(3_601)
            #expect(try await service.issueAnswer(to: TestService.freshAddress()).status == 201)
        }
    }

    @Test func `a receiver's hour and the hour of guesses hold for resends too`() async throws {
        var settings = TestService.Settings()
        settings.sendsPerHour = 2
        try await TestService.run(settings) { service in
            let to = TestService.freshAddress()
            let code = try await service.issue(to: to)
            try await service.travel(31)
            #expect(try await service.resend(code.id).status == 201)
            try await service.travel(61)
            #expect(try await service.resend(code.id).problem == "sends-exhausted")
            #expect(try await service.issueAnswer(to: to).problem == "sends-exhausted")
        }
        try await TestService.run { service in
            let to = TestService.freshAddress()
            let first = try await service.issueAnswer(to: to, idempotencyKey: "key-1")
            let code = try await service.issued(try first.json(), at: to)
            try await service.travel(31)
            let reused = try await service.resend(code.id, idempotencyKey: "key-1")
            #expect(reused.problem == "idempotency-key-reused")
            let again = try await service.resend(code.id)
            let second = try await service.issued(try again.json(), at: to)
            for digits in [code.digits, second.digits] {
                for offset in 1...5 {
                    _ = try await service.check(
                        code.id, TestService.wrongDigits(digits, offset * 7))
                }
            }
            try await service.travel(61)
            let third = try await service.resend(code.id)
            #expect(third.status == 201)
            let newest = try await service.issued(try third.json(), at: to)
            for offset in 1...5 {
                _ = try await service.check(
                    code.id, TestService.wrongDigits(newest.digits, offset))
            }
            try await service.travel(121)
            #expect(try await service.resend(code.id).problem == "code-attempts-exhausted")
        }
    }

    @Test func `a network has sixty an hour`() async throws {
        try await TestService.run { service in
            for number in 1...SendLimit.perNetworkAndHour {
                let answer = try await service.issueAnswer(
                    to: "n\(number)@example.nl", ip: "192.0.2.9")
                #expect(answer.status == 201)
            }
            try Self.refused(
                try await service.issueAnswer(to: "n0@example.nl", ip: "192.0.2.9"), by: "network")
            let elsewhere = try await service.issueAnswer(to: "n0@example.nl", ip: "192.0.2.10")
            #expect(elsewhere.status == 201)
            // Who does not speak for patients is not believed where one is (Z-12).
            let codesOnly = try await service.key(scopes: [.codesIssue])
            let unheard = try await service.issueAnswer(
                to: "n0@example.org", key: codesOnly, ip: "192.0.2.9")
            #expect(unheard.status == 201, "\(unheard.text)")
            // Whoever signs in there has shown a password.
            let login = try await service.login(try await service.person(), ip: "192.0.2.9")
            #expect(login.status == 201, "\(login.text)")
        }
    }

    @Test func `a practice has its day of text messages and its day of money`() async throws {
        let prices = SMSPrices(["EUR": ["NL": 100]])
        try await TestService.run(Self.settings(prices: prices)) { service in
            try await service.database.execute("update practice set sms_per_day = 3")
            try await service.travel(2)  // Callers are known for a second.
            for number in 1...3 {
                let answer = try await service.issueAnswer(to: Self.number("+3161111", number))
                #expect(answer.status == 201)
            }
            try Self.refused(
                try await service.issueAnswer(to: Self.number("+3161111", 4)), by: "practice")
            #expect(try await service.issueAnswer(to: TestService.freshAddress()).status == 201)
        }
        try await TestService.run(Self.settings(prices: prices)) { service in
            try await service.database.execute("update practice set sms_cost_per_day = 250")
            try await service.travel(2)
            for number in 1...2 {
                let answer = try await service.issueAnswer(to: Self.number("+3161111", number))
                #expect(answer.status == 201)
            }
            try Self.refused(
                try await service.issueAnswer(to: Self.number("+3161111", 3)), by: "cost")
        }
    }

    @Test func `a block of numbers that never proves a code is stopped, and others go on`()
        async throws
    {
        try await TestService.run { service in
            var stopped: Int?
            for number in 0..<200 where stopped == nil {
                let answer = try await service.issueAnswer(to: Self.number("+3162222", number))
                if answer.status != 201 {
                    try Self.refused(answer, by: "numbers")
                    stopped = number
                }
            }
            #expect(stopped == SendLimit.unprovenPerBlock)
            #expect(service.log.lines.contains { $0.contains("block of numbers is stopped") })
            #expect(try await service.issueAnswer(to: Self.number("+3163333", 1)).status == 201)
        }
    }

    /// A thousand codes, or as many as are asked for: a hundred thousand take a quarter of an hour.
    @Test(.timeLimit(.minutes(40)))
    func `of many codes those to a block that never proves one stop, and no others`() async throws {
        let wanted = ProcessInfo.processInfo.environment["AUTH_TEST_SENDS"].flatMap { Int($0) }
        let codesOfABlock = (wanted ?? 1_000) / 10
        let silent = "+3162222"
        try await TestService.run(Self.settings(perClient: 1_000_000)) { service in
            try await service.setPolicy([
                "sms_per_day": 1_000_000, "sms_cost_per_day": 100_000_000,
            ])
            let sent = try await withThrowingTaskGroup(of: (String, Int).self) { group in
                for block in [silent] + (0..<9).map({ "+316100\($0)" }) {
                    group.addTask {
                        let answers = try await Self.issue(
                            codesOfABlock, to: block, proving: block != silent, service)
                        return (block, answers)
                    }
                }
                return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            #expect((1..<200).contains(sent[silent] ?? 0))
            for (block, count) in sent where block != silent {
                #expect(count == codesOfABlock, "\(block)")
            }
        }
    }

    /// How many codes went to the block's numbers; one in fifteen is entered.
    private static func issue(
        _ count: Int, to block: String, proving: Bool, _ service: TestService
    ) async throws -> Int {
        var sent = 0
        for index in 0..<count {
            let to = number(block, index)
            let answer = try await service.issueAnswer(to: to)
            guard answer.status == 201 else {
                try refused(answer, by: "numbers")
                continue
            }
            sent += 1
            guard proving, index.isMultiple(of: 15) else { continue }
            let code = try await service.issued(try answer.json(), at: to)
            #expect(try await service.check(code.id, code.digits).status == 200)
        }
        return sent
    }

    @Test func `a block where codes are entered is not stopped`() async throws {
        try await TestService.run { service in
            for number in 0..<(SendLimit.unprovenPerBlock + 20) {
                let to = Self.number("+3164444", number)
                let code = try await service.issue(to: to)
                if number.isMultiple(of: 10) {
                    #expect(try await service.check(code.id, code.digits).status == 200)
                }
            }
        }
    }

    @Test func `a stopped channel sends nothing, and the others do`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            let code = try await service.issue(to: TestService.freshAddress())
            try await service.travel(31)
            let operatorsOwn = service.service.administration
            try await operatorsOwn.stopSending(by: "email", reason: "test")
            let answers = [
                try await service.issueAnswer(to: TestService.freshAddress()),
                try await service.resend(code.id),
                try await service.login(person),
                try await service.send("POST", "/v1/logins/\(login.id)/codes"),
            ]
            for answer in answers {
                #expect(answer.status == 503)
                #expect(answer.problem == "sending-stopped")
                #expect(answer.header("Retry-After") != nil)
            }
            #expect(try await service.issueAnswer(to: "06 12345678").status == 201)
            #expect(try await operatorsOwn.resumeSending(by: "email"))
            #expect(try await !operatorsOwn.resumeSending(by: "email"))
            #expect(try await service.issueAnswer(to: TestService.freshAddress()).status == 201)
        }
    }
}
