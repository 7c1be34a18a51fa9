import Foundation
import Testing

@testable import Auth

/// The database's clock goes back, as when a standby takes over whose clock is behind (I4).
@Suite struct ClockSetBackTests {
    @Test func `a code whose time was over does not come back to life`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            try await service.travel(601)
            #expect(try await service.verify(login.id, login.code).status != 200)
            try await service.travel(-900)
            let answer = try await service.verify(login.id, login.code)
            #expect(answer.status == 410 && answer.problem == "code-expired", "\(answer.text)")
        }
    }

    @Test func `another system's code reads as it stands after a resend`() async throws {
        try await TestService.run { service in
            let address = TestService.freshAddress()
            let first = try await service.issue(to: address)
            try await service.travel(-900)
            try await service.database.execute("update code set resend_at = clock_timestamp()")
            let resent = try await service.resend(first.id)
            try #require(resent.status == 201, "\(resent.text)")
            let second = try await service.issued(try resent.json(), at: address)
            let read = try await service.send("GET", "/v1/codes/\(first.id)").json()
            #expect(read["status"] == "open" && read["reference"] == second.answer["reference"])
            let right = try await service.check(first.id, second.digits)
            #expect(right.status == 200, "\(right.text)")
            #expect(try right.json()["status"] == "verified", "\(right.text)")
        }
    }

    @Test func `the newest code of a flow is the one that was sent last`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            try await service.travel(-900)
            try await service.database.execute("update code set resend_at = clock_timestamp()")
            let sent = try await service.send("POST", "/v1/logins/\(login.id)/codes")
            try #require(sent.status == 201, "\(sent.text)")
            let read = try await service.send("GET", "/v1/logins/\(login.id)").json()
            #expect(try read["code"]["reference"] == sent.json()["reference"])
            let code = try await service.mail.code(of: sent.json(), to: person.email)
            let old = try await service.verify(login.id, login.code)
            #expect(old.problem == "code-superseded", "\(old.text)")
            #expect(try await service.verify(login.id, code).status == 200)
        }
    }
}
