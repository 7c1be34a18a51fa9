import Foundation
import Testing

@testable import Auth

/// What an enrolment comes to: names to sign in with, families, and accounts that are there already
/// (Z-15, Z-17).
@Suite struct AccountOfEnrolmentTests {
    @Test func `a username that somebody signs in with is refused`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let guest = try await service.guest()
            let id = try await service.proven(guest, try await service.invited(guest).token)
            func give(_ username: String) async throws -> HTTPAnswer {
                try await service.step(
                    id, "profile",
                    .object(
                        TestService.profile.members.merging([
                            "username": .string(username)
                        ]) { _, new in new }))
            }
            let taken = try await give(person.username.uppercased())
            #expect(taken.status == 409 && taken.problem == "username-taken")
            for wrong in ["a b", "12345", "emma@example.nl", "x"] {
                let answer = try await give(wrong)
                #expect(answer.problem == "field-invalid", "\(wrong)")
                #expect(try answer.json()["errors"][0]["pointer"] == "/username")
            }
            #expect(try await give("emma.j").status == 200)
            // Somebody else takes it before all is final.
            let other = try await service.ready(
                try await service.guest(),
                .object(
                    TestService.profile.members.merging(["username": "emma.j"]) { _, new in new }))
            #expect(try await service.step(other, "complete").status == 200)
            let late = try await service.step(id, "complete")
            #expect(late.status == 409 && late.problem == "step-out-of-order")
            #expect(try late.json()["step"] == "profile")
            #expect(try await give("emma.j2").status == 200)
            #expect(try await service.step(id, "complete").status == 200)
        }
    }

    @Test func `of a family's shared address nobody signs in, each by a username`() async throws {
        try await TestService.run { service in
            let mother = try await service.guest()
            let father = try await service.guest(["email": .string(mother.email)])
            for (number, guest) in [mother, father].enumerated() {
                let letter = try await service.letter(for: guest)
                let sent = service.mail.count(to: mother.email)
                #expect(try await service.invite(guest.patient).status == 201)
                let mail = try await service.mail.message(sent + 1, to: mother.email)
                let id = try await service.opened(LinkToken.text(in: mail.text))
                #expect(try await service.step(id, "identity", letter.body).status == 200)
                #expect(
                    try await service.enrolment(id)["profile"]["username_required"] == true)
                let none = try await service.step(id, "profile", TestService.profile)
                #expect(none.problem == "field-invalid")
                #expect(try none.json()["errors"][0]["code"] == "required")
                let named = TestService.profile.members.merging(
                    ["username": .string("parent-\(number)")]) { _, new in new }
                #expect(try await service.step(id, "profile", .object(named)).status == 200)
                #expect(try await service.step(id, "complete").status == 200)
                let byName = Person(
                    identifier: "parent-\(number)", email: mother.email, username: "")
                #expect(try await service.login(byName).status == 201)
            }
            let byAddress = Person(identifier: mother.email, email: mother.email, username: "")
            #expect(try await service.login(byAddress).problem == "login-refused")
        }
    }

    @Test func `a child is joined to a parent's account until it decides alone`() async throws {
        try await TestService.run { service in
            let parent = try await service.person()
            let child = try await service.guest(["date_of_birth": "2019-02-28"])
            let letter = try await service.letter(for: child, way: "pin-desk")
            let id = try await service.opened(try await service.invited(child).token)
            #expect(try await service.step(id, "identity", letter.body).status == 200)
            let token = try #require(
                try await service.signIn(parent)["tokens"]["access_token"].string)
            try await service.travel(301)
            let stale = try await service.step(id, "link", token: token)
            #expect(stale.status == 401 && stale.problem == "insufficient-user-authentication")
            let fresh = try #require(
                try await service.signIn(parent)["tokens"]["access_token"].string)
            let answers = try await parallel(4) { _ in
                try await service.step(id, "link", token: fresh)
            }
            #expect(answers.count { $0.status == 200 } == 1)
            #expect(answers.count { $0.problem == "already-active" } == 3)
            let links = try await service.database.rows(
                """
                select role, identity_level, (ends_at at time zone 'Europe/Amsterdam')::date
                from patient_link where role <> 'self'
                """)
            #expect(links == [["parent", "pin-desk", "2035-02-28"]])
            #expect(
                try await service.database.value("select used_at is not null from activation_pin")
                    == "t")
            // The child's own account may come later.
            #expect(try await service.invite(child.patient).status == 201)
        }
    }

    @Test func `an account without a patient gets its own`() async throws {
        try await TestService.run { service in
            let person = try await service.person(extra: ["external_id": .null])
            let guest = try await service.guest()
            let id = try await service.proven(guest, try await service.invited(guest).token)
            let token = try #require(
                try await service.signIn(person)["tokens"]["access_token"].string)
            let foreign = try await service.step(id, "link", token: "x" + token)
            #expect(foreign.status == 401 && foreign.problem == "token-invalid")
            #expect(try await service.step(id, "link", token: token).status == 200)
            #expect(try await service.patient(guest.patient).json()["has_account"] == true)
            let claims = try TestService.claims(
                try #require(try await service.signIn(person)["tokens"]["access_token"].string))
            #expect(claims["identity_level"] == "kbv" && claims["patients"].array.count == 1)
            #expect(try await service.invite(guest.patient).problem == "already-active")
        }
    }

    @Test func `a patient whose account is imported has no invitation any more`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let letter = try await service.letter(for: guest)
            let token = try await service.invited(guest).token
            let id = try await service.opened(token)
            #expect(try await service.step(id, "identity", letter.body).status == 200)
            #expect(try await service.step(id, "profile", TestService.profile).status == 200)
            _ = try await service.person(extra: ["external_id": .string(guest.patient)])

            let late = try await service.step(id, "complete")
            #expect(late.status == 409 && late.problem == "already-active", "\(late.text)")
            #expect(try await service.enrolment(id)["status"] == "overtaken")
            let again = try await service.openLink(token)
            #expect(again.status == 409 && again.problem == "already-active", "\(again.text)")
            #expect(
                try await service.database.value("select used_at is not null from activation_pin")
                    == "t")
            #expect(
                try await service.database.count("enrolment", where: "password is not null") == 0)
        }
    }

    @Test func `of an import and an enrolment at once one makes the account`() async throws {
        try await TestService.run { service in
            for _ in 0..<8 {
                let guest = try await service.guest()
                let id = try await service.ready(guest)
                let line: JSON = [
                    "username": .string("i" + guest.patient), "first_name": "Emma",
                    "last_name": "Jansen", "locale": "nl",
                    "password_hash": .string(try TestKeys.hash(of: "Zomer-aan-Zee-42!")),
                    "external_id": .string(guest.patient),
                ]
                async let completed = service.step(id, "complete", instance: 1)
                async let imported = service.importLines([line])
                let (completion, result) = (try await completed, try await imported)
                #expect(result.status == 200, "\(result.text)")
                let isImported = try result.json()["imported"] == 1
                #expect(isImported ? completion.status == 409 : completion.status == 200)
                #expect(
                    try await service.database.count(
                        "patient_link join patient using (practice_id, patient_id)",
                        where: "external_id = '\(guest.patient)' and role = 'self'") == 1)
            }
        }
    }

    /// As an instance of the release before imports one: the invitation stays as it was.
    @Test func `who has an account by now is told so at every step, and nothing else is done`()
        async throws
    {
        try await TestService.run { service in
            let owner = try await service.person(extra: ["external_id": .null])
            let account = try await service.id(of: owner)
            let guest = try await service.guest()
            let invitation = try await service.invited(guest)
            let id = try await service.proven(guest, invitation.token)
            #expect(try await service.step(id, "profile", TestService.profile).status == 200)
            let bearer = try await service.tokens(of: try await service.person()).access
            try await service.database.execute(Self.ownLink(of: account, to: guest))

            let sent = service.mail.count(to: guest.email)
            let steps: [(String, JSON?)] = [
                ("identity", service.details(of: guest)), ("email-confirmation", ["token": "x"]),
                ("profile", TestService.profile), ("complete", nil), ("link", nil),
                ("decline", nil),
            ]
            for (name, body) in steps {
                let answer = try await service.step(id, name, body, token: bearer)
                #expect(answer.status == 409, "\(name) \(answer.text)")
                #expect(answer.problem == "already-active", "\(name) \(answer.text)")
            }
            let left = try await service.enrolment(id)
            #expect(left["status"] == "overtaken" && left["profile"].isAbsent)
            #expect(try await service.openLink(invitation.token).problem == "already-active")
            #expect(try await service.invitation(invitation.id)["status"] == "accepted")
            #expect(try await service.invite(guest.patient).problem == "already-active")
            let again = try await service.resendInvitation(invitation.id)
            #expect(again.problem == "already-active")
            #expect(try await service.database.rows(Self.links(to: guest)) == [[account, "self"]])
            #expect(try await service.database.count("account", where: "true") == 2)
            try await service.settle()
            #expect(service.mail.count(to: guest.email) == sent)
        }
    }

    @Test(arguments: ["complete", "link"])
    func `whose account comes during the last step itself is told so, too`(step: String)
        async throws
    {
        try await TestService.run { service in
            let account = try await service.id(
                of: try await service.person(extra: ["external_id": .null]))
            let other = try await service.person(extra: ["external_id": .null])
            let bearer = try await service.tokens(of: other).access
            let guest = try await service.guest()
            let id = try await service.ready(guest)
            async let held = service.database.execute(
                Self.ownLink(of: account, to: guest, isHeld: true))
            try await eventually(orElse: "the patient has no account yet") {
                try await service.database.count(
                    "pg_locks join pg_database on pg_database.oid = pg_locks.database",
                    where: """
                        datname = current_database() and locktype = 'advisory'
                            and objid = \(Self.signal)
                        """) == 1
            }
            let late = try await service.step(id, step, token: bearer)
            _ = try await held
            #expect(late.status == 409 && late.problem == "already-active", "\(late.text)")
            #expect(try await service.database.rows(Self.links(to: guest)) == [[account, "self"]])
        }
    }

    @Test func `of two accounts that are linked at once one has the patient`() async throws {
        var two = TestService.Settings()
        two.instances = 2
        try await TestService.run(two) { service in
            var tokens: [String] = []
            for _ in 1...2 {
                let person = try await service.person(extra: ["external_id": .null])
                tokens.append(try await service.tokens(of: person).access)
            }
            let bearers = tokens
            let guest = try await service.guest()
            let id = try await service.proven(guest, try await service.invited(guest).token)
            let answers = try await parallel(8) { number in
                try await service.step(
                    id, "link", instance: number / 2, token: bearers[number % 2])
            }
            #expect(answers.count { $0.status == 200 } == 1)
            #expect(answers.count { $0.problem == "already-active" } == 7)
            #expect(try await service.database.count("patient_link", where: "true") == 1)
        }
    }

    /// What tells that a link is made and waits for somebody who wants the patient's row.
    private static let signal = 4_713

    /// SQL that makes a patient an account's own; held, it keeps the row until a request waits for
    /// it.
    private static func ownLink(
        of account: String, to guest: Guest, isHeld: Bool = false
    ) -> String {
        let linked = """
            insert into patient_link (practice_id, account_id, patient_id, role, identity_level)
            select practice_id, '\(account)'::uuid, patient_id, 'self', 'none'
            from patient
            where external_id = '\(guest.patient)'
            """
        if !isHeld { return linked }
        return """
            do $$
            begin
                \(linked);
                perform pg_advisory_xact_lock(\(signal));
                for tick in 1..2000 loop
                    exit when exists (
                        select from pg_locks
                        where locktype = 'transactionid'
                          and transactionid = pg_current_xact_id()::xid
                          and not granted);
                    perform pg_sleep_for('5 milliseconds');
                end loop;
            end
            $$
            """
    }

    private static func links(to guest: Guest) -> String {
        """
        select account_id, role
        from patient_link
        join patient using (practice_id, patient_id)
        where external_id = '\(guest.patient)'
        """
    }

    @Test func `no token, PIN or password is in the database, the log or an answer`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let letter = try await service.letter(for: guest)
            let token = try await service.invited(guest).token
            let id = try await service.opened(token)
            let identity = try await service.step(id, "identity", letter.body)
            let given = try await service.step(id, "profile", TestService.profile)
            let completed = try await service.step(id, "complete")
            #expect(completed.status == 200)
            let secrets = [
                token, letter.superPIN, letter.superPIN.replacing("-", with: ""),
                "Zomer-aan-Zee-42!",
            ]
            var dump = ""
            for table in ["enrolment", "invitation", "mailed_link", "message", "audit", "account"] {
                dump +=
                    try await service.database.rows(
                        "select string_agg(\(table)::text, '|') from \(table)")[0][0] ?? ""
            }
            for secret in secrets {
                for text in [dump, identity.text, given.text, completed.text] {
                    #expect(!text.contains(secret))
                }
            }
        }
    }
}
