import Foundation
import Testing

@testable import Auth

/// What strangers may do to an account, a network and a client, and for how long (Z-12, Z-20).
@Suite struct StrangerTests {
    @Test func `what strangers spoilt is forgotten in a day`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            try await service.database.execute("update account set strange_failures = 100")
            #expect(try await service.login(person, ip: "10.9.0.1").problem == "login-refused")
            try await service.travel(23 * 3600)
            #expect(try await service.login(person, ip: "10.9.0.2").problem == "login-refused")
            try await service.travel(3601)
            #expect(try await service.login(person, ip: "10.9.0.3").status == 201)
        }
    }

    @Test func `after a day the count of strangers begins at one`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            try await service.database.execute("update account set strange_failures = 100")
            try await service.travel(86_401)
            _ = try await service.login(person, password: "x", ip: "10.9.0.4")
            #expect(
                try await service.database.value("select strange_failures from account") == "1")
        }
    }

    @Test func `the networks of one site are counted together`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            _ = try await service.login(person, password: "x", ip: "2001:db8:1:1::1")
            try await service.database.execute("update throttle set failures = 59")
            let sixtieth = try await service.login(person, password: "x", ip: "2001:db8:1:2::1")
            #expect(sixtieth.problem == "login-refused")
            let next = try await service.login(person, ip: "2001:db8:1:3::1")
            #expect(next.problem == "login-throttled")
            #expect((1...600).contains(Int(next.header("Retry-After") ?? "") ?? 0))
            // Another site, and an IPv4 address, which belongs to none.
            #expect(try await service.login(person, ip: "2001:db8:2:3::1").status == 201)
            #expect(try await service.login(person, ip: "198.51.100.3").status == 201)
            try await service.travel(601)
            #expect(try await service.login(person, ip: "2001:db8:1:4::1").status == 201)
        }
    }

    @Test func `a site that its neighbours filled lets who is known from a network of it in`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let stranger = try await service.person()
            _ = try await service.signIn(person, ip: "2001:db8:1:1::1")
            let first = try await service.login(stranger, password: "x", ip: "2001:db8:1:2::1")
            #expect(first.problem == "login-refused")
            // Each of the counters of that try is full now, its site's too; her own network's is at none.
            try await service.database.execute(
                "update throttle set failures = 60 where failures > 0")
            let neighbour = try await service.login(stranger, ip: "2001:db8:1:3::1")
            #expect(neighbour.problem == "login-throttled")
            #expect(try await service.login(person, ip: "2001:db8:1:1::1").status == 201)
            // Her mistakes neither fill the site nor empty it.
            let wrong = try await service.login(person, password: "x", ip: "2001:db8:1:1::1")
            #expect(wrong.problem == "login-refused")
            #expect(try await service.database.count("throttle", where: "failures = 60") == 3)
            // Her own network is a matter of all who are in it (Z-20).
            try await service.database.execute("update throttle set failures = 30")
            let full = try await service.login(person, ip: "2001:db8:1:1::1")
            #expect(full.problem == "login-throttled")
        }
    }

    @Test func `a client's failures have a ceiling, which known networks don't meet`() async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            _ = try await service.signIn(person, ip: "203.0.113.7")
            _ = try await service.login(person, password: "x")
            try await service.database.execute("update login_failure set failures = 1000")
            let refused = try await service.login(person)
            #expect(refused.problem == "login-throttled")
            #expect((1...600).contains(Int(refused.header("Retry-After") ?? "") ?? 0))
            var madeUp = person
            madeUp.identifier = "nobody@example.nl"
            #expect(try await service.login(madeUp, ip: "10.1.1.1").problem == "login-throttled")
            #expect(try await service.login(person, ip: "203.0.113.7").status == 201)
            #expect(try await service.login(person, key: service.secondKey).status == 201)
            try await service.database.execute("update login_failure set failures = 2000")
            let other = try await service.login(person, key: service.secondKey)
            #expect(other.problem == "login-throttled")
            try await service.travel(601)
            #expect(try await service.login(person).status == 201)
        }
    }

    @Test func `failures over many identifiers are told once, without names`() async throws {
        try await TestService.run(.onItsOwn) { service in
            let person = try await service.person()
            _ = try await service.login(person, password: "x", ip: "10.1.2.3")
            #expect(try await Self.suspected(service) == "0")
            try await service.database.execute(
                "update login_failure set failures = 400, identifiers = ~identifiers")
            for _ in 1...3 { _ = try await service.login(person, ip: "10.1.2.4") }
            #expect(try await Self.suspected(service) == "1")
            let lines = service.log.lines.filter { $0.contains("spray") }
            #expect(lines.count == 1)
            #expect(lines.first?.contains(service.practice.text) == true)
            #expect(lines.first?.contains(person.username) == false)
        }
    }

    @Test func `failures are counted by client, and right passwords are not`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            _ = try await service.login(person, password: "x")
            _ = try await service.login(person, password: "y", ip: "10.3.2.1")
            _ = try await service.login(person)
            _ = try await service.login(person, password: "x", key: service.secondKey)
            let rows = try await service.database.execute(
                """
                select client.name, sum(failures), max(bit_count(identifiers))
                from login_failure
                join client using (practice_id, client_id)
                group by client.name
                order by client.name
                """)
            #expect(rows == [["messenger", "1", "1"], ["portal", "2", "1"]])
        }
    }

    private static func suspected(_ service: TestService) async throws -> String? {
        try await service.internalInstances[0].send("GET", "/metrics").text
            .split(separator: "\n").first { $0.hasPrefix("auth_login_spray_suspected ") }
            .map { String($0.split(separator: " ")[1]) }
    }
}
