import Foundation
import Testing

@testable import Auth

/// Patients see where they are signed in, and end it (T11).
@Suite struct OwnSessionTests {
    @Test func `the list tells system, device, network and times, and which one it is`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            _ = try await service.tokens(of: person, ip: "192.0.2.10")
            let elsewhere = try await signedIn(person, service, key: service.secondKey)
            let phone = try await signedIn(
                person, service, device: "Telefoon van Anna", ip: "192.0.2.10")
            let answer = try await service.own("GET", "/sessions", token: phone.access)
            #expect(answer.status == 200)
            let list = try answer.json()
            #expect(list["next_cursor"] == .null)
            let sessions = list["data"].array
            #expect(sessions.map { $0["client"].string } == ["portal", "messenger", "portal"])
            #expect(sessions.map { $0["network"].string } == ["known", "not_told", "new"])
            #expect(sessions.map { $0["current"].bool } == [true, false, false])
            #expect(sessions.allSatisfy { $0["acr"] == "1" })
            #expect(sessions[0]["device"] == "Telefoon van Anna")
            #expect(sessions[1]["device"].isAbsent)
            #expect(sessions[0]["id"] == (try SignedToken(phone.access).claims["sid"]))
            for member in ["started_at", "last_used_at"] {
                #expect(sessions[0][member].string?.hasSuffix("Z") == true)
            }
            #expect(!answer.text.contains("192.0.2"))
            // From the other system, too.
            let other = try await service.own(
                "GET", "/sessions", token: elsewhere.access, key: service.secondKey)
            #expect(try other.json()["data"].array.count == 3)
            let id = try #require(try SignedToken(elsewhere.access).claims["sid"].string)
            try await service.database.execute(
                "update session set steps = '{add_factor}' where session_id = '\(id)'")
            let left = try await service.own("GET", "/sessions", token: phone.access).json()
            #expect(left["data"].array.map { $0["acr"].string } == ["1", "enrol", "1"])
        }
    }

    /// A finished sign-in at a system of the practice.
    private func signedIn(
        _ person: Person, _ service: TestService, device: String? = nil, ip: String? = nil,
        key: String? = nil
    ) async throws -> TestService.TokenPair {
        let number = service.mail.count(to: person.email) + 1
        var members: [String: JSON] = [
            "identifier": .string(person.identifier), "password": .string(person.password),
        ]
        members["device"] = device.map(JSON.string)
        let login = try await service.send(
            "POST", "/v1/logins", json: .object(members), key: key, ip: ip)
        try #require(login.status == 201, "\(login.text)")
        let code = try await service.mail.message(number, to: person.email).code
        let id = try #require(try login.json()["id"].string)
        let done = try await service.verify(id, code, ip: ip, key: key)
        return try TestService.TokenPair(try done.json()["tokens"])
    }

    @Test func `a device is a short name on one line`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            for device: JSON in ["", " x", "a\nb", .string(String(repeating: "a", count: 65)), 1] {
                let answer = try await service.send(
                    "POST", "/v1/logins",
                    json: [
                        "identifier": .string(person.identifier),
                        "password": .string(person.password), "device": device,
                    ])
                #expect(answer.problem == "field-invalid", "\(device)")
            }
        }
    }

    @Test func `one is ended alone, then all others, at once`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            var all: [TestService.TokenPair] = []
            for _ in 1...4 { all.append(try await service.tokens(of: person)) }
            let ids = try all.map { try #require(try SignedToken($0.access).claims["sid"].string) }
            let ended = try await service.own("DELETE", "/sessions/\(ids[0])", token: all[3].access)
            #expect(ended.status == 204)
            #expect(try await !service.isActive(all[0].access))
            #expect(try await service.refresh(all[0].refresh).problem == "token-invalid")
            #expect(try await service.isActive(all[1].access))
            let again = try await service.own("DELETE", "/sessions/\(ids[0])", token: all[3].access)
            #expect(again.problem == "not-found")

            let others = try await service.own("DELETE", "/sessions", token: all[3].access)
            #expect(others.status == 204)
            for tokens in all[1...2] { #expect(try await !service.isActive(tokens.access)) }
            #expect(try await service.isActive(all[3].access))
            // One's own is a sign-out.
            let own = try await service.own("DELETE", "/sessions/\(ids[3])", token: all[3].access)
            #expect(own.status == 204)
            #expect(
                try await service.own("GET", "/sessions", token: all[3].access).problem
                    == "token-invalid")
            #expect(
                try await service.database.count(
                    "audit", where: "event = 'session-ended' and reason = 'ended-by-owner'") == 4)
        }
    }

    @Test func `another person's session, in this practice or another, is unknown and goes on`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.tokens(of: person).access
            let neighbour = try await service.tokens(of: try await service.person())
            let atOtherSystem = try await signedIn(
                try await service.person(), service, key: service.secondKey)
            let foreigner = try await signedIn(
                try await service.person(in: service.foreignKey), service, key: service.foreignKey)
            for (tokens, key) in [
                (neighbour, service.key), (atOtherSystem, service.secondKey),
                (foreigner, service.foreignKey),
            ] {
                let id = try #require(try SignedToken(tokens.access).claims["sid"].string)
                let answer = try await service.own("DELETE", "/sessions/\(id)", token: token)
                #expect(answer.status == 404)
                #expect(answer.problem == "not-found")
                let others = try await service.own("DELETE", "/sessions", token: token)
                #expect(others.status == 204)
                #expect(try await service.isActive(tokens.access, key: key))
                // Nor does a token open anything with another system's key.
                if key != service.key {
                    let wrongKey = try await service.own("GET", "/sessions", token: token, key: key)
                    #expect(wrongKey.problem == "token-invalid")
                }
            }
        }
    }
}
