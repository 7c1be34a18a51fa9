import Foundation
import Testing

@testable import Auth

/// Terms and privacy statement on the way to an account (AC-4, IN-5).
@Suite struct ConsentStepTests {
    private static func consents(_ terms: String, _ privacy: String) -> JSON {
        [
            "documents": [
                ["kind": "terms", "version": .string(terms)],
                ["kind": "privacy", "version": .string(privacy)],
            ]
        ]
    }

    private static func publish(_ service: TestService) async throws {
        for (kind, locale) in [("terms", "nl"), ("terms", "en"), ("privacy", "nl")] {
            let answer = try await service.publish(kind, "1", locale)
            try #require(answer.status == 201, "\(answer.text)")
        }
    }

    @Test func `both documents are step 3 of 3, and what was accepted is kept`() async throws {
        try await TestService.run { service in
            try await Self.publish(service)
            let guest = try await service.guest()
            let id = try await service.proven(guest, try await service.invited(guest).token)
            let given = try await service.step(id, "profile", TestService.profile)
            // "Privacyverklaring en Gebruikersvoorwaarden – Stap 3 van 3"
            let body = try given.json()
            #expect(body["step"] == "consents" && body["step_number"] == 3)
            #expect(body["step_count"] == 3)
            #expect(body["documents"].array.map { $0["kind"] } == ["terms", "privacy"])
            #expect(body["documents"].array.allSatisfy { $0["accepted"] == false })
            let early = try await service.step(id, "complete")
            #expect(early.problem == "step-out-of-order")
            #expect(try early.json()["step"] == "consents")
            // "Zet daarvoor een vinkje voor beide regels."
            let one: JSON = ["documents": [["kind": "terms", "version": "1"]]]
            for wrong in [one, Self.consents("1", "0"), Self.consents("2", "1")] {
                let answer = try await service.step(id, "consents", wrong)
                #expect(answer.status == 422 && answer.problem == "documents-required")
            }
            for wrong: JSON in [
                ["documents": []], ["documents": [["kind": "cookies", "version": "1"]]],
                ["documents": [["kind": "terms", "version": "a b"]]],
            ] {
                let answer = try await service.step(id, "consents", wrong)
                #expect(answer.problem == "field-invalid")
            }
            // "Ja, ik heb het volgende document gelezen": in the language in which it was shown.
            for _ in 1...2 {
                let accepted = try await service.send(
                    "POST", "/v1/enrolments/\(id)/consents", json: Self.consents("1", "1"),
                    headers: [("Accept-Language", "en")])
                #expect(accepted.status == 200, "\(accepted.text)")
                #expect(try accepted.json()["step"] == "complete")
            }
            let completed = try await service.step(id, "complete")
            #expect(completed.status == 200, "\(completed.text)")
            let kept = try await service.database.rows(
                """
                select consent.kind, consent.version, consent.locale,
                       consent.text_hash = document.text_hash,
                       consent.account_id = (select account_id from account)
                from consent join document using (practice_id, kind, version, locale)
                order by kind
                """)
            #expect(
                kept == [["privacy", "1", "nl", "t", "t"], ["terms", "1", "en", "t", "t"]])
        }
    }

    @Test func `a version that comes meanwhile is asked before the account is made`() async throws {
        try await TestService.run { service in
            try await Self.publish(service)
            let id = try await service.ready(try await service.guest())
            let first = try await service.step(id, "consents", Self.consents("1", "1"))
            #expect(first.status == 200)
            #expect(try await service.publish("terms", "2", "nl").status == 201)
            let early = try await service.step(id, "complete")
            #expect(early.problem == "step-out-of-order")
            let documents = try await service.enrolment(id)["documents"].array
            #expect(documents.map { $0["version"] } == ["2", "1"])
            #expect(documents.map { $0["accepted"] } == [false, true])
            let stale = try await service.step(id, "consents", Self.consents("1", "1"))
            #expect(stale.status == 409 && stale.problem == "document-superseded")
            let inForce = try stale.json()["documents"].array
            #expect(inForce.map { $0["version"] } == ["2", "1"])
            let second = try await service.step(id, "consents", Self.consents("2", "1"))
            #expect(second.status == 200)
            #expect(try await service.step(id, "complete").status == 200)
            #expect(try await service.database.count("consent", where: "true") == 2)
        }
    }

    @Test func `what is kept is when it was accepted, and not when the account was made`()
        async throws
    {
        try await TestService.run { service in
            try await Self.publish(service)
            let id = try await service.ready(try await service.guest())
            let accepted = try await service.step(id, "consents", Self.consents("1", "1"))
            #expect(accepted.status == 200, "\(accepted.text)")
            let instants = try await service.database.rows(
                """
                select (accepted.value ->> 'accepted_at')::timestamptz
                           between clock_timestamp() - interval '1 minute' and clock_timestamp()
                from enrolment
                cross join jsonb_array_elements(enrolment.documents) as accepted
                """)
            #expect(instants == [["t"], ["t"]])
            // The rest of the way takes hours.
            try await service.database.execute(
                """
                update enrolment
                set documents = (
                    select jsonb_agg(
                        accepted.value
                            || jsonb_build_object(
                                'accepted_at', clock_timestamp() - interval '2 hours'))
                    from jsonb_array_elements(enrolment.documents) as accepted)
                """)
            #expect(try await service.step(id, "complete").status == 200)
            let late = try await service.database.count(
                "consent", where: "accepted_at > clock_timestamp() - interval '119 minutes'")
            #expect(late == 0)
            #expect(try await service.database.count("consent", where: "true") == 2)
        }
    }

    @Test func `a practice without documents asks for none`() async throws {
        try await TestService.run { service in
            let id = try await service.ready(try await service.guest())
            let body = try await service.enrolment(id)
            #expect(body["step"] == "complete" && body["step_number"] == 2)
            #expect(body["step_count"] == 2 && body["documents"] == [])
            #expect(!body["steps"].array.contains { $0["name"] == "consents" })
        }
    }
}
