import Foundation
import Testing

@testable import Auth

/// An account that its owner takes out: gone, and nothing of them left but what the table says (SU-3, V4).
@Suite struct ErasureTests {
    @Test func `of one of everything nothing personal is left, and the audit is whole`()
        async throws
    {
        try await TestService.run(.onItsOwn) { service in
            let known = try await service.known()
            let before = try await SecretTests.dump(service.database)
            let chain = AuditChain(
                database: service.service.database, keys: service.service.keys,
                logger: service.log.logger, settled: 0)
            try await chain.sealAll()
            // The sign-in in two steps, the super-PIN and the code for another system.
            #expect(try await service.database.count("idempotency", where: "true") == 4)
            for value in KnownPerson.personal where !["mina.kanarie"].contains(value) {
                #expect(before.contains(value), "\(value) is seeded")
            }
            let subject = try #require(
                try await service.database.value(
                    "select subject from membership where account_id = '\(known.account)'"))
            let rows = try await service.database.rows("select audit::text from audit order by 1")
            let mailboxes = [known.person.email, "kanarie.tweede@example.nl"]
            let sent = mailboxes.map { service.mail.count(to: $0) }
            let answer = try await service.erase(known.token)
            #expect(answer.status == 204, "\(answer.text)")

            // The last mail, to every mailbox that it had.
            for (address, sent) in zip(mailboxes, sent) {
                let mail = try await service.mail.message(sent + 1, to: address)
                #expect(mail.subject?.hasPrefix("Uw account is verwijderd (") == true)
                #expect(!mail.text.contains("not-me") && mail.staysTrue)
            }
            try await service.settle()
            let after = try await SecretTests.dump(service.database)
            // Of the register's own e-mail address only the register's entry is left.
            for value in KnownPerson.personal + [subject, known.account.uppercased()] {
                #expect(!after.contains(value), "\(value)")
            }
            let lines = after.split(separator: "\n")
            #expect(lines.count { $0.contains(known.person.email) } == 1)
            // The account's id stands in the audit, and beside the enrolment that it came of.
            let named = lines.filter { $0.contains(known.account) }
            #expect(named.count >= 5)
            let audited = try await service.database.rows("select audit::text from audit")
                .compactMap { $0[0] }
            #expect(Set(rows.compactMap { $0[0] }).isSubset(of: audited))
            let elsewhere = try await service.database.rows(
                """
                select (select count(*) from enrolment where account_id = '\(known.account)'),
                       (select count(*) from audit where account_id = '\(known.account)'
                            or object_id = '\(known.account)')
                """)
            let counted = elsewhere[0].compactMap { $0.flatMap { Int($0) } }.reduce(0, +)
            #expect(named.count == counted)
            #expect(
                try await service.database.count("audit", where: "event = 'account-erased'") == 1)
            for table in ["code", "code_subject", "idempotency"] {
                #expect(try await service.database.count(table, where: "true") == 0, "\(table)")
            }
            try await chain.sealAll()
            let audits = try await service.service.administration.verifyAudits()
            #expect(audits.allSatisfy { $0.isWhole }, "\(audits)")
            let whole = try await chain.verdicts().first { $0.practice == service.practice }
            #expect(try #require(whole).unsealedRows == 0)
        }
    }

    @Test func `a recovery that was ended before anything was proved in it goes with its codes`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.token(person)
            let begun = try await service.beginRecovery(
                person.identifier, idempotencyKey: "begin")
            let id = try #require(try begun.json()["id"].string)
            let sent = try await service.recover(
                id, "codes", ["channel": "email"], idempotencyKey: "send")
            try #require(sent.status == 201, "\(sent.text)")
            let changed = try await service.changePassword(
                person, to: TestService.newPassword, token: token)
            try #require(changed.status == 204, "\(changed.text)")
            // It is nobody's from then on, and its code says where that went.
            #expect(try await service.database.count("recovery", where: "account_id is null") == 1)
            #expect(
                try await service.database.count(
                    "code", where: "flow_id = '\(id)' and destination like 'p%@e%'") == 1)
            let answer = try await service.erase(token, password: TestService.newPassword)
            #expect(answer.status == 204, "\(answer.text)")
            for table in ["recovery", "code", "code_subject", "idempotency"] {
                #expect(try await service.database.count(table, where: "true") == 0, "\(table)")
            }
        }
    }

    @Test func `answers that are kept of others stay`() async throws {
        try await TestService.run { service in
            let (person, other) = (try await service.person(), try await service.person())
            let token = try await service.token(person)
            for (each, key) in [(person, "of-one"), (other, "of-another")] {
                let begun = try await service.login(each, idempotencyKey: key)
                try #require(begun.status == 201, "\(begun.text)")
            }
            #expect(try await service.database.count("idempotency", where: "true") == 2)
            #expect(try await service.erase(token).status == 204)
            #expect(try await service.database.count("idempotency", where: "true") == 1)
            let again = try await service.login(other, idempotencyKey: "of-another")
            #expect(again.status == 201, "\(again.text)")
            let late = try await service.login(person, idempotencyKey: "of-one")
            #expect(late.problem == "login-refused")
        }
    }

    @Test func `nobody signs in any more, and the practice can invite anew`() async throws {
        try await TestService.run { service in
            let known = try await service.known()
            let tokens = try await service.signIn(known.person)["tokens"]
            let open = try await service.begin(known.person)
            #expect(try await service.erase(known.token).status == 204)
            for identifier in [known.person.email, "mina.kanarie", known.customerNumber] {
                var named = known.person
                named.identifier = identifier
                #expect(try await service.login(named).problem == "login-refused")
            }
            let late = try await service.verify(open.id, open.code)
            #expect(late.status == 404, "\(late.text)")
            let refreshed = try await service.send(
                "POST", "/v1/tokens/refresh", json: ["refresh_token": tokens["refresh_token"]])
            #expect(refreshed.problem == "token-invalid")
            #expect(try await service.erase(known.token).problem == "token-invalid")
            // The number is the register's entry's still, and no other's.
            #expect(
                try await service.database.value(
                    """
                    select account_id is null
                    from customer_number
                    where number = '\(known.customerNumber)'
                    """) == "t")
            #expect(try await service.invite(known.patient).status == 201)
            let again = try await service.makeSuperPIN(known.patient).json()
            #expect(again["customer_number"].string == known.customerNumber)
        }
    }

    @Test func `it asks for a new sign-in and the password`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let token = try await service.token(person)
            let wrong = try await service.erase(token, password: "Winter-42!")
            #expect(wrong.status == 422 && wrong.problem == "password-incorrect")
            var last = wrong
            for number in 0..<8 where last.status != 429 {
                last = try await service.erase(token, password: "Wrong-\(number)!")
            }
            #expect(last.status == 429 && last.problem == "password-throttled")
            try await service.travel(301)
            let stale = try await service.erase(token)
            #expect(stale.status == 401)
            #expect(stale.problem == "insufficient-user-authentication")
            #expect(try await service.database.count("account", where: "true") == 1)
        }
    }

    @Test func `an account that another practice has stays there, and only there`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            try await service.database.execute(
                """
                insert into membership (practice_id, account_id)
                select practice_id, account_id
                from practice, account
                where country = 'NO'
                """)
            let token = try await service.token(person)
            #expect(try await service.erase(token).status == 204)
            #expect(try await service.login(person).problem == "login-refused")
            let left = try await service.database.rows(
                """
                select (select count(*) from account), (select count(*) from contact),
                       (select count(*) from membership), (select count(*) from identifier),
                       (select count(*) from session)
                """)
            #expect(left == [["1", "1", "1", "0", "0"]])
            #expect(
                try await service.database.value(
                    "select reason from audit where event = 'account-erased'") == "stays-elsewhere")
        }
    }

    @Test func `of parallel ones one erases`() async throws {
        try await TestService.run { service in
            let token = try await service.token(try await service.person())
            let answers = try await parallel(4) { _ in try await service.erase(token).status }
            #expect(answers.count { $0 == 204 } == 1, "\(answers)")
            #expect(answers.allSatisfy { [204, 401].contains($0) })
            #expect(
                try await service.database.count("audit", where: "event = 'account-erased'") == 1)
        }
    }

    @Test func `the table says of every place where an account is named what becomes of it`()
        async throws
    {
        let source = try SourceTree.text(
            of: "Sources/Auth/Accounts/EraseAccount.swift")
        let named = source.matches(of: /\/\/\/ \|([^|]+)\|/).map { String($0.1) }.joined()
        let tables = try await TestCluster.shared().cloneDatabase(named: "erasure").execute(
            """
            select distinct columns.table_name
            from information_schema.columns
            join information_schema.tables using (table_schema, table_name)
            where table_schema = 'public'
              and table_type = 'BASE TABLE'
              and column_name in ('account_id', 'subject_id')
            """
        ).compactMap { $0[0] }
        #expect(tables.count >= 15)
        for table in tables { #expect(named.contains("`\(table)`"), "\(table)") }
    }
}
