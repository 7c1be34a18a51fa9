import Cryptography
import Foundation
import Testing

@testable import Auth

/// What is in force and not accepted yet is asked at sign-in, between code and tokens (IN-5).
@Suite struct LoginConsentTests {
    @Test func `a new version is asked once, between code and tokens, and its acceptance kept`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            _ = try await service.signIn(person)
            try await service.publishBoth("2026-1")
            _ = try await service.publish("privacy", "2026-1", "nb", text: "Personvern.")

            let begun = try await service.login(person)
            let steps: JSON = [
                ["name": "code", "done": false], ["name": "accept_documents", "done": false],
            ]
            #expect(try begun.json()["next"] == "code")
            #expect(try begun.json()["steps"] == steps)
            let id = try #require(try begun.json()["id"].string)
            let code = try await service.mail.message(2, to: person.email).code
            let proved = try await service.verify(id, code)
            #expect(proved.status == 200)
            #expect(try proved.json()["status"] == "open")
            #expect(try proved.json()["next"] == "accept_documents")
            #expect(try proved.json()["steps"][0]["done"] == true)
            #expect(try proved.json()["tokens"].isAbsent)
            #expect(try await service.openSessions() == 1)
            let read = try await service.send("GET", "/v1/logins/\(id)")
            #expect(try read.json()["next"] == "accept_documents")

