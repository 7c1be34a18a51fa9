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
}
