import Foundation
import Postgres
import Testing

@testable import Auth

/// What is old goes while the service runs, and nobody notices.
@Suite struct HousekeepingTests {
    private static let day = 86_400.0

    /// A whole round, whoever's turn it was.
    @discardableResult
    private func keepHouse(_ service: TestService) async throws -> [String: Int] {
        while true {
            try await service.database.execute("delete from housekeeping_turn")
            if let purged = try await service.service.housekeeper.round() { return purged }
        }
    }

    private func count(_ service: TestService, _ table: String) async throws -> Int {
        try await service.database.count(table, where: "true")
    }

    @Test func `what was answered until its last day is unknown after it`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            #expect(try await service.verify(login.id, login.code).status == 200)
            let code = try await service.issue(to: TestService.freshAddress())
            #expect(try await service.check(code.id, code.digits).status == 200)
            let audited = try await count(service, "audit")

            try await service.travel(Double(PurgeCodes.usualDays) * Self.day)
            try await keepHouse(service)
            #expect(try await service.send("GET", "/v1/logins/\(login.id)").status == 200)
            #expect(try await service.verify(login.id, login.code).problem == "code-used")
            let found = try await service.send("GET", "/v1/codes/\(code.id)")
            #expect(try found.json()["status"] == "verified")
            #expect(try await service.check(code.id, code.digits).problem == "code-used")