            let done = try await service.accept(id, ["terms", "privacy"], language: "nb")
            #expect(done.status == 200)
            #expect(try done.json()["status"] == "done")
            #expect(try done.json()["next"] == .null)
            #expect(try done.json()["steps"].array.allSatisfy { $0["done"] == true })
            #expect(try !done.json()["tokens"]["access_token"].isAbsent)
            #expect(try await service.openSessions() == 2)
            let kept = try await service.database.rows(
                """
                select kind, version, locale, encode(text_hash, 'hex'),
                       accepted_at > clock_timestamp() - interval '1 minute'
                from consent
                order by kind desc
                """)
            #expect(
                kept == [
                    ["terms", "2026-1", "nl", Document.hash("Tekst.").hexadecimal, "t"],
                    ["privacy", "2026-1", "nb", Document.hash("Personvern.").hexadecimal, "t"],
                ])
            let audited = try await service.database.rows(
                """
                select reason, account_id is not null, client_id is not null, object_id = '\(id)'
                from audit
                where event = 'document-accepted'
                order by reason
                """)
            #expect(
                audited == [
                    ["privacy/2026-1/nb", "t", "t", "t"], ["terms/2026-1/nl", "t", "t", "t"],
                ])
            // Once, until there is another one; what was accepted before need not be again.
            _ = try await service.signIn(person)
            _ = try await service.publish("terms", "2026-2", "nl")
            let next = try await service.proveCode(person)
            #expect(try await service.accept(next, ["terms"], "2026-2").status == 200)
            _ = try await service.signIn(person)
        }
    }

    @Test func `what is wrong, missing or out of its order opens nothing and keeps nothing`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            try await service.publishBoth("1")
            let (open, code) = try await service.begin(person)
            let early = try await service.accept(open, ["terms", "privacy"], "1")
            #expect(early.status == 409 && early.problem == "step-out-of-order")
            #expect(try await service.verify(open, code).status == 200)

            let both: JSON = [
                ["kind": "terms", "version": "1"], ["kind": "privacy", "version": "1"],
            ]
            for (kinds, version) in [(["terms"], "1"), (["terms", "privacy"], "2")] {
                let answer = try await service.accept(open, kinds, version)
                #expect(answer.status == 422 && answer.problem == "documents-required")
                #expect(try answer.json()["documents"] == both)
            }
            for (documents, pointer) in [
                ([] as JSON, "/documents"),
                ([["kind": "rules", "version": "1"]], "/documents/0/kind"),
                (
                    [["kind": "terms", "version": "1"], ["kind": "terms", "version": "1"]],
                    "/documents"
                ),
            ] {
                let answer = try await service.send(
                    "POST", "/v1/logins/\(open)/consents", json: ["documents": documents])
                #expect(answer.problem == "field-invalid")
                #expect(try answer.json()["errors"][0]["pointer"].string == pointer)
            }
            // The code is proved: it can neither be asked for nor used again.
            let resent = try await service.send("POST", "/v1/logins/\(open)/codes")
            #expect(resent.status == 409 && resent.problem == "step-out-of-order")
            #expect(try await service.verify(open, code).problem == "code-used")
            #expect(try await service.database.count("consent", where: "true") == 0)
            #expect(try await service.openSessions() == 0)

            #expect(try await service.accept(open, ["privacy", "terms"], "1").status == 200)
            let late = try await service.accept(open, ["privacy", "terms"], "1")
            #expect(late.status == 409 && late.problem == "login-ended")
            #expect(try await service.openSessions() == 1)
        }
    }

    @Test func `a version that comes into force while somebody reads is asked for at once`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            try await service.publishBoth("1")
            let login = try await service.proveCode(person)
            _ = try await service.publish("terms", "2", "nl")
            let stale = try await service.accept(login, ["terms", "privacy"], "1")
            #expect(stale.status == 409 && stale.problem == "document-superseded")
            #expect(
                try stale.json()["documents"] == [
                    ["kind": "terms", "version": "2"], ["kind": "privacy", "version": "1"],
                ])
            let mixed = try await service.send(
                "POST", "/v1/logins/\(login)/consents",
                json: [
                    "documents": [
                        ["kind": "privacy", "version": "1"], ["kind": "terms", "version": "2"],
                    ]
                ])
            #expect(mixed.status == 200)
            let kept = try await service.database.rows(
                "select kind, version from consent order by kind")
            #expect(kept == [["privacy", "1"], ["terms", "2"]])
        }
    }

    @Test func `a login that began without the step is not held up by a version published since`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            try await service.publishBoth("1")
            let answer = try await service.verify(login.id, login.code)
            #expect(try !answer.json()["tokens"].isAbsent)
            // The next one is.
            _ = try await service.proveCode(person)
        }
    }

    @Test func `the same request again gets the same tokens, another key none`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            try await service.publishBoth("1")
            let (open, code) = try await service.begin(person)
            let proofs = [
                try await service.verify(open, code, idempotencyKey: "verify"),
                try await service.verify(open, code, idempotencyKey: "verify"),
            ]
            #expect(proofs[0].status == 200 && proofs[0].body == proofs[1].body)
            func accept(_ key: String, _ kinds: [String]) async throws -> HTTPAnswer {
                try await service.accept(open, kinds, "1", idempotencyKey: key)
            }
            // A refusal changes nothing, and the key is free for the right request.
            let refused = try await accept("consents", ["terms"])
            #expect(refused.problem == "documents-required")
            let first = try await accept("consents", ["terms", "privacy"])
            let again = try await accept("consents", ["terms", "privacy"])
            #expect(first.status == 200 && again.status == 200)
            #expect(
                try first.json()["tokens"]["refresh_token"]
                    == again.json()["tokens"]["refresh_token"])
            let other = try await accept("consents", ["terms"])
            #expect(other.status == 422 && other.problem == "idempotency-key-reused")
            #expect(try await accept("another", ["terms", "privacy"]).problem == "login-ended")
            try await service.travel(61)
            let gone = try await accept("consents", ["terms", "privacy"])
            #expect(gone.status == 409 && gone.problem == "idempotency-secret-gone")
            #expect(try await service.openSessions() == 1)
        }
    }

    @Test func `of parallel consents on two instances one gets the tokens`() async throws {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            try await service.publishBoth("1")
            for round in 1...3 {
                let person = try await service.person()
                let login = try await service.proveCode(person)
                let answers = try await parallel(8) { number in
                    try await service.accept(
                        login, ["terms", "privacy"], "1", instance: number)
                }
                #expect(answers.count { $0.status == 200 } == 1)
                #expect(answers.count { $0.problem == "login-ended" } == 7)
                #expect(try await service.openSessions() == round)
                #expect(try await service.database.count("consent", where: "true") == 2 * round)
            }
        }
    }

    @Test func `two logins of one person accept the same documents without harm`() async throws {
        var settings = TestService.Settings()
        settings.instances = 2
        try await TestService.run(settings) { service in
            try await service.publishBoth("1")
            let person = try await service.person()
            // A newer login voids no code that was right already.
            let logins = [
                try await service.proveCode(person), try await service.proveCode(person),
            ]
            let answers = try await parallel(2) { number in
                try await service.accept(
                    logins[number], number == 0 ? ["terms", "privacy"] : ["privacy", "terms"], "1",
                    instance: number)
            }
            #expect(answers.map { $0.problem ?? "none" } == ["none", "none"])
            #expect(try await service.database.count("consent", where: "true") == 2)
            #expect(
                try await service.database.count("audit", where: "event = 'document-accepted'") == 2
            )
        }
    }

    @Test func `it stays open after a last guess, and ends by time, by its caller or by disabling`()
        async throws
    {
        try await TestService.run { service in
            try await service.publishBoth("1")
            let person = try await service.person()
            let (guessed, code) = try await service.begin(person)
            for offset in 1...4 {
                #expect(
                    try await service.verify(guessed, TestService.wrong(code, offset)).problem
                        == "code-incorrect")
            }
            #expect(try await service.verify(guessed, code).status == 200)
            let read = try await service.send("GET", "/v1/logins/\(guessed)")
            #expect(try read.json()["status"] == "open")
            for _ in 1...2 {
                #expect(try await service.send("DELETE", "/v1/logins/\(guessed)").status == 204)
            }
            let abandoned = try await service.accept(guessed, ["terms", "privacy"], "1")
            #expect(abandoned.problem == "login-ended")
            #expect(
                try await service.database.count("audit", where: "event = 'login-abandoned'") == 1)

            let old = try await service.proveCode(person)
            try await service.travel(60 * Double(LoginLimits.openMinutes))
            #expect(
                try await service.accept(old, ["terms", "privacy"], "1").problem == "login-ended")

            let disabled = try await service.proveCode(person)
            try await service.database.execute(
                """
                update account set disabled_at = clock_timestamp()
                where account_id = (select account_id from login where login_id = '\(disabled)')
                """)
            #expect(
                try await service.accept(disabled, ["terms", "privacy"], "1").problem
                    == "login-ended")
            #expect(try await service.openSessions() == 0)
            let stranger = try await service.send(
                "POST", "/v1/logins/\(disabled)/consents",
                json: ["documents": [["kind": "terms", "version": "1"]]], key: service.secondKey)
            #expect(stranger.status == 404)
        }
    }

    @Test func `tokens say when the code was right, not when the reading was over`() async throws {
        try await TestService.run { service in
            try await service.publishBoth("1")
            let person = try await service.person()
            let login = try await service.proveCode(person)
            try await service.travel(600)
            let done = try await service.accept(login, ["terms", "privacy"], "1")
            #expect(done.status == 200)
            let age = try await service.database.value(
                """
                select clock_timestamp() - authenticated_at > interval '9 minutes'
                       and expires_at > clock_timestamp() + interval '23:50'
                from session
                """)
            #expect(age == "t")
        }
    }
}

extension TestService {
    /// Terms and privacy statement of one version, in Dutch.
    func publishBoth(_ version: String) async throws {
        for kind in ["terms", "privacy"] {
            let answer = try await publish(kind, version, "nl")
            try #require(answer.status == 201, "\(answer.text)")
        }
    }

    /// A login whose code was right, and which asks for documents; its id.
    func proveCode(_ person: Person) async throws -> String {
        let login = try await begin(person)
        let answer = try await verify(login.id, login.code)
        try #require(try answer.json()["next"] == "accept_documents", "\(answer.text)")
        return login.id
    }

    func accept(
        _ login: String, _ kinds: [String], _ version: String = "2026-1", language: String = "nl",
        idempotencyKey: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        let documents = kinds.map {
            JSON.object(["kind": .string($0), "version": .string(version)])
        }
        return try await send(
            "POST", "/v1/logins/\(login)/consents", json: ["documents": .array(documents)],
            idempotencyKey: idempotencyKey, instance: instance,
            headers: [("Accept-Language", language)])
    }

    func openSessions() async throws -> Int {
        try await database.count("session", where: "ended_at is null")
    }
}
