import Cryptography
import Foundation
import Testing

@testable import Auth

/// Before something is proved, one answer for everybody, in the same time (Z-19, Z-20).
@Suite(.serialized) struct RecoveryEnumerationTests {
    @Test func `nobody, somebody, frozen, disabled, shared and foreign differ in no step`()
        async throws
    {
        try await TestService.run { service in
            let names = try await Self.names(service)
            var shapes: [Set<String>] = []
            for name in names {
                let answers = try await Self.steps(service, name)
                if shapes.isEmpty { shapes = answers.map { _ in [] } }
                for (place, answer) in answers.enumerated() {
                    shapes[place].insert(Self.shape(answer))
                }
            }
            for (place, shape) in shapes.enumerated() {
                #expect(shape.count == 1, "step \(place): \(shape)")
            }
        }
    }

    @Test func `a wait shows to all of them alike`() async throws {
        try await TestService.run { service in
            for name in try await Self.names(service) {
                for number in 1...6 {
                    let answer = try await service.beginRecovery(name, ip: "10.3.0.1")
                    #expect(
                        answer.problem == (number <= 5 ? nil : "identity-throttled"), "\(number)")
                }
                try await service.database.execute("delete from throttle")
            }
        }
    }

    @Test func `what an address had is refused without a word`() async throws {
        var settings = TestService.Settings()
        settings.sendsPerHour = 1
        try await TestService.run(settings) { service in
            let person = try await service.person()
            let first = try await service.recovery(person.identifier, ip: "10.3.1.1")
            _ = try await service.recoveryCode(first, to: person.email, ip: "10.3.1.1")
            // By another name, from another network: as if it were sent.
            let second = try await service.recovery(person.username, ip: "10.3.1.2")
            let answer = try await service.recover(second, "codes", [:], ip: "10.3.1.2")
            #expect(answer.status == 201)
            let madeUp = try await service.recovery("nobody", ip: "10.3.1.3")
            let pretended = try await service.recover(madeUp, "codes", [:], ip: "10.3.1.3")
            #expect(Self.shape(answer) == Self.shape(pretended))
            #expect(
                try await service.database.count("message", where: "state <> 'withdrawn'") == 1)
            #expect(
                try await service.database.count(
                    "audit", where: "event = 'code-sent' and reason = 'limit-reached'") == 1)
        }
    }

    @Test func `a block of numbers that proves nothing is refused without a word, and counted`()
        async throws
    {
        try await TestService.run(.onItsOwn) { service in
            let person = try await service.person()
            let phone = try await service.phone(person)
            try await service.database.execute(
                """
                insert into send_count (practice_id, counter, window_start, slice, amount)
                values ('\(service.practice.text)', 'sent:\(phone.number.dropLast(4))',
                        date_trunc('day', clock_timestamp(), 'UTC'), 1,
                        \(SendLimit.unprovenPerBlock))
                """)
            let id = try await service.recovery(person.identifier, ip: "10.3.3.1")
            let answer = try await service.recover(
                id, "codes", ["channel": "sms"], ip: "10.3.3.1")
            #expect(answer.status == 201)
            let metrics = try await service.internalInstances[0].send("GET", "/metrics").text
            #expect(metrics.contains(#"auth_codes_refused_total{limit="numbers"} 1"#))
            #expect(metrics.contains(#"auth_codes_total{outcome="sent"} 0"#))
            #expect(service.log.lines.contains { $0.contains("a block of numbers is stopped") })
            let madeUp = try await service.recovery("nobody", ip: "10.3.3.2")
            let pretended = try await service.recover(
                madeUp, "codes", ["channel": "sms"], ip: "10.3.3.2")
            #expect(Self.shape(answer) == Self.shape(pretended))
            #expect(try await service.database.count("message", where: "code_id is not null") == 0)
            #expect(
                try await service.database.count(
                    "audit",
                    where: "event = 'code-sent' and result = 'refused' and reason = 'limit-reached'"
                ) == 1)
        }
    }

    @Test func `their medians lie within 1.35 of one another`() async throws {
        try await TestService.run { service in
            let names = try await Self.names(service)
            let pin = SuperPIN.random().printed.expose()
            var times: [String: [Duration]] = [:]
            for round in 1...9 {
                for name in names {
                    let ip = "10.4.\(round).1"
                    let begun = try await service.beginRecovery(name, ip: ip)
                    let id = try #require(try begun.json()["id"].string)
                    let sent = try await service.recover(id, "codes", [:], ip: ip)
                    #expect(sent.status == 201)
                    let shown = try await service.recover(
                        id, "verify", ["super_pin": .string(pin)], ip: ip)
                    #expect(shown.problem == "proof-incorrect")
                    times[name, default: []].append(
                        begun.duration + sent.duration + shown.duration)
                    try await service.database.execute("delete from throttle")
                }
            }
            let medians = times.mapValues { $0.sorted()[$0.count / 2] }
            let fastest = try #require(medians.values.min())
            let slowest = try #require(medians.values.max())
            #expect(slowest / fastest <= 1.35, "\(medians)")
        }
    }

    @Test func `before a proof SMS has a fifth of the day, and all hear of its end alike`()
        async throws
    {
        try await TestService.run { service in
            try await service.database.execute("update practice set sms_per_day = 5")
            let person = try await service.person()
            let phone = try await service.phone(person)
            let first = try await service.recovery(person.identifier, ip: "10.3.2.1")
            _ = try await service.recoveryCode(first, "sms", to: phone.number, ip: "10.3.2.1")
            let other = try await service.person()
            _ = try await service.phone(other)
            for name in [other.identifier, "nobody"] {
                let id = try await service.recovery(name, ip: "10.3.2.2")
                let answer = try await service.recover(
                    id, "codes", ["channel": "sms"], ip: "10.3.2.2")
                #expect(answer.problem == "send-limit-reached", "\(name)")
            }
            // Nobody's codes spend none of it.
            try await service.database.execute("delete from send_count")
            let nobody = try await service.recovery("nobody", ip: "10.3.2.3")
            _ = try await service.recover(nobody, "codes", ["channel": "sms"], ip: "10.3.2.3")
            let next = try await service.recovery(other.identifier, ip: "10.3.2.4")
            #expect(
                try await service.recover(next, "codes", ["channel": "sms"], ip: "10.3.2.4").status
                    == 201)
            #expect(
                try await service.database.count(
                    "audit", where: "event = 'code-sent' and result = 'done'") == 2)
        }
    }

    /// People, and nobody, whom nothing may tell apart.
    private static func names(_ service: TestService) async throws -> [String] {
        let known = try await service.person()
        _ = try await service.ownSuperPIN(known)
        let frozen = try await service.person()
        try await service.freeze(frozen)
        let disabled = try await service.person(extra: ["disabled": true])
        let unconfirmed = try await service.person(extra: ["email_confirmed": false])
        let shared = try await service.person(email: "family-\(known.username)@example.nl")
        _ = try await service.person(email: shared.email)
        let foreign = try await service.person(in: service.foreignKey)
        let phone = try await service.person()
        _ = try await service.phone(phone)
        let app = try await service.person()
        _ = try await service.enrolledApp(app)
        return [
            "nobody@example.nl", app.identifier, known.identifier, frozen.identifier,
            disabled.identifier,
            unconfirmed.username, shared.email, foreign.identifier, phone.identifier,
        ]
    }

    /// Every call that can be made without a proof.
    private static func steps(
        _ service: TestService, _ name: String
    ) async throws -> [HTTPAnswer] {
        let begun = try await service.beginRecovery(name)
        let id = try #require(try begun.json()["id"].string)
        let wrong: JSON = ["super_pin": .string(SuperPIN.random().printed.expose())]
        return [
            begun,
            try await service.recover(id, "verify", ["code": "123456"]),
            try await service.recover(id, "codes", ["channel": "email"]),
            try await service.recover(id, "codes", ["channel": "email"]),
            try await service.recover(id, "verify", ["code": "12345"]),
            try await service.recover(id, "codes", ["channel": "sms"]),
            try await service.recover(id, "codes", ["channel": "sms"]),
            try await service.recover(id, "codes", ["number": "0612345678"]),
            try await service.recover(id, "verify", wrong),
            try await service.recover(id, "verify", ["desk_code": "1234 5678 1234 5678"]),
            try await service.recover(id, "verify", ["totp": "123456"]),
            try await service.recover(
                id, "verify", ["recovery_code": .string(RecoveryCode.random().printed.expose())]),
            try await service.setPassword(id),
            try await service.recover(
                id, "factor", ["factor_id": .string(UUID().uuidString.lowercased())]),
        ]
    }

    /// Status, headers and body, without what differs between two answers to one person.
    static func shape(_ answer: HTTPAnswer) -> String {
        EnumerationTests.withoutIDs(answer)
            .replacing(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, with: "id")
            .replacing(/\d{4}-\d\d-\d\dT[0-9:.]+Z/, with: "instant")
            .replacing(/"\d\d:\d\d"/, with: "clock")
            .replacing(/"reference":"[A-Z]{2}"/, with: "reference")
            .replacing(/(?i)retry-after: \d+/, with: "retry-after")
            .replacing(/in \d+ sec|over \d+ sec|om \d+ sek/, with: "soon")
    }
}
