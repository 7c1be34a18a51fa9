import Foundation
import Testing

@testable import Auth
@testable import Postgres

/// A request that comes again while the first is still being worked on (Z-24).
@Suite(.serialized) struct RunningRequestTests {
    /// Two instances, in which an equal request waits for so long.
    private static func settings(waiting: Duration) -> TestService.Settings {
        var limits = ServerLimits()
        limits.statementDeadline = .seconds(16)
        limits.request.answerDeadline = .seconds(20)
        limits.equalRequestWait = waiting
        var settings = TestService.Settings()
        settings.instances = 2
        settings.limits = limits
        return settings
    }

    @Test func `while a login is being committed an equal one is refused, and others go on`()
        async throws
    {
        try await TestService.run(Self.settings(waiting: .milliseconds(50))) { service in
            let (person, other) = (try await service.person(), try await service.person())
            let gate = try await CommitGate(closedIn: service.database)
            async let first = service.login(person, idempotencyKey: "key-1")
            try await gate.isReached()

            let refused = try await service.login(person, idempotencyKey: "key-1", instance: 1)
            #expect(refused.status == 409 && refused.problem == "request-running")
            let wait = refused.header("Retry-After").flatMap { Int($0) }
            #expect(wait.map { (1...3).contains($0) } == true)
            #expect(try !refused.json()["retry_at"].isAbsent)
            // Nothing says yet whose the key is.
            let stranger = try await service.login(other, idempotencyKey: "key-1", instance: 1)
            #expect(stranger.problem == "request-running")
            let elsewhere = try await service.login(
                other, key: service.secondKey, instance: 1)
            #expect(elsewhere.status == 201)

            try await gate.open()
            let answer = try await first
            #expect(answer.status == 201, "\(answer.text)")
            let again = try await service.login(person, idempotencyKey: "key-1", instance: 1)
            #expect(again.status == 201 && again.body == answer.body)
            #expect(try await service.database.count("idempotency", where: "true") == 1)
            #expect(try await service.database.count("login", where: "true") == 2)
            _ = try await service.mail.message(to: person.email)
            #expect(service.mail.count(to: person.email) == 1)
        }
    }

    @Test func `a right code that is refused meanwhile has the first one's tokens afterwards`()
        async throws
    {
        try await TestService.run(Self.settings(waiting: .milliseconds(50))) { service in
            let login = try await service.begin(try await service.person())
            let gate = try await CommitGate(closedIn: service.database)
            async let first = service.verify(login.id, login.code, idempotencyKey: "key-1")
            try await gate.isReached()
            let refused = try await service.verify(
                login.id, login.code, idempotencyKey: "key-1", instance: 1)
            #expect(refused.status == 409 && refused.problem == "request-running")
            try await gate.open()
            let again = try await service.verify(
                login.id, login.code, idempotencyKey: "key-1", instance: 1)
            let refresh = try await [first, again].map {
                try $0.json()["tokens"]["refresh_token"].string
            }
            #expect(refresh[0] != nil && refresh[0] == refresh[1])
            #expect(try await service.database.count("session", where: "true") == 1)
        }
    }

    @Test func `an act of several statements is refused before it waits for any row`()
        async throws
    {
        try await TestService.run(Self.settings(waiting: .milliseconds(50))) { service in
            let token = try await service.tokens(of: try await service.person()).access
            @Sendable func make(instance: Int) async throws -> HTTPAnswer {
                try await service.own(
                    "POST", "/recovery-codes", nil, token: token, idempotencyKey: "key-1",
                    instance: instance)
            }
            let gate = try await CommitGate(closedIn: service.database)
            async let first = make(instance: 0)
            try await gate.isReached()
            // The first holds the session's row.
            let refused = try await make(instance: 1)
            #expect(refused.status == 409 && refused.problem == "request-running")
            try await gate.open()
            let codes = try await [first, make(instance: 1)].map {
                try $0.json()["recovery_codes"]
            }
            #expect(codes[0].array.count == 10 && codes[0] == codes[1])
        }
    }

    @Test func `an equal request that need not wait long gets the first one's answer`()
        async throws
    {
        try await TestService.run(Self.settings(waiting: .seconds(12))) { service in
            let person = try await service.person()
            let gate = try await CommitGate(closedIn: service.database)
            async let first = service.login(person, idempotencyKey: "key-1")
            try await gate.isReached()
            let second = service.services[1].database
            let before = second.gauges.statements
            async let equal = service.login(person, idempotencyKey: "key-1", instance: 1)
            // Its key and its practice are looked up, and the act is asked for more than once.
            try await eventually { second.gauges.statements > before + 4 }
            try await gate.open()
            let answers = try await [first, equal]
            #expect(answers.map(\.status) == [201, 201])
            #expect(answers[0].body == answers[1].body)
        }
    }

