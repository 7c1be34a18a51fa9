import Foundation
import Testing

@testable import Auth

/// Every pair of proofs: of one class they are one, a desk code stands beside an old contact alone, and
/// any other two are enough (Z-2, Z-11).
@Suite struct ProofPairTests {
    @Test(arguments: Pair.all)
    func `two proofs are enough only where their classes differ`(pair: Pair) async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let kit = try await Kit(person, for: pair, service)
            let id = try await service.recovery(person.username)
            let first = try await kit.show(pair.one, in: id)
            #expect(first.status == 200 || pair.one.needsOther, "\(first.text)")
            let second = try await kit.show(pair.other, in: id)
            // What is said twice is told; an app's code is not even looked at before another proof.
            #expect(second.problem == pair.refusal, "\(second.text)")
            let changed = try await service.setPassword(id)
            #expect(changed.problem == pair.verdict, "\(changed.text)")
            let isChanged = try await service.database.count(
                "account", where: "recovered_at is not null")
            #expect(isChanged == (pair.verdict == nil ? 1 : 0))
        }
    }

    enum Shown: String, CaseIterable {
        case mailbox, secondMailbox, phone, secondPhone, superPIN, recoveryCode, desk, otherDesk,
            app, password

        /// It is looked at only beside something of the person's own.
        var needsOther: Bool { self == .app || self == .password }

        /// Mailboxes and phones are a class each.
        var proofClass: String {
            switch self {
            case .superPIN, .recoveryCode: "paper"
            default: rawValue
            }
        }

        var isContact: Bool { [.mailbox, .secondMailbox, .phone, .secondPhone].contains(self) }
        var isDesk: Bool { [.desk, .otherDesk].contains(self) }
        /// A second of its kind is only ever asked for beside the first.
        var first: Shown? {
            switch self {
            case .secondMailbox: .mailbox
            case .secondPhone: .phone
            case .otherDesk: .desk
            default: nil
            }
        }
    }

    struct Pair: Sendable, CustomTestStringConvertible {
        let one: Shown
        let other: Shown

        var testDescription: String { "\(one.rawValue) and \(other.rawValue)" }

        static let all: [Pair] = Shown.allCases.enumerated().flatMap { place, one in
            Shown.allCases[place...].map { Pair(one: one, other: $0) }
        }.filter { pair in
            pair.one.first == nil && (pair.other.first ?? pair.one) == pair.one
        }

        var verdict: String? {
            if one.isDesk && other.isDesk {
                return one == other ? "step-out-of-order" : "recovery-waiting"
            }
            // A new password is not earned by the one before.
            if other == .password { return "step-out-of-order" }
            if one.proofClass == other.proofClass { return "step-out-of-order" }
            let isOnlyVouchedFor = one.isDesk ? !other.isContact : other.isDesk && !one.isContact
            return isOnlyVouchedFor ? "step-out-of-order" : nil
        }

        var refusal: String? {
            if other.needsOther, one.isDesk || one.needsOther { return "step-out-of-order" }
            return one.proofClass == other.proofClass ? "proof-repeated" : nil
        }
    }

    /// What the person of a test has; contacts were confirmed a month ago.
    private struct Kit {
        let service: TestService
        let person: Person
        let mailboxes: [String]
        let phones: [String]
        let pin: String
        let app: TestApp
        let paper: [String]

        init(_ person: Person, for pair: Pair, _ service: TestService) async throws {
            self.service = service
            self.person = person
            let second = TestService.freshAddress()
            mailboxes = [person.email] + (pair.other == .secondMailbox ? [second] : [])
            if pair.other == .secondMailbox {
                try await service.database.execute(
                    """
                    insert into contact (account_id, contact_id, kind, address, confirmed_at)
                    select account_id, gen_random_uuid(), 'email', '\(second)', clock_timestamp()
                    from contact where address = '\(person.email)'
                    """)
            }
            var phones = [try await service.phone(person, daysOld: 32).number]
            if pair.other == .secondPhone {
                phones.append(try await service.phone(person, daysOld: 31).number)
            }
            self.phones = phones
            try await service.ageMailbox(person, days: 31)
            pin = try await service.ownSuperPIN(person)
            app = try await service.enrolledApp(person, daysOld: 31)
            paper = try await service.paperCodes(person)
        }

        /// Shows it, the second time by something fresh of the same kind where there is one.
        func show(_ shown: Shown, in id: String) async throws -> HTTPAnswer {
            switch shown {
            case .mailbox: try await code("email", to: mailboxes[0], id)
            case .secondMailbox: try await code("email", to: mailboxes[1], id)
            case .phone: try await code("sms", to: phones[0], id)
            case .secondPhone: try await code("sms", to: phones[1], id)
            case .superPIN: try await verify("super_pin", pin, id)
            case .recoveryCode: try await verify("recovery_code", try await unused(), id)
            case .desk: try await verify("desk_code", try await desk("a.dewit"), id)
            case .otherDesk: try await verify("desk_code", try await desk("b.bos"), id)
            case .app: try await verify("totp", app.code(), id)
            case .password: try await verify("password", person.password, id)
            }
        }

        private func code(_ channel: String, to address: String, _ id: String) async throws
            -> HTTPAnswer
        {
            let sent = try await service.recover(id, "codes", ["channel": .string(channel)])
            guard sent.status == 201 else { return sent }
            return try await verify(
                "code", try await service.mail.code(of: sent.json(), to: address), id)
        }

        private func unused() async throws -> String {
            let left = try await service.database.value(
                "select cardinality(hashes) from recovery_codes")
            return paper[paper.count - (Int(left ?? "") ?? 1)]
        }

        private func desk(_ staff: String) async throws -> String {
            let made = try await service.deskCode(person, staff: staff)
            return try #require(try made.json()["desk_code"].string)
        }

        private func verify(_ name: String, _ text: String, _ id: String) async throws
            -> HTTPAnswer
        {
            try await service.recover(id, "verify", .object([name: .string(text)]))
        }
    }
}
