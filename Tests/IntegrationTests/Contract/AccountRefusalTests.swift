import Foundation
import Testing

@testable import Auth

/// What every call of a signed-in patient can be refused for, whichever it is.
@Suite struct AccountRefusalTests {
    private static let email: JSON = ["email": "nieuw@example.nl", "password": "Zomer-aan-Zee-42!"]
    private static let mobile: JSON = [
        "country_code": "31", "number": "0687650001", "password": "Zomer-aan-Zee-42!",
    ]
    private static let password: JSON = [
        "current_password": "Zomer-aan-Zee-42!", "new_password": "Winter-op-Terp-77!",
    ]
    private static let phone: JSON = ["type": "sms", "country_code": "31", "number": "0687650002"]
    private static let code: JSON = ["code": "123456"]
    private static let factorCode: JSON = ["code": "123456", "password": "Zomer-aan-Zee-42!"]
    private static let saved: JSON = ["saved": true, "password": "Zomer-aan-Zee-42!"]

    @Test func `without an access token it is nobody's`() async throws {
        try await TestService.run { service in
            for (method, path, json) in [
                ("PATCH", "", ["locale": "nb"]), ("POST", "/mobile/verify", Self.code),
                ("PUT", "/email", Self.email), ("PUT", "/mobile", Self.mobile),
                ("POST", "/devices", [:]),
            ] as [(String, String, JSON)] {
                let answer = try await service.send(method, "/v1/account\(path)", json: json)
                #expect(answer.status == 401 && answer.problem == "token-invalid", "\(path)")
            }
        }
    }

