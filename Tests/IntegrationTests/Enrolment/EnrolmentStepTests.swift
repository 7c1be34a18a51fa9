import Foundation
import Testing

@testable import Auth

/// Steps out of order, twice, on two devices, at once; links that are opened again and again.
@Suite struct EnrolmentRouteTests {
    private static var two: TestService.Settings {
        var settings = TestService.Settings()
        settings.instances = 2
        return settings
    }

    private static let bodies: [(String, JSON?)] = [
        (
            "identity",
            ["email": "a@example.nl", "date_of_birth": "1987-05-03", "postcode": "3512JC"]
        ),
        ("email-confirmation", ["token": "x"]), ("profile", TestService.profile),
        ("consents", ["documents": [["kind": "terms", "version": "1"]]]), ("complete", nil),
    ]

    /// Every step that may not be done now is refused, and says which is due.
    private static func refuse(
        _ service: TestService, _ id: String, allBut allowed: Set<String>, due: String
    ) async throws {
        for (name, body) in bodies where !allowed.contains(name) {
            let answer = try await service.step(id, name, body)
            #expect(answer.status == 409 && answer.problem == "step-out-of-order", "\(name)")
            #expect(try answer.json()["step"].string == due, "\(name)")
        }
    }

    @Test func `a step that is not due changes nothing, at any point of the way`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let invitation = try await service.invited(guest)
            let id = try await service.opened(invitation.token)
            try await Self.refuse(service, id, allBut: ["identity"], due: "identity")
            _ = try await service.step(id, "identity", service.details(of: guest))
            try await Self.refuse(
                service, id, allBut: ["identity", "email-confirmation"],
                due: "email_confirmation")
            let mail = try await service.mail.message(2, to: guest.email)
            let token: JSON = ["token": .string(LinkToken.text(in: mail.text))]
            #expect(try await service.step(id, "email-confirmation", token).status == 200)
            try await Self.refuse(service, id, allBut: ["profile"], due: "profile")
            #expect(try await service.step(id, "profile", TestService.profile).status == 200)
            try await Self.refuse(
                service, id, allBut: ["profile", "consents", "complete"], due: "complete")
            #expect(try await service.step(id, "complete").status == 200)
            for (name, body) in Self.bodies + [("decline", nil)] {
                let answer = try await service.step(id, name, body)
                #expect(answer.status == 409 && answer.problem == "already-active", "\(name)")
            }
            #expect(try await service.openLink(invitation.token).problem == "already-active")
            #expect(try await service.invite(guest.patient).problem == "already-active")
            #expect(try await service.database.count("account", where: "true") == 1)
            // What was typed is erased.
            let typed = try await service.database.count(
                "enrolment", where: "num_nonnulls(first_name, last_name, username, password) > 0")
            #expect(typed == 0)
        }
    }

    @Test func `fifty fetches of every kind and empty posts leave a link usable`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let token = try await service.invited(guest).token
            let opened = try await service.opened(token)
            for number in 0..<50 {
                let method = ["GET", "HEAD", "OPTIONS", "GET", "POST"][number % 5]
                let paths = ["/v1/enrolments", "/v1/enrolments/\(opened)"]
                let answer = try await service.send(method, paths[number / 5 % 2])
                #expect(answer.status < 500)
                if number % 5 == 0 {
                    // As a scanner that runs the portal's page would.
                    #expect(try await service.openLink(token).status == 201)
                    let empty = try await service.step(
                        opened, ["complete", "link", "identity", "profile"][number / 5 % 4])
                    #expect((400..<500).contains(empty.status))
                }
            }
            #expect(try await service.enrolment(opened)["attempts_left"] == 5)
            _ = try await service.proven(guest, token)
        }
    }

    @Test func `an enrolment answers only the client that began it`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let token = try await service.invited(guest).token
            let id = try await service.opened(token)
            for key in [service.secondKey, service.foreignKey] {
                let read = try await service.send("GET", "/v1/enrolments/\(id)", key: key)
                #expect(read.problem == "not-found")
                let given = try await service.step(
                    id, "identity",
                    ["customer_number": "123 456 7894", "super_pin": "7K3M-RT9X-Q2WB-V4H0"],
                    key: key)
                #expect(given.problem == "not-found")
            }
            let person = try await service.person()
            let login = try await service.login(person, key: service.secondKey)
            let session = try await service.verify(
                try #require(try login.json()["id"].string),
                try await service.mail.message(to: person.email).code, key: service.secondKey)
            let access = try session.json()["tokens"]["access_token"].string
            let link = try await service.step(id, "link", key: service.secondKey, token: access)
            #expect(link.status == 404 && link.problem == "not-found")
            // A session answers the client that it belongs to, and no other.
            let elsewhere = try await service.step(id, "link", token: access)
            #expect(elsewhere.status == 401 && elsewhere.problem == "token-invalid")
            let foreign = try await service.openLink(token, key: service.foreignKey)
            #expect(foreign.status == 404 && foreign.problem == "link-unknown")
            #expect(try await service.openLink(token, key: service.secondKey).status == 201)
            let unknown = try await service.step(UUID().uuidString.lowercased(), "complete")
            #expect(unknown.problem == "not-found")
        }
    }

    @Test func `a resent invitation's earlier link says that there is a newer one`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let first = try await service.invited(guest)
            #expect(try await service.resendInvitation(first.id).status == 200)
            let second = LinkToken.text(in: try await service.mail.message(2, to: guest.email).text)
            let old = try await service.openLink(first.token)
            #expect(old.status == 409 && old.problem == "link-superseded")
            #expect(try await service.openLink(second).status == 201)
            try await service.travel(14 * 86_400 + 60)
            #expect(try await service.openLink(second).problem == "invitation-closed")
        }
    }

    @Test func `it is left and resumed on another device, with what was typed but the password`()
        async throws
    {
        try await TestService.run { service in
            let guest = try await service.guest()
            let token = try await service.invited(guest).token
            let first = try await service.proven(guest, token)
            let typed: JSON = [
                "first_name": "Em", "last_name": "de Wit", "username": "em.dewit",
                "password": "Zomer-aan-Zee-42!",
            ]
            #expect(try await service.step(first, "profile", typed).status == 200)
            let second = try await service.proven(guest, token)
            let resumed = try await service.enrolment(second)
            #expect(resumed["step"] == "profile")
            #expect(resumed["profile"]["first_name"] == "Em")
            #expect(resumed["profile"]["username"] == "em.dewit")
            #expect(try await service.enrolment(first)["status"] == "overtaken")
            let left = try await service.step(first, "complete")
            #expect(left.status == 409 && left.problem == "enrolment-ended")
            #expect(try await service.step(second, "profile", typed).status == 200)
            #expect(try await service.step(second, "complete").status == 200)
        }
    }

    @Test func `what the register and the letter say of somebody is no password`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let letter = try await service.letter(for: guest)
            let id = try await service.proven(guest, try await service.invited(guest).token)
            for password in [
                "06-12345678-Aa!", "+31612345678 Aa!", "Aa! \(letter.customerNumber)",
                "03/05/1987-Aa!", "mei1987-Aa!",
            ] {
                let refused = try await service.step(
                    id, "profile",
                    [
                        "first_name": "Em", "last_name": "de Wit", "password": .string(password),
                    ])
                #expect(refused.problem == "password-refused", "\(password): \(refused.text)")
                let broken = try refused.json()["broken_rules"].array.map { $0["name"].string }
                #expect(broken.contains("own-data"), "\(password): \(broken)")
            }
            #expect(try await service.step(id, "profile", TestService.profile).status == 200)
        }
    }

    @Test func `the fresh mail goes on only where it was asked for`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let token = try await service.invited(guest).token
            let asked = try await service.opened(token)
            _ = try await service.step(asked, "identity", service.details(of: guest))
            let fresh = LinkToken.text(in: try await service.mail.message(2, to: guest.email).text)
            // Opened elsewhere it begins an unproven one.
            let elsewhere = try await service.openLink(fresh)
            #expect(elsewhere.status == 201)
            let body = try elsewhere.json()
            #expect(body["step"] == "identity" && body["profile"].isAbsent)
            let id = try #require(body["id"].string)
            _ = try await service.step(id, "identity", service.details(of: guest))
            let wrong = try await service.step(id, "email-confirmation", ["token": .string(fresh)])
            #expect(wrong.problem == "link-unknown")
            let right = try await service.step(
                asked, "email-confirmation", ["token": .string(fresh)])
            #expect(right.status == 200)
            #expect(try await service.enrolment(id)["status"] == "overtaken")
        }
    }

    @Test func `one that nobody goes on with dies, and a changed register ends it`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let token = try await service.invited(guest).token
            let id = try await service.proven(guest, token)
            let put = try await service.putPatient(
                guest.patient,
                PatientSample.with(["email": "other@example.nl"], of: PatientSample.emma))
            #expect(put.status == 200)
            #expect(try await service.enrolment(id)["status"] == "closed")
            let closed = try await service.step(id, "profile", TestService.profile)
            #expect(closed.problem == "invitation-closed")
            let other = try await service.guest()
            let second = try await service.invited(other).token
            let late = try await service.opened(second)
            try await service.travel(24 * 3_600 + 60)
            #expect(try await service.enrolment(late)["status"] == "expired")
            let ended = try await service.step(late, "identity", service.details(of: other))
            #expect(ended.problem == "enrolment-ended")
            _ = try await service.proven(other, second)
            let gone = try await service.send("GET", "/v1/enrolments/\(late)")
            #expect(gone.problem == "not-found")
        }
    }

    @Test func `completed at once, on two devices and instances, it makes one account`()
        async throws
    {
        try await TestService.run(Self.two) { service in
            for _ in 0..<3 {
                let guest = try await service.guest()
                let id = try await service.ready(guest)
                let answers = try await parallel(8) { number in
                    try await service.step(id, "complete", instance: number)
                }
                #expect(answers.count { $0.status == 200 } == 1)
                #expect(answers.count { $0.problem == "already-active" } == 7)
            }
            #expect(try await service.database.count("account", where: "true") == 3)
            #expect(try await service.database.count("patient_link", where: "true") == 3)
            #expect(try await service.database.count("contact", where: "true") == 3)
        }
    }

    @Test func `with a key each step is done once, and answers the same again`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let token = try await service.invited(guest).token
            let opened = try await parallel(4) { _ in
                try await service.openLink(token, idempotencyKey: "open")
            }
            #expect(Set(try opened.map { try $0.json()["id"].string }).count == 1)
            let id = try #require(try opened[0].json()["id"].string)
            let off = service.details(of: guest, ["postcode": "1011 AA"])
            for _ in 1...3 {
                let answer = try await service.step(
                    id, "identity", off, ip: "198.51.100.1", idempotencyKey: "off")
                #expect(try answer.json()["attempts_left"] == 4)
            }
            for _ in 1...2 {
                let answer = try await service.step(
                    id, "identity", service.details(of: guest), idempotencyKey: "right")
                #expect(answer.status == 200)
            }
            let reused = try await service.step(
                id, "identity", off, idempotencyKey: "right")
            #expect(reused.problem == "idempotency-key-reused")
            try await service.settle()
            #expect(service.mail.count(to: guest.email) == 2)
            let fresh = LinkToken.text(in: try await service.mail.message(2, to: guest.email).text)
            for (name, body) in [
                ("email-confirmation", ["token": .string(fresh)]), ("profile", TestService.profile),
                ("complete", [:]),
            ] as [(String, JSON)] {
                let answers = try await parallel(3) { _ in
                    try await service.step(id, name, body, idempotencyKey: name)
                }
                #expect(answers.allSatisfy { $0.status == 200 }, "\(name) \(answers.map(\.text))")
            }
            let first = try await service.step(id, "complete", [:], idempotencyKey: "complete")
            let refresh = try #require(try first.json()["tokens"]["refresh_token"].string)
            let rotated = try await service.send(
                "POST", "/v1/tokens/refresh", json: ["refresh_token": .string(refresh)])
            #expect(rotated.status == 200)
            let gone = try await service.step(id, "complete", [:], idempotencyKey: "complete")
            #expect(gone.status == 409 && gone.problem == "idempotency-secret-gone")
            // Another request under a key that is taken.
            let session = try await service.signIn(try await service.person())
            let bearer = session["tokens"]["access_token"].string
            for (name, body) in Self.bodies + [("decline", nil), ("link", nil)] {
                let misused = try await service.step(
                    id, name, body, idempotencyKey: "open", token: bearer)
                #expect(misused.problem == "idempotency-key-reused", "\(name)")
            }
            let opening = try await service.openLink(token, idempotencyKey: "off")
            #expect(opening.problem == "idempotency-key-reused")
        }
    }
}

