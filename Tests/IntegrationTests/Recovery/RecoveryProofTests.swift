import Cryptography
import Foundation
import Testing

@testable import Auth

/// Two proofs of different classes, always (Z-2, Z-4, Z-11).
@Suite struct RecoveryProofTests {
    @Test func `one proof is not enough, whichever it is`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            try await service.ageMailbox(person, days: 31)
            let pin = try await service.ownSuperPIN(person)
            let phone = try await service.phone(person)
            let desk = try #require(
                try await service.deskCode(person).json()["desk_code"].string)
            let none = try await service.recovery(person.identifier, ip: "10.1.0.1")
            let mailbox = try await service.recovery(person.identifier, ip: "10.1.0.2")
            try await service.proveContact(mailbox, to: person.email, ip: "10.1.0.2")
            let number = try await service.recovery(person.identifier, ip: "10.1.0.3")
            try await service.proveContact(number, "sms", to: phone.number, ip: "10.1.0.3")
            let paper = try await service.recovery(person.identifier, ip: "10.1.0.4")
            _ = try await service.recover(paper, "verify", ["super_pin": .string(pin)])
            let staff = try await service.recovery(person.identifier, ip: "10.1.0.5")
            #expect(
                try await service.recover(staff, "verify", ["desk_code": .string(desk)]).status
                    == 200)
            for id in [none, mailbox, number, paper, staff] {
                #expect(try await service.setPassword(id).problem == "step-out-of-order")
                let factor: JSON = ["factor_id": .string(phone.id)]
                #expect(
                    try await service.recover(id, "factor", factor).problem
                        == "step-out-of-order")
            }
        }
    }

    @Test func `a mailbox twice is one proof`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let id = try await service.recovery(person.identifier)
            let code = try await service.recoveryCode(id, to: person.email)
            _ = try await service.recover(id, "verify", ["code": .string(code)])
            try await service.travel(31)
            #expect(
                try await service.recover(id, "codes", ["channel": "email"]).problem
                    == "proof-repeated")
            #expect(
                try await service.recover(id, "verify", ["code": .string(code)]).problem
                    == "code-used")
            #expect(try await service.setPassword(id).problem == "step-out-of-order")
        }
    }

    @Test func `two contacts at one address are one mailbox`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            try await service.database.execute(
                """
                insert into contact (account_id, contact_id, kind, address, confirmed_at)
                select account_id, gen_random_uuid(), 'email', upper(address), clock_timestamp()
                from contact where address = '\(person.email)'
                """)
            let id = try await service.recovery(person.identifier)
            try await service.proveContact(id, to: person.email)
            try await service.travel(31)
            #expect(
                try await service.recover(id, "codes", ["channel": "email"]).problem
                    == "proof-repeated")
        }
    }

    @Test func `a recovery code is paper, and used up`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            let code = try await service.paperCodes(person)[0]
            let body: JSON = ["recovery_code": .string(code)]
            let id = try await service.recovery(person.identifier)
            #expect(try await service.recover(id, "verify", body).status == 200)
            let paper = try await service.recover(id, "verify", ["super_pin": .string(pin)])
            #expect(paper.problem == "proof-repeated")
            #expect(try await service.setPassword(id).problem == "step-out-of-order")
            let other = try await service.recovery(person.identifier)
            #expect(
                try await service.recover(other, "verify", body).problem == "proof-incorrect")
            try await service.proveContact(id, to: person.email)
            #expect(try await service.setPassword(id).status == 200)
            #expect(
                try await service.database.value(
                    "select cardinality(hashes) from recovery_codes") == "1")
        }
    }

    @Test func `a code is good for ten minutes, and what is mistyped costs nothing`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let id = try await service.recovery(person.identifier)
            let code = try await service.recoveryCode(id, to: person.email)
            let mistyped = try await service.recover(
                id, "verify", ["recovery_code": "7K3M-RT9X-Q2WA"])
            #expect(mistyped.problem == "field-invalid")
            try await service.travel(601)
            #expect(
                try await service.recover(id, "verify", ["code": .string(code)]).problem
                    == "code-expired")
            try await service.travel(3000)
            #expect(try await service.recover(id, "codes", [:]).problem == "recovery-ended")
        }
    }

    @Test func `before a code was right, wrong super-PINs spend the network's tries alone`()
        async throws
    {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            let id = try await service.recovery(person.identifier, ip: "10.2.0.1")
            let wrong: JSON = ["super_pin": .string(SuperPIN.random().printed.expose())]
            for _ in 1...10 {
                let answer = try await service.recover(id, "verify", wrong, ip: "10.2.0.1")
                #expect(answer.problem == "proof-incorrect")
                #expect(try answer.json()["attempts_left"].int == nil)
            }
            let next = try await service.recover(id, "verify", wrong, ip: "10.2.0.1")
            #expect(next.problem == "identity-throttled")
            #expect(
                try await service.database.value("select tries_left from recovery_pin") == "10")
            // From elsewhere the owner is not kept from it.
            let own = try await service.recovery(person.identifier, ip: "10.2.0.2")
            let right = try await service.recover(
                own, "verify", ["super_pin": .string(pin)], ip: "10.2.0.2")
            #expect(right.status == 200)
        }
    }

    @Test func `after a code was right the tenth wrong super-PIN voids it`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let pin = try await service.ownSuperPIN(person)
            let id = try await service.recovery(person.identifier)
            try await service.proveContact(id, to: person.email)
            let wrong: JSON = ["super_pin": .string(SuperPIN.random().printed.expose())]
            for left in (0...9).reversed() {
                let answer = try await service.recover(id, "verify", wrong)
                #expect(try answer.json()["attempts_left"].int == left)
            }
            let right = try await service.recover(id, "verify", ["super_pin": .string(pin)])
            #expect(right.problem == "proof-incorrect")
            #expect(
                try await service.database.count("recovery_pin", where: "ended_at is null") == 0)
        }
    }

    @Test func `a mistyped super-PIN is told and costs nothing`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            _ = try await service.ownSuperPIN(person)
            let id = try await service.recovery(person.identifier)
            try await service.proveContact(id, to: person.email)
            let answer = try await service.recover(
                id, "verify", ["super_pin": "7K3M-RT9X-Q2WB-V4H1"])
            #expect(answer.problem == "field-invalid")
            #expect(
                try await service.database.value("select tries_left from recovery_pin") == "10")
        }
    }
}
