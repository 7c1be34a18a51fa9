import Foundation
import Testing

@testable import Auth

/// Proving who one is: one answer for whatever is wrong, few tries, and no way round them (Z-14, Z-16).
@Suite struct IdentityTests {
    static let wrong: [(String, [String: JSON])] = [
        ("email", ["email": "somebody@example.nl"]), ("date", ["date_of_birth": "1987-05-04"]),
        ("postcode", ["postcode": "3512 JD"]),
        (
            "all",
            ["email": "a@example.nl", "date_of_birth": "1950-01-01", "postcode": "1011 AA"]
        ),
    ]

    private static func lasting(_ answer: HTTPAnswer) throws -> [String: JSON] {
        try answer.json().members.filter { $0.key != "request_id" }
    }

    @Test func `whatever is wrong, the answer is the same`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let letter = try await service.letter(for: guest)
            let other = try await service.letter(for: try await service.guest())
            var bodies = Self.wrong.map { service.details(of: guest, $0.1) }
            bodies += [
                // Another patient's number, with either PIN; a number that nobody has; a wrong PIN.
                PrintedNumbers(customerNumber: other.customerNumber, superPIN: other.superPIN).body,
                PrintedNumbers(customerNumber: other.customerNumber, superPIN: letter.superPIN)
                    .body,
                PrintedNumbers(customerNumber: "1000000005", superPIN: letter.superPIN).body,
                PrintedNumbers(customerNumber: letter.customerNumber, superPIN: other.superPIN)
                    .body,
            ]
            var answers: [[String: JSON]] = []
            for body in bodies {
                let invited = try await service.invited(guest)
                let id = try await service.opened(invited.token)
                let answer = try await service.step(id, "identity", body)
                #expect(answer.status == 422 && answer.problem == "identity-refused")
                answers.append(try Self.lasting(answer))
                _ = try await service.send("DELETE", "/v1/invitations/\(invited.id)")
            }
            #expect(Set(answers.map { JSON.object($0).bytes }).count == 1)
            #expect(answers[0]["attempts_left"] == 4)
            #expect(
                try await service.database.value(
                    "select tries_left from activation_pin where tries_left < 10") == "9")
        }
    }

    @Test func `the sixth try fails with the right answers, and the practice can invite anew`()
        async throws
    {
        try await TestService.run { service in
            let guest = try await service.guest()
            let invitation = try await service.invited(guest)
            for number in 1...5 {
                // Each in an enrolment of its own: tries count for the patient.
                let id = try await service.opened(invitation.token)
                let answer = try await service.step(
                    id, "identity", service.details(of: guest, ["postcode": "1011 AA"]))
                #expect(answer.problem == "identity-refused")
                #expect(try answer.json()["attempts_left"].int == 5 - number)
                if number == 5 {
                    let sixth = try await service.step(id, "identity", service.details(of: guest))
                    #expect(sixth.status == 409 && sixth.problem == "invitation-closed")
                }
            }
            #expect(try await service.openLink(invitation.token).problem == "invitation-closed")
            let body = try await service.invitation(invitation.id)
            #expect(body["status"] == "tries-exhausted")
            #expect(
                try await service.resendInvitation(invitation.id).problem == "invitation-closed")
            _ = try await service.proven(guest, try await service.invited(guest).token)
        }
    }

    @Test func `tries at once are no more tries`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let id = try await service.opened(try await service.invited(guest).token)
            let answers = try await parallel(12) { number in
                try await service.step(
                    id, "identity",
                    service.details(of: guest, ["postcode": .string("10\(10 + number) AA")]))
            }
            #expect(answers.count { $0.problem == "identity-refused" } <= 5)
            let right = try await service.step(id, "identity", service.details(of: guest))
            #expect(right.problem == "invitation-closed")
        }
    }

    @Test func `right answers at once cost no try, whichever is first`() async throws {
        try await TestService.run { service in
            // One request that is sent many times, too.
            for key in [nil, "once"] as [String?] {
                let guest = try await service.guest()
                let letter = try await service.letter(for: guest)
                let id = try await service.opened(try await service.invited(guest).token)
                let answers = try await parallel(4) { number in
                    try await service.step(
                        id, "identity", letter.body, idempotencyKey: key, instance: number % 2)
                }
                #expect(answers.contains { $0.status == 200 })
                let left = try await service.database.rows(
                    """
                    select distinct invitation.identity_tries_left, activation_pin.tries_left
                    from invitation, activation_pin
                    """)
                #expect(left == [["5", "10"]])
            }
        }
    }

    @Test func `an invitation whose last try nobody ended gives way to a new one`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let invitation = try await service.invited(guest)
            // As it is where the instance that compares ends in the middle.
            try await service.database.execute("update invitation set identity_tries_left = 0")
            #expect(try await service.invitation(invitation.id)["status"] == "tries-exhausted")
            #expect(try await service.openLink(invitation.token).problem == "invitation-closed")
            _ = try await service.proven(guest, try await service.invited(guest).token)
            #expect(try await service.invitation(invitation.id)["status"] == "tries-exhausted")
        }
    }

    @Test func `a right answer gives its try back, and is asked again for another mail`()
        async throws
    {
        try await TestService.run { service in
            let guest = try await service.guest()
            let id = try await service.opened(try await service.invited(guest).token)
            let off = service.details(of: guest, ["postcode": "1011 AA"])
            #expect(try await service.step(id, "identity", off).problem == "identity-refused")
            var links: [String] = []
            for number in 2...8 {
                let answer = try await service.step(
                    id, "identity", service.details(of: guest), ip: "198.51.100.1")
                #expect(answer.status == 200, "\(answer.text)")
                #expect(try answer.json()["attempts_left"] == 4)
                let mail = try await service.mail.message(number, to: guest.email)
                links.append(LinkToken.text(in: mail.text))
            }
            let old = try await service.step(
                id, "email-confirmation", ["token": .string(links[0])])
            #expect(old.status == 409 && old.problem == "link-superseded")
            let none = try await service.step(id, "email-confirmation", ["token": "made-up"])
            #expect(none.status == 404 && none.problem == "link-unknown")
            let newest = try await service.step(
                id, "email-confirmation", ["token": .string(links[6])])
            #expect(newest.status == 200)
        }
    }

    @Test func `a network has twenty tries an hour, over all invitations`() async throws {
        try await TestService.run { service in
            for number in 0..<4 {
                let guest = try await service.guest()
                let id = try await service.opened(try await service.invited(guest).token)
                for _ in 1...5 {
                    let answer = try await service.step(
                        id, "identity", service.details(of: guest, ["postcode": "1011 AA"]),
                        ip: "198.51.100.9")
                    #expect(answer.problem == "identity-refused", "\(number)")
                }
            }
            let guest = try await service.guest()
            let id = try await service.opened(try await service.invited(guest).token)
            let right = service.details(of: guest)
            let throttled = try await service.step(id, "identity", right, ip: "198.51.100.9")
            #expect(throttled.status == 429 && throttled.problem == "identity-throttled")
            #expect(throttled.header("Retry-After") != nil)
            // It spends no try of the patient, and other networks go on.
            let elsewhere = try await service.step(id, "identity", right, ip: "198.51.100.10")
            #expect(elsewhere.status == 200)
            #expect(try elsewhere.json()["attempts_left"] == 5)
            try await service.travel(3_601)
            let later = try await service.step(id, "identity", right, ip: "198.51.100.9")
            #expect(later.status == 200)
        }
    }

    @Test func `what is mistyped is told and spends nothing`() async throws {
        try await TestService.run { service in
            let guest = try await service.guest()
            let letter = try await service.letter(for: guest)
            let id = try await service.opened(try await service.invited(guest).token)
            let swapped = String(letter.superPIN.reversed())
            for (body, pointer, code) in [
                (
                    PrintedNumbers(customerNumber: "123 456 7895", superPIN: letter.superPIN).body,
                    "/customer_number", "check-digit"
                ),
                (
                    PrintedNumbers(customerNumber: letter.customerNumber, superPIN: "7K3M").body,
                    "/super_pin", "wrong-format"
                ),
                (
                    service.details(of: guest, ["date_of_birth": "1987-02-30"]), "/date_of_birth",
                    "no-such-day"
                ),
                (service.details(of: guest, ["postcode": "35"]), "/postcode", "wrong-format"),
                (service.details(of: guest, ["email": "emma"]), "/email", "wrong-format"),
                (
                    service.details(of: guest, ["super_pin": .string(swapped)]),
                    "/customer_number", "required"
                ),
            ] {
                let answer = try await service.step(id, "identity", body)
                #expect(answer.problem == "field-invalid", "\(pointer)")
                let errors = try answer.json()["errors"].array
                #expect(errors.contains { $0["pointer"].string == pointer })
                #expect(errors.contains { $0["code"].string == code }, "\(answer.text)")
            }
            #expect(try await service.enrolment(id)["attempts_left"] == 5)
            #expect(
                try await service.database.value("select tries_left from activation_pin") == "10")
        }
    }

    @Test
    func `the second way is refused for a shared address and for minors, in its ordinary words`()
        async throws
    {
        try await TestService.run { service in
            let mother = try await service.guest()
            _ = try await service.guest(["email": .string(mother.email.uppercased())])
            let young = try await service.guest(["date_of_birth": "2015-05-03"])
            var answers: Set<[UInt8]> = []
            for (guest, changes) in [
                // Who is wrong, and two who are right.
                (try await service.guest(), ["postcode": "1011 AA"]),
                (mother, [:]), (young, ["date_of_birth": "2015-05-03"]),
            ] as [(Guest, [String: JSON])] {
                let id = try await service.opened(try await service.invited(guest).token)
                let answer = try await service.step(
                    id, "identity", service.details(of: guest, changes))
                #expect(answer.problem == "identity-refused")
                answers.insert(JSON.object(try Self.lasting(answer)).bytes)
            }
            #expect(answers.count == 1)
        }
    }

    @Test func `an address is shared in whatever form its domain is written`() async throws {
        try await TestService.run { service in
            let name = UUID().uuidString.prefix(8).lowercased()
            let address = "\(name)@bøl.no"
            let entry = try await service.guest(["email": .string(address)])
            let mother = Guest(patient: entry.patient, email: address)
            let id = try await service.opened(try await service.invited(mother).token)
            let child = try await service.guest(
                ["email": .string("\(name.uppercased())@xn--BL-LKA.no")])
            let kept = try await service.patient(child.patient).json()["email"]
            #expect(kept.string == "\(name.uppercased())@bøl.no")
            let answer = try await service.step(id, "identity", service.details(of: mother))
            #expect(answer.problem == "identity-refused")
        }
    }

    @Test func `a practice can switch the second way off`() async throws {
        try await TestService.run { service in
            try await service.setPolicy(["identity_by_details": false])
            let guest = try await service.guest()
            let letter = try await service.letter(for: guest)
            let id = try await service.opened(try await service.invited(guest).token)
            #expect(try await service.enrolment(id)["ways"] == ["super_pin"])
            let answer = try await service.step(id, "identity", service.details(of: guest))
            #expect(answer.status == 403 && answer.problem == "identity-way-off")
            #expect(try await service.step(id, "identity", letter.body).status == 200)
        }
    }

    /// Their first phone has to be the register's: they would have an account and no way to sign in.
    @Test func `who needs a phone and has none in the register proves identity by the letter`()
        async throws
    {
        try await TestService.run { service in
            for policy in [
                ["second_factor": "phone-or-app"],
                ["second_factor": "required", "email_codes": false],
            ] as [JSON] {
                try await service.setPolicy(policy)
                let guest = try await service.guest(["mobile": .null])
                let entry = try await service.patient(guest.patient).json()
                #expect(entry["missing"] == [] && entry["missing_for_details"] == ["mobile"])
                let id = try await service.opened(try await service.invited(guest).token)
                #expect(try await service.enrolment(id)["ways"] == ["super_pin"])
                let answer = try await service.step(id, "identity", service.details(of: guest))
                #expect(answer.status == 403 && answer.problem == "identity-way-off")
                let letter = try await service.letter(for: guest)
                let proven = try await service.step(id, "identity", letter.body)
                #expect(proven.status == 200, "\(proven.text)")
                let reachable = try await service.guest()
                let other = try await service.patient(reachable.patient).json()
                #expect(other["missing_for_details"] == [])
                _ = try await service.proven(reachable, try await service.invited(reachable).token)
            }
            // Nor is a number of any use to a practice that sends no SMS.
            try await service.setPolicy(["sms_per_day": 0])
            let unreachable = try await service.guest()
            let entry = try await service.patient(unreachable.patient).json()
            #expect(entry["missing_for_details"] == ["mobile"])
            try await service.setPolicy(["second_factor": "required", "email_codes": true])
            let guest = try await service.guest(
                ["mobile": .null, "postcode": .null, "date_of_birth": .null])
            #expect(
                try await service.patient(guest.patient).json()["missing_for_details"]
                    == ["date_of_birth", "postcode"])
        }
    }

    @Test func `a super-PIN that is used, void or expired is a wrong one`() async throws {
        try await TestService.run { service in
            for change in [
                "used_at = clock_timestamp()", "tries_left = 0",
                "expires_at = clock_timestamp()",
            ] {
                let guest = try await service.guest()
                let letter = try await service.letter(for: guest)
                try await service.database.execute("update activation_pin set \(change)")
                let id = try await service.opened(try await service.invited(guest).token)
                let answer = try await service.step(id, "identity", letter.body)
                #expect(answer.problem == "identity-refused", "\(change)")
            }
        }
    }
}