    @Test func `a sign-in with steps left does nothing else`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let former = try await service.tokens(of: person).access
            let factor = "/factors/\(try await Self.pendingPhone(former, service))"
            let guest = try await service.guest()
            let enrolment = try await service.proven(
                guest, try await service.invited(guest).token)
            try await service.setPolicy(["super_pin": "required", "remembered_device": true])
            let token = try await service.tokens(of: person).access
            for (method, path, json) in [
                ("DELETE", "/email/pending", nil), ("DELETE", "/mobile/pending", nil),
                ("POST", "/email/verify", Self.code), ("POST", "/mobile/verify", Self.code),
                ("PUT", "/email", Self.email), ("PUT", "/mobile", Self.mobile),
                ("PUT", "/password", Self.password), ("POST", "/factors", Self.phone),
                ("POST", "\(factor)/codes", nil), ("POST", "\(factor)/activate", Self.factorCode),
                ("DELETE", factor, nil), ("POST", "/devices", nil),
                ("POST", "/linking-codes", nil),
            ] as [(String, String, JSON?)] {
                let answer = try await service.own(method, path, json, token: token)
                #expect(answer.status == 403 && answer.problem == "session-unfinished", "\(path)")
            }
            let link = try await service.step(enrolment, "link", token: token)
            #expect(link.status == 403 && link.problem == "session-unfinished")
        }
    }

    @Test func `after a recovery nothing sensitive rests on what it rested on`() async throws {
        try await TestService.run { service in
            let token = try await service.rememberer().tokens.access
            let factor = "/factors/\(try await Self.pendingPhone(token, service))"
            let guest = try await service.guest()
            let enrolment = try await service.proven(
                guest, try await service.invited(guest).token)
            try await service.database.execute(
                """
                update account
                set recovered_at = clock_timestamp(),
                    recovered_by = array(
                        select contact.contact_id
                        from contact
                        where contact.account_id = account.account_id)
                """)
            for (method, path, json) in [
                ("DELETE", "", ["password": "Zomer-aan-Zee-42!"]), ("POST", "/factors", Self.phone),
                ("POST", "/super-pin", nil), ("PUT", "/email", Self.email),
                ("PUT", "/mobile", Self.mobile), ("PUT", "/password", Self.password),
                ("POST", "\(factor)/codes", nil), ("POST", "\(factor)/activate", Self.factorCode),
                ("POST", "/super-pin/activate", Self.saved), ("POST", "/devices", nil),
                ("POST", "/linking-codes", nil),
            ] as [(String, String, JSON?)] {
                let answer = try await service.own(method, path, json, token: token)
                #expect(answer.status == 429 && answer.problem == "recovery-waiting", "\(path)")
            }
            let link = try await service.step(enrolment, "link", token: token)
            #expect(link.status == 429 && link.problem == "recovery-waiting")
        }
    }

    @Test func `a stopped channel says so wherever a code is asked for`() async throws {
        try await TestService.run(.onItsOwn) { service in
            let person = try await service.person()
            let token = try await service.tokens(of: person).access
            let factor = try await Self.pendingPhone(token, service)
            let recovery = try await service.recovery(person.identifier)
            try await service.travel(31)
            try await service.database.execute(
                "insert into send_stop (channel, reason) values ('email', 'x'), ('sms', 'x')")
            for (method, path, json) in [
                ("POST", "/factors", Self.phone), ("POST", "/factors/\(factor)/codes", nil),
                ("PUT", "/email", Self.email), ("PUT", "/mobile", Self.mobile),
            ] as [(String, String, JSON?)] {
                let answer = try await service.own(method, path, json, token: token)
                #expect(answer.status == 503 && answer.problem == "sending-stopped", "\(path)")
            }
            let codes = try await service.recover(recovery, "codes", ["channel": "email"])
            #expect(codes.status == 503 && codes.problem == "sending-stopped")
        }
    }

    @Test func `a key of another request is refused wherever one is taken`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.tokens(of: person).access
            let factor = try await Self.pendingPhone(token, service)
            for (path, json) in [("/email", Self.email), ("/mobile", Self.mobile)] {
                let asked = try await service.own("PUT", path, json, token: token)
                try #require(asked.status == 202, "\(asked.text)")
            }
            try await service.travel(31)
            let proven = try await service.provenRecovery(
                person, try await service.ownSuperPIN(person))
            let key = UUID().text
            func begin(_ name: String) async throws -> HTTPAnswer {
                try await service.send(
                    "POST", "/v1/recoveries", json: ["identifier": .string(name)],
                    idempotencyKey: key)
            }
            let open = try #require(try await begin("one").json()["id"].string)
            var answers = [
                try await begin("other"),
                try await service.recover(open, "verify", Self.code, idempotencyKey: key),
                try await service.recover(
                    proven, "password", ["password": "Winter-op-Terp-77!"], idempotencyKey: key),
                try await service.recover(
                    open, "codes", ["channel": "email"], idempotencyKey: key),
                try await service.recover(
                    proven, "factor", ["factor_id": .string(UUID().text)], idempotencyKey: key),
                try await service.deskCode(person, idempotencyKey: key),
            ]
            for (method, path, json) in [
                ("POST", "/factors/\(factor)/codes", nil), ("POST", "/recovery-codes", nil),
                ("POST", "/factors/\(factor)/activate", Self.factorCode),
                ("POST", "/super-pin/activate", Self.saved), ("PUT", "/email", Self.email),
                ("PUT", "/mobile", Self.mobile), ("POST", "/email/verify", Self.code),
                ("POST", "/mobile/verify", Self.code), ("POST", "/linking-codes", nil),
            ] as [(String, String, JSON?)] {
                answers.append(
                    try await service.own(
                        method, path, json, token: token, idempotencyKey: key))
            }
            for (place, answer) in answers.enumerated() {
                #expect(answer.problem == "idempotency-key-reused", "\(place)")
            }
        }
    }

    /// A phone that was sent its first code; its id.
    private static func pendingPhone(
        _ token: String, _ service: TestService
    ) async throws -> String {
        let added = try await service.own("POST", "/factors", phone, token: token)
        try #require(added.status == 201, "\(added.text)")
        return try #require(try added.json()["id"].string)
    }
}