    @Test func `every call that takes a key is refused while it is another's, having done nothing`()
        async throws
    {
        try await TestService.run(Self.settings(waiting: .zero)) { service in
            let calls = try await KeyedCalls(service)
            let keyed = try Contract.shipped().operations.filter(\.takesKey)
            #expect(Set(keyed.map { "\($0.method) \($0.path)" }) == Set(calls.all.map(\.name)))
            let before = try await Self.counts(service)
            try await Self.holding("key-1", service) {
                for call in calls.all {
                    let answer = try await calls.send(call, idempotencyKey: "key-1")
                    #expect(answer.status == 409, "\(call.name)")
                    #expect(answer.problem == "request-running", "\(call.name) \(answer.text)")
                }
            }
            #expect(try await service.database.count("idempotency", where: "true") == 0)
            #expect(try await Self.counts(service) == before)
        }
    }

    private static func counts(_ service: TestService) async throws -> [Int] {
        var counts: [Int] = []
        for table in ["login", "code", "message", "session", "enrolment", "recovery", "api_key"] {
            counts.append(try await service.database.count(table, where: "true"))
        }
        return counts
    }

    /// Runs the body while a request of the first client is under way with that key.
    private static func holding(
        _ key: String, _ service: TestService,
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let name = try await service.database.value(
            """
            select client_id from client
            where practice_id = '\(service.practice.text)' and name = 'portal'
            """)
        let client = try #require(name.flatMap(UUID.init))
        let act = Act(
            practiceID: service.practice, clientID: client,
            key: IdempotencyKey(
                key, client: client, method: "POST", path: "/", body: [],
                keys: service.service.keys),
            requestID: UUID())
        var configuration = Database.Configuration(url: service.database.serviceURL)
        configuration.idleInTransactionTimeout = .seconds(60)
        try await Database.use(configuration, logger: OutboxFixture.quiet) { database in
            try await database.transaction(of: act, within: .seconds(60)) { _ in
                try await body()
            }
        }
    }
}

/// Holds every commit that keeps an answer until it is opened, as a standby does that is away.
private struct CommitGate {
    /// What it announces itself by: a lock that is visible before the commit.
    private static let signal = 4_711
    private let database: TestDatabase

    init(closedIn database: TestDatabase) async throws {
        self.database = database
        try await database.execute(
            """
            create table gate as select true as is_closed;
            create function hold() returns trigger language plpgsql security definer as $$
            begin
                perform pg_advisory_xact_lock_shared(\(Self.signal));
                while (select is_closed from gate) loop
                    perform pg_sleep_for('5 milliseconds');
                end loop;
                return null;
            end
            $$;
            create constraint trigger held after insert on idempotency
                deferrable initially deferred
                for each row execute function hold()
            """)
    }

    func isReached() async throws {
        try await eventually(orElse: "nothing came to its commit") {
            try await database.count(
                "pg_locks", where: "locktype = 'advisory' and objid = \(Self.signal)") == 1
        }
    }

    func open() async throws {
        try await database.execute("update gate set is_closed = false")
    }
}

/// One call of every operation that takes an `Idempotency-Key`, none of which anything else refuses
/// before its act.
private struct KeyedCalls {
    struct Call: Sendable {
        /// Method and path as the contract has them.
        let name: String
        let id: String
        var body: JSON?
    }

    let all: [Call]
    private let token: String
    private let service: TestService