/// Enrolments that are over, each in its way.
@Suite struct EndedEnrolmentTests {
    private static func refuse(
        _ service: TestService, _ id: String, _ guest: Guest, _ problem: String
    ) async throws {
        let session = try await service.signIn(try await service.person())
        let bearer = session["tokens"]["access_token"].string
        let before = try await service.database.rows("select * from enrolment order by 2")
        let steps: [(String, JSON?)] = [
            ("identity", service.details(of: guest)), ("email-confirmation", ["token": "x"]),
            ("profile", TestService.profile),
            ("consents", ["documents": [["kind": "terms", "version": "1"]]]), ("complete", nil),
            ("link", nil), ("decline", nil),
        ]
        for (name, body) in steps {
            let answer = try await service.step(id, name, body, token: bearer)
            #expect(answer.status == 409 && answer.problem == problem, "\(name)")
        }
        #expect(try await service.database.rows("select * from enrolment order by 2") == before)
        #expect(try await service.enrolment(id)["step"].isAbsent)
    }

    @Test func `every step is refused, with what to do`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let invitation = try await service.invited(guest)
            let first = try await service.opened(invitation.token)
            let second = try await service.proven(guest, invitation.token)
            try await Self.refuse(service, first, guest, "enrolment-ended")
            _ = try await service.send("DELETE", "/v1/invitations/\(invitation.id)")
            try await Self.refuse(service, second, guest, "invitation-closed")
            let third = try await service.ready(guest)
            #expect(try await service.step(third, "complete").status == 200)
            try await Self.refuse(service, third, guest, "already-active")
        }
    }

    @Test func `fresh mails have limits of their own, and a refused one voids nothing`()
        async throws
    {
        var settings = TestService.Settings()
        settings.sendsPerHour = 2
        try await TestService.run(settings) { service in
            let guest = try await service.guest()
            let id = try await service.opened(try await service.invited(guest).token)
            for _ in 1...2 {
                let sent = try await service.step(id, "identity", service.details(of: guest))
                #expect(sent.status == 200)
            }
            let third = try await service.step(id, "identity", service.details(of: guest))
            #expect(third.status == 429 && third.problem == "sends-exhausted")
            let fresh = LinkToken.text(in: try await service.mail.message(3, to: guest.email).text)
            let confirmed = try await service.step(
                id, "email-confirmation", ["token": .string(fresh)])
            #expect(confirmed.status == 200)
        }
    }

    @Test func `a client has its fresh mails of an hour`() async throws {
        var settings = TestService.Settings()
        settings.configure = { $0.sending.perClientAndHour = 1 }
        try await TestService.run(settings) { service in
            let guest = try await service.guest()
            let id = try await service.opened(try await service.invited(guest).token)
            #expect(
                try await service.step(id, "identity", service.details(of: guest)).status == 200)
            let second = try await service.step(id, "identity", service.details(of: guest))
            #expect(second.status == 429 && second.problem == "send-limit-reached")
            #expect(try second.json()["limit"] == "client")
        }
    }
}
