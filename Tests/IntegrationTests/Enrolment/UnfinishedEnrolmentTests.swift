import Foundation
import Postgres
import Testing

@testable import Auth

/// Enrolments that nobody finishes die quietly, and fill no table.
@Suite struct UnfinishedEnrolmentTests {
    private func sweep(_ service: TestService) async throws -> Int {
        try await service.service.database.run(SweepEnrolments())
    }

    @Test func `after its day nothing that was typed is left`() async throws {
        try await TestService.run { service in
            let id = try await service.ready(try await service.guest())
            let open = try await service.ready(try await service.guest())
            try await service.database.execute(
                """
                update enrolment
                set expires_at = clock_timestamp() - interval '1 second'
                where enrolment_id = '\(id)'
                """)
            // The service's own housekeeper may be faster.
            _ = try await sweep(service)
            try await eventually {
                try await service.database.count("enrolment", where: "end_reason = 'expired'") == 1
            }
            #expect(
                try await service.database.rows(
                    """
                    select num_nonnulls(first_name, last_name, username, password), documents
                    from enrolment
                    where enrolment_id = '\(id)'
                    """) == [["0", "[]"]])
            let swept = try await service.enrolment(id)
            #expect(swept["status"] == "expired" && swept["profile"].isAbsent)
            let late = try await service.step(id, "complete")
            #expect(late.status == 409 && late.problem == "enrolment-ended")
            // One that is not over goes on.
            #expect(try await service.step(open, "complete").status == 200)
        }
    }

    @Test func `the next opening takes them out`() async throws {
        try await TestService.run { service in
            let token = try await service.invited(try await service.guest()).token
            for _ in 0..<3 { _ = try await service.opened(token) }
            try await service.database.execute(
                """
                update enrolment
                set ended_at = clock_timestamp(), end_reason = 'expired'
                where enrolment_id <> (select max(enrolment_id::text)::uuid from enrolment)
                """)
            _ = try await service.opened(token)
            #expect(try await service.database.count("enrolment", where: "true") == 2)
        }
    }

    @Test func `a link is opened so often in an hour, and a network opens so many`() async throws {
        try await TestService.run { service in
            let token = try await service.invited(try await service.guest()).token
            let other = try await service.invited(try await service.guest()).token
            func open(_ token: String, _ ip: String) async throws -> HTTPAnswer {
                try await service.send(
                    "POST", "/v1/enrolments", json: ["invitation_token": .string(token)], ip: ip)
            }
            for number in 0..<OpenLink.perLink {
                let answer = try await open(token, "203.0.113.\(number)")
                #expect(answer.status == 201, "\(answer.text)")
            }
            let audited = try await service.database.count("audit", where: "true")
            let over = try await open(token, "203.0.113.200")
            #expect(over.status == 429 && over.problem == "identity-throttled")
            #expect(over.header("Retry-After") != nil)
            #expect(try await service.database.count("audit", where: "true") == audited)
            #expect(
                try await service.database.count("enrolment", where: "true") == OpenLink.perLink)
            // Another link is no worse for it, until its network has opened too many.
            #expect(try await open(other, "203.0.113.201").status == 201)
            try await service.database.execute(
                "update throttle set failures = \(OpenLink.perNetwork) where failures = 1")
            #expect(try await open(other, "203.0.113.201").problem == "identity-throttled")
            try await service.travel(3_601)
            #expect(try await open(token, "203.0.113.200").status == 201)
        }
    }

    @Test func `an address that somebody signs in with asks for a username`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let id = try await service.proven(guest, try await service.invited(guest).token)
            #expect(try await service.enrolment(id)["profile"]["username_required"] == false)
            _ = try await service.person(email: guest.email)
            #expect(try await service.enrolment(id)["profile"]["username_required"] == true)
            let unnamed = try await service.step(id, "profile", TestService.profile)
            #expect(unnamed.status == 422 && unnamed.problem == "field-invalid")
        }
    }

    @Test func `no link, PIN or password of an enrolment stands in the database`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let letter = try await service.letter(for: guest)
            let link = try await service.invited(guest).token
            let id = try await service.opened(link)
            #expect(
                try await service.step(id, "identity", service.details(of: guest)).status == 200)
            let fresh = LinkToken.text(
                in: try await service.mail.message(2, to: guest.email).text)
            #expect(
                try await service.step(id, "email-confirmation", ["token": .string(fresh)]).status
                    == 200)
            #expect(try await service.step(id, "profile", TestService.profile).status == 200)
            try await service.settle()
            let dump = try await SecretTests.dump(service.database)
            #expect(dump.contains("COPY public.enrolment ") && dump.contains(id))
            let pin = letter.superPIN
            for secret in [link, fresh, pin, pin.replacing("-", with: ""), "Zomer-aan-Zee-42!"] {
                #expect(!secret.isEmpty)
                for spelled in [
                    secret, Canaries.hex(Array(secret.utf8)),
                    Data(secret.utf8).base64EncodedString(),
                ] {
                    #expect(!dump.contains(spelled))
                }
            }
            #expect(!dump.contains("$argon2id$"))
        }
    }
}