    init(_ service: TestService) async throws {
        try await service.setPolicy(["remembered_device": true])
        let (person, other) = (try await service.person(), try await service.person())
        let token = try await service.tokens(of: person).access
        let phone: JSON = ["type": "sms", "country_code": "31", "number": "0687650002"]
        let added = try await service.own("POST", "/factors", phone, token: token)
        let factor = try #require(try added.json()["id"].string, "\(added.text)")
        let guest = try await service.guest()
        let enrolment = try await service.ready(guest)
        let unknown = try await service.guest()
        let (invitation, link) = try await service.invited(unknown)
        let login = try await service.begin(other).id
        let issued = try await service.issue(to: TestService.freshAddress()).id
        try await service.travel(31)
        let recovery = try await service.recovery("nobody")
        let proven = try await service.provenRecovery(
            person, try await service.ownSuperPIN(person))
        let patient = "ext-\(person.username)"
        let password = JSON.string(person.password)
        let code: JSON = ["code": "123456"]
        let documents: JSON = ["documents": [["kind": "terms", "version": "1"]]]
        let channel: JSON = ["channel": "email"]

        self.token = token
        self.service = service
        all = [
            Call(
                name: "POST /v1/logins", id: "",
                body: ["identifier": .string(person.identifier), "password": password]),
            Call(name: "POST /v1/logins/{id}/codes", id: login),
            Call(name: "POST /v1/logins/{id}/verify", id: login, body: code),
            Call(name: "POST /v1/logins/{id}/consents", id: login, body: documents),
            Call(
                name: "POST /v1/logins/{id}/password", id: login,
                body: ["new_password": .string(TestService.newPassword)]),
            Call(
                name: "POST /v1/codes", id: "",
                body: [
                    "channel": "email", "to": .string(TestService.freshAddress()),
                    "purpose": "pick-up",
                ]),
            Call(name: "POST /v1/codes/{id}/resend", id: issued),
            Call(name: "POST /v1/codes/{id}/verify", id: issued, body: code),
            Call(name: "POST /v1/account/super-pin", id: ""),
            Call(
                name: "POST /v1/account/super-pin/activate", id: "",
                body: ["saved": true, "password": password]),
            Call(
                name: "PUT /v1/account/email", id: "",
                body: ["email": .string(TestService.freshAddress()), "password": password]),
            Call(name: "POST /v1/account/email/verify", id: "", body: code),
            Call(
                name: "PUT /v1/account/mobile", id: "",
                body: ["number": "0687650001", "password": password]),
            Call(name: "POST /v1/account/mobile/verify", id: "", body: code),
            Call(name: "POST /v1/account/devices", id: "", body: [:]),
            Call(name: "POST /v1/account/freeze", id: "", body: ["code": "a-freeze-code"]),
            Call(name: "POST /v1/account/factors", id: "", body: phone),
            Call(name: "POST /v1/account/factors/{id}/codes", id: factor),
            Call(
                name: "POST /v1/account/factors/{id}/activate", id: factor,
                body: ["code": "123456", "password": password]),
            Call(name: "POST /v1/account/recovery-codes", id: ""),
            Call(name: "POST /v1/account/linking-codes", id: ""),
            Call(name: "POST /v1/patients/{external_id}/super-pin", id: patient),
            Call(name: "POST /v1/patients/{external_id}/reactivation", id: patient),
            Call(
                name: "POST /v1/invitations", id: "",
                body: ["patient": .string(unknown.patient)]),
            Call(name: "POST /v1/invitations/{id}/resend", id: invitation),
            Call(
                name: "POST /v1/enrolments", id: "", body: ["invitation_token": .string(link)]),
            Call(
                name: "POST /v1/enrolments/{id}/identity", id: enrolment,
                body: service.details(of: guest)),
            Call(
                name: "POST /v1/enrolments/{id}/email-confirmation", id: enrolment,
                body: ["token": .string(link)]),
            Call(
                name: "POST /v1/enrolments/{id}/profile", id: enrolment,
                body: TestService.profile),
            Call(name: "POST /v1/enrolments/{id}/consents", id: enrolment, body: documents),
            Call(name: "POST /v1/enrolments/{id}/complete", id: enrolment),
            Call(name: "POST /v1/enrolments/{id}/link", id: enrolment),
            Call(name: "POST /v1/enrolments/{id}/decline", id: enrolment),
            Call(
                name: "POST /v1/recoveries", id: "",
                body: ["identifier": .string(other.identifier)]),
            Call(name: "POST /v1/recoveries/{id}/codes", id: recovery, body: channel),
            Call(name: "POST /v1/recoveries/{id}/verify", id: recovery, body: code),
            Call(
                name: "POST /v1/recoveries/{id}/password", id: proven,
                body: ["password": .string(TestService.newPassword)]),
            Call(
                name: "POST /v1/recoveries/{id}/factor", id: proven,
                body: ["factor_id": .string(UUID().text)]),
            Call(
                name: "POST /v1/support/desk-codes", id: "",
                body: ["patient": .string(patient), "identity_document": "passport"]),
            Call(
                name: "POST /v1/api-keys", id: "",
                body: ["client": "pharmacy", "scopes": ["logins"]]),
        ]
    }

    func send(_ call: Call, idempotencyKey: String) async throws -> HTTPAnswer {
        let words = call.name.split(separator: " ").map(String.init)
        let path = words[1].replacing("{id}", with: call.id)
            .replacing("{external_id}", with: call.id)
        let isSignedIn = path.hasPrefix("/v1/account/") || path.hasSuffix("/link")
        return try await service.send(
            words[0], path, json: call.body, idempotencyKey: idempotencyKey, instance: 1,
            headers: [TestService.staff]
                + (isSignedIn ? [("Authorization", "Bearer \(token)")] : []))
    }
}

extension Contract.Operation {
    fileprivate var takesKey: Bool {
        value["parameters"]?.elements.contains {
            $0["$ref"]?.string == "#/components/parameters/IdempotencyKey"
        } ?? false
    }
}
