import Cryptography
import Foundation
import Testing

@testable import Auth

/// An authenticator app as a proof of a recovery: it comes second, works once, and no stranger stops it
/// (Z-2, Z-4, Z-20, F4, F5).
@Suite struct RecoveryAppTests {
    @Test func `beside the mailbox an app's code is the second proof`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let app = try await service.enrolledApp(person)
            let id = try await service.recovery(person.identifier)
            let half = try await service.proveContact(id, to: person.email)
            #expect(half["ways"].array.contains("totp"))
            let code = app.code()
            // As it is pasted.
            let shown = try await service.recover(
                id, "verify", ["totp": .string("\(code.prefix(3)) \(code.suffix(3))")])
            #expect(shown.status == 200, "\(shown.text)")
            let recovery = try shown.json()
            #expect(recovery["next"] == "change" && recovery["proofs"] == ["email", "totp"])
            #expect(!recovery["ways"].array.contains("totp"))
            // An app that is a proof is not lost.
            #expect(recovery["factors"].array.isEmpty)
            let lost = try await service.recover(id, "factor", ["factor_id": .string(app.id)])
            #expect(lost.problem == "factor-unknown")
            let again = try await service.recover(id, "verify", ["totp": .string(app.code(1))])
            #expect(again.problem == "proof-repeated")
            #expect(try await service.setPassword(id).status == 200)
            #expect(
                try await service.database.count(
                    "audit",
                    where: "event = 'recovery-proof-shown' and reason = 'totp' and result = 'done'")
                    == 1)
            #expect(
                try await service.database.count(
                    "account", where: "'\(app.id)' = any (recovered_by)") == 1)
        }
    }

    @Test func `before another proof it is compared with nothing, for somebody and nobody`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let app = try await service.enrolledApp(person)
            let id = try await service.recovery(person.identifier)
            let madeUp = try await service.recovery("nobody-of-them@example.nl")
            for typed in [app.code(), app.code(7), app.wrong()] {
                for _ in 1...4 {
                    let answers = [
                        try await service.recover(id, "verify", ["totp": .string(typed)]),
                        try await service.recover(madeUp, "verify", ["totp": .string(typed)]),
                    ]
                    #expect(answers.allSatisfy { $0.problem == "step-out-of-order" })
                    #expect(Set(answers.map(RecoveryEnumerationTests.shape)).count == 1)
                }
            }
            // Nor do staff, who can make desk codes, get to guess.
            let desk = try #require(
                try await service.deskCode(person).json()["desk_code"].string)
            let vouched = try await service.recover(id, "verify", ["desk_code": .string(desk)])
            #expect(try !vouched.json()["ways"].array.contains("totp"))
            let guess = try await service.recover(id, "verify", ["totp": .string(app.wrong())])
            #expect(guess.problem == "step-out-of-order")
            let untouched = try await service.database.rows(
                "select failures, blocked_until is null, disabled_at is null from factor")
            #expect(untouched == [["0", "t", "t"]])
            let login = try #require(try await service.login(person).json()["id"].string)
            #expect(try await service.verify(login, app.code()).status == 200)
        }
    }

    @Test func `a code works once, be it at a sign-in or in a recovery`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let app = try await service.enrolledApp(person)
            let login = try #require(try await service.login(person).json()["id"].string)
            let first = app.code()
            #expect(try await service.verify(login, first).status == 200)
            let id = try await service.recovery(person.identifier)
            try await service.proveContact(id, to: person.email)
            let replayed = try await service.recover(id, "verify", ["totp": .string(first)])
            #expect(replayed.status == 409 && replayed.problem == "code-used")
            let second = app.code(1)
            let body: JSON = ["totp": .string(second)]
            let shown = try await service.recover(id, "verify", body, idempotencyKey: "app")
            #expect(shown.status == 200, "\(shown.text)")
            // The same request is answered again; the same code elsewhere is not taken.
            let repeated = try await service.recover(id, "verify", body, idempotencyKey: "app")
            #expect(repeated.body == shown.body)
            let next = try #require(try await service.login(person).json()["id"].string)
            #expect(try await service.verify(next, second).problem == "code-used")
            let other = try await service.recovery(person.identifier)
            try await service.proveContact(other, to: person.email)
            let elsewhere = try await service.recover(other, "verify", body)
            #expect(elsewhere.problem == "code-used")
            #expect(try await service.setPassword(other).problem == "step-out-of-order")
        }
    }

    @Test func `of twenty parallel uses of one code one is a proof`() async throws {
        try await TestService.run(CodeRaceTests.two) { service in
            let person = try await service.person()
            let app = try await service.enrolledApp(person)
            let one = try await service.recovery(person.identifier)
            try await service.proveContact(one, to: person.email)
            let other = try await service.recovery(person.username)
            try await service.proveContact(other, to: person.email)
            let body: JSON = ["totp": .string(app.code())]
            let answers = try await parallel(20) { number in
                try await service.recover(
                    number % 2 == 0 ? one : other, "verify", body, instance: number / 2)
            }
            #expect(answers.count { $0.status == 200 } == 1, "\(answers.map(\.text))")
            #expect(answers.allSatisfy { [200, 409, 503].contains($0.status) })
            let proofs = try await service.database.value(
                "select sum(jsonb_array_length(proofs)) from recovery")
            #expect(proofs == "3")
        }
    }

    @Test func `wrong codes wait as at a sign-in, and the tenth stops the app alone`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let app = try await service.enrolledApp(person)
            func proven() async throws -> String {
                let id = try await service.recovery(person.identifier)
                try await service.proveContact(id, to: person.email)
                return id
            }
            var id = try await proven()
            for left in (5...9).reversed() {
                if left == 6 {
                    let password: JSON = ["password": .string(person.password)]
                    let shown = try await service.recover(id, "verify", password)
                    try #require(shown.status == 200, "\(shown.text)")
                }
                let isSkewed = left == 7 || left == 6
                let wrong: JSON = ["totp": .string(isSkewed ? app.code(7) : app.wrong())]
                let answer = try await service.recover(id, "verify", wrong)
                // Who has the mailbox may be a thief; who knows the password hears of the clock.
                #expect(answer.problem == (left == 6 ? "clock-skew" : "code-incorrect"))
                guard left != 6 else { continue }
                #expect(try answer.json()["attempts_left"].int == left)
            }
            let waiting = try await service.recover(id, "verify", ["totp": .string(app.code())])
            #expect(waiting.status == 429 && waiting.problem == "code-attempts-exhausted")
            // Half a minute, rounded up by a clock that may be a little behind the database's.
            #expect((20...31).contains(Int(waiting.header("Retry-After") ?? "") ?? 0))
            // A further recovery is no way around it.
            id = try await proven()
            let elsewhere = try await service.recover(id, "verify", ["totp": .string(app.code())])
            #expect(elsewhere.problem == "code-attempts-exhausted")
            try await service.database.execute(
                "update factor set failures = 9, blocked_until = null")
            let tenth = try await service.recover(id, "verify", ["totp": .string(app.wrong())])
            #expect(try tenth.json()["attempts_left"].int == 0)
            _ = try await service.told("De app voor codes bij het inloggen is gestopt", person)
            let stopped = try await service.recover(id, "verify", ["totp": .string(app.code())])
            #expect(stopped.status == 409 && stopped.problem == "factor-unavailable")
            // It is lost now; the mailbox and paper take it away.
            let pin = try await service.ownSuperPIN(person)
            _ = try await service.recover(id, "verify", ["super_pin": .string(pin)])
            #expect(
                try await service.recover(id, "factor", ["factor_id": .string(app.id)]).status
                    == 200)
        }
    }

    @Test func `of two apps it is the one that was used last, and whoever has none is told so`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let id = try await service.recovery(person.identifier)
            try await service.proveContact(id, to: person.email)
            let none = try await service.recover(id, "verify", ["totp": "123456"])
            #expect(none.problem == "factor-unavailable")
            let short = try await service.recover(id, "verify", ["totp": "12345"])
            #expect(short.problem == "code-malformed")
            let newer = try await service.enrolledApp(person, daysOld: 2)
            let older = try await service.enrolledApp(person, daysOld: 9)
            let wrong = try await service.recover(id, "verify", ["totp": .string(older.code())])
            #expect(wrong.problem == "code-incorrect")
            #expect(
                try await service.recover(id, "verify", ["totp": .string(newer.code())]).status
                    == 200)
        }
    }
}