            try await service.travel(3_600)
            try await keepHouse(service)
            #expect(try await service.send("GET", "/v1/logins/\(login.id)").status == 404)
            #expect(try await service.verify(login.id, login.code).problem == "code-unknown")
            #expect(try await service.send("GET", "/v1/codes/\(code.id)").status == 404)
            #expect(try await service.check(code.id, code.digits).problem == "code-unknown")
            for table in ["code", "code_subject", "code_request", "message", "login"] {
                #expect(try await count(service, table) == 0, "\(table)")
            }
            // What was done stays, and its owner is still known.
            #expect(try await count(service, "audit") >= audited)
            #expect(try await service.signIn(person)["status"] == "done")
        }
    }

    @Test func `a network is known for its ninety days, and no longer kept than needed`()
        async throws
    {
        try await TestService.run { service in
            _ = try await service.signIn(try await service.person(), ip: "203.0.113.9")
            try await service.travel(Double(LoginLimits.knownNetworkDays) * Self.day)
            try await keepHouse(service)
            #expect(try await count(service, "session") == 1)
            try await service.travel(Self.day + 60)
            try await keepHouse(service)
            #expect(try await count(service, "session") == 0)
        }
    }

    @Test func `what was begun and not proven in a day is gone, and what was proven stays`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.token(person)
            #expect(try await service.makeOwnSuperPIN(token).status == 201)
            #expect(try await service.activateOwnSuperPIN(token).status == 200)
            #expect(try await service.makeOwnSuperPIN(token).status == 201)
            try await service.database.execute(
                """
                insert into factor
                    (account_id, factor_id, practice_id, type, address, secret, activated_at)
                select account_id, gen_random_uuid(), '\(service.practice)', type, address, secret,
                       activated_at
                from account
                cross join (values
                    ('sms', '+31611112222', null, null),
                    ('totp', null, '\\xcafe'::bytea, null),
                    ('sms', '+31633334444', null, clock_timestamp())
                ) as held (type, address, secret, activated_at)
                """)
            try await service.travel(Self.day - 60)
            try await keepHouse(service)
            #expect(try await count(service, "factor") == 3)
            #expect(try await count(service, "recovery_pin") == 2)
            try await service.travel(120)
            try await keepHouse(service)
            #expect(try await count(service, "factor") == 1)
            #expect(try await count(service, "recovery_pin") == 1)
            #expect(
                try await service.database.value("select address from factor") == "+31633334444")
            #expect(
                try await service.database.value(
                    "select activated_at is not null from recovery_pin") == "t")
        }
    }

    @Test func `an invitation goes with its links, enrolments and mails`() async throws {
        try await TestService.run { service in
            let invited = try await service.invited(try await service.guest())
            _ = try await service.opened(invited.token)
            try await service.travel(Double(PurgeInvitations.usualDays + 13) * Self.day)
            // Which a key does not outlive.
            try await service.database.execute(
                "update api_key set expires_at = clock_timestamp() + interval '9 days'")
            try await keepHouse(service)
            #expect(try await service.invitation(invited.id)["status"] == "expired")
            try await service.travel(2 * Self.day)
            try await keepHouse(service)
            for table in ["invitation", "mailed_link", "enrolment", "message"] {
                #expect(try await count(service, table) == 0, "\(table)")
            }
            #expect(try await count(service, "patient") == 1)
        }
    }

    @Test func `sign-ins go on beside it, on subjects whose old codes go`() async throws {
        try await TestService.run { service in
            var people: [Person] = []
            for _ in 0..<4 { people.append(try await service.person()) }
            for person in people { _ = try await service.signIn(person) }
            try await service.travel(Double(PurgeCodes.usualDays + 1) * Self.day)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for person in people {
                    group.addTask { _ = try await service.signIn(person) }
                }
                for _ in 0..<10 {
                    group.addTask { _ = try await service.service.housekeeper.round() }
                }
                try await group.waitForAll()
            }
            try await keepHouse(service)
            #expect(try await count(service, "code") == people.count)
            #expect(try await count(service, "code_subject") == people.count)
            #expect(try await count(service, "message") == people.count)
        }
    }

    @Test func `of a code's subject nothing goes while a newer code is its own`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let old = try await service.begin(person)
            try await service.travel(Double(PurgeCodes.usualDays + 1) * Self.day)
            let new = try await service.begin(person)
            try await keepHouse(service)
            #expect(try await count(service, "code") == 1)
            #expect(try await service.verify(old.id, old.code).problem == "code-unknown")
            #expect(try await service.verify(new.id, new.code).status == 200)
        }
    }

    @Test func `of two instances one does all of it, and the other when that one is gone`()
        async throws
    {
        var settings = TestService.Settings.onItsOwn
        settings.instances = 2
        try await TestService.run(settings) { service in
            func fill() async throws {
                try await service.database.execute(
                    """
                    insert into refusal (practice_id, minute, network_key, reason, refusals)
                    select '\(service.practice)', clock_timestamp() - interval '91 days',
                           sha256(number::text::bytea), 'unknown', 1
                    from generate_series(1, 450) as number
                    """)
            }
            try await fill()
            let housekeepers = service.services.map(\.housekeeper)
            let rounds = try await withThrowingTaskGroup(of: (Int, Int?).self) { group in
                for index in 0..<8 {
                    group.addTask {
                        (index % 2, try await housekeepers[index % 2].round()?["refusal"])
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let done = rounds.filter { $0.1 != nil }
            #expect(done.compactMap(\.1).reduce(0, +) == 450)
            #expect(Set(done.map(\.0)).count == 1, "\(rounds)")
            #expect(try await count(service, "refusal") == 0)

            let other = housekeepers[1 - (try #require(done.first).0)]
            try await fill()
            #expect(try await other.round() == nil)
            #expect(try await count(service, "refusal") == 450)
            try await service.travel(Double(TakeTurn.leaseSeconds) + 1)
            #expect(try await other.round()?["refusal"] == 450)
        }
    }

    @Test func `what is locked is left, and what can't be done is tried again`() async throws {
        try await TestService.run(.onItsOwn) { service in
            let person = try await service.person()
            _ = try await service.signIn(person)
            _ = try await service.login(person, password: "Not-the-password-1", ip: "203.0.113.8")
            try await service.travel(100 * Self.day)
            let account = try await service.accountID(person)
            let held = LockAccount(
                practice: service.practice, account: try #require(UUID(uuidString: account)))
            let purged = try await service.service.database.transaction { transaction in
                try await transaction.run(held)
                return try await keepHouse(service)
            }
            #expect(purged["code"] == 1)
            // Whoever holds the person has it stay until the next code takes its place.
            #expect(try await count(service, "code_subject") == 1)
            #expect(try await service.signIn(person)["status"] == "done")

            let role = "practice_auth_service"
            _ = try await service.login(person, password: "Not-the-password-1", ip: "203.0.113.8")
            try await service.travel(100 * Self.day)
            try await service.database.execute("revoke delete on throttle from \(role)")
            await #expect(throws: PostgresError.self) { try await keepHouse(service) }
            #expect(try await count(service, "code") == 0)
            #expect(
                try await service.database.count(
                    "housekeeping_turn", where: "finished_at is null") == 1)
            try await service.database.execute("grant delete on throttle to \(role)")
            #expect(try #require(await keepHouse(service)["throttle"]) > 0)
            let metrics = try await service.internalInstances[0].send("GET", "/metrics").text
            #expect(metrics.contains(/auth_housekeeping_rows_total\{table="code"\} 2\n/))
            #expect(metrics.contains(/auth_housekeeping_finished_timestamp_seconds [0-9.]{9,}/))
        }
    }
}
