import Cryptography
import Foundation
import Testing

@testable import Auth

extension TestService {
    static let newPassword = "Herfst-in-Huis-57!"

    /// Begins a recovery, as somebody who types who they are.
    func beginRecovery(
        _ identifier: String, ip: String? = nil, key: String? = nil,
        idempotencyKey: String? = nil
    ) async throws -> HTTPAnswer {
        try await send(
            "POST", "/v1/recoveries", json: ["identifier": .string(identifier)], key: key, ip: ip,
            idempotencyKey: idempotencyKey)
    }

    /// The id of a recovery that has begun.
    func recovery(_ identifier: String, ip: String? = nil) async throws -> String {
        let answer = try await beginRecovery(identifier, ip: ip)
        try #require(answer.status == 201, "\(answer.text)")
        return try #require(try answer.json()["id"].string)
    }

    /// One step of a recovery.
    func recover(
        _ id: String, _ step: String, _ json: JSON, ip: String? = nil, key: String? = nil,
        idempotencyKey: String? = nil, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await send(
            "POST", "/v1/recoveries/\(id)/\(step)", json: json, key: key, ip: ip,
            idempotencyKey: idempotencyKey, instance: instance)
    }

    /// The code that goes to a mailbox or a phone.
    func recoveryCode(
        _ id: String, _ channel: String = "email", to address: String, ip: String? = nil
    ) async throws -> String {
        let answer = try await recover(id, "codes", ["channel": .string(channel)], ip: ip)
        try #require(answer.status == 201, "\(answer.text)")
        return try await mail.code(of: answer.json(), to: address)
    }

    /// Proves a mailbox or a phone, and returns the answer.
    @discardableResult
    func proveContact(
        _ id: String, _ channel: String = "email", to address: String, ip: String? = nil
    ) async throws -> JSON {
        let code = try await recoveryCode(id, channel, to: address, ip: ip)
        let answer = try await recover(id, "verify", ["code": .string(code)], ip: ip)
        try #require(answer.status == 200, "\(answer.text)")
        return try answer.json()
    }

    /// A recovery in which the mailbox and the super-PIN are proven.
    func provenRecovery(_ person: Person, _ pin: String) async throws -> String {
        let id = try await recovery(person.identifier)
        try await proveContact(id, to: person.email)
        let answer = try await recover(id, "verify", ["super_pin": .string(pin)])
        try #require(answer.status == 200, "\(answer.text)")
        return id
    }

    func setPassword(
        _ id: String, _ password: String = newPassword, instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await recover(id, "password", ["password": .string(password)], instance: instance)
    }

    /// A code of the desk, from a member of staff.
    func deskCode(
        _ person: Person, staff: String = "a.dewit", idempotencyKey: String? = nil
    ) async throws -> HTTPAnswer {
        try await send(
            "POST", "/v1/support/desk-codes",
            json: [
                "patient": .string("ext-\(person.username)"), "identity_document": "passport",
            ], idempotencyKey: idempotencyKey, headers: [("X-Acting-Staff", staff)])
    }
}

// MARK: - What people have

extension TestService {
    func accountID(_ person: Person) async throws -> String {
        try #require(
            try await database.value(
                "select account_id from contact where address = '\(person.email)'"))
    }

    /// An active super-PIN of the person's own, as they saved it.
    func ownSuperPIN(_ person: Person) async throws -> String {
        let account = try await accountID(person)
        let (pin, id) = (SuperPIN.random(), UUID())
        let sealed = try await SuperPINHasher(hasher: service.hasher, keys: service.keys).sealed(
            pin, of: .init(kind: .recovery, id: id), practice: practice,
            turn: Turn(practice: practice, network: nil, kind: .unknown))
        try await database.execute(
            """
            update recovery_pin set ended_at = clock_timestamp()
            where account_id = '\(account)' and ended_at is null;
            insert into recovery_pin
                (practice_id, account_id, pin_id, session_id, hash, activated_at)
            values ('\(practice.text)', '\(account)', '\(id.text)', gen_random_uuid(),
                    decode('\(sealed.bytes.hexadecimal)', 'hex'), clock_timestamp())
            """)
        return pin.printed.expose()
    }

    /// Codes on paper, as many as are asked for.
    func paperCodes(_ person: Person, _ count: Int = 2) async throws -> [String] {
        let account = try await accountID(person)
        let id = try #require(UUID(uuidString: account))
        let codes = (0..<count).map { _ in RecoveryCode.random() }
        let hashes = codes.map {
            let hash = $0.hash(account: id, key: service.keys.macKey(.recoveryCode))
            return "decode('\(hash.hexadecimal)', 'hex')"
        }
        try await database.execute(
            """
            insert into recovery_codes (account_id, set_id, hashes, digests)
            values
                ('\(account)', gen_random_uuid(), array[\(hashes.joined(separator: ", "))], '')
            """)
        return codes.map { $0.printed.expose() }
    }

    /// An enrolled phone; its number, and the factor's id.
    func phone(_ person: Person, daysOld: Int = 0) async throws -> (number: String, id: String) {
        let number = "+316" + String(Int.random(in: 20_000_000...29_999_999))
        let id = UUID().text
        try await database.execute(
            """
            insert into factor (account_id, factor_id, practice_id, type, address, activated_at)
            values ('\(try await accountID(person))', '\(id)', '\(practice.text)', 'sms',
                    '\(number)', clock_timestamp() - interval '\(daysOld) days')
            """)
        return (number, id)
    }

    /// An authenticator app that was set up so long ago, and has burnt no code.
    func enrolledApp(_ person: Person, daysOld: Int = 0) async throws -> TestApp {
        let account = try #require(UUID(uuidString: try await accountID(person)))
        let (totp, id) = (TOTP.random(), UUID())
        let sealed = totp.sealed(of: account, factor: id, keys: service.keys)
        try await database.execute(
            """
            insert into factor
                (account_id, factor_id, practice_id, type, secret, created_at, activated_at)
            select '\(account.text)', '\(id.text)', '\(practice.text)', 'totp',
                   decode('\(sealed.hexadecimal)', 'hex'), since, since
            from (select clock_timestamp() - interval '\(daysOld) days' as since) as setup
            """)
        return try TestApp(["id": .string(id.text), "secret": .string(totp.base32.expose())])
    }

    /// The mailbox was confirmed so long ago.
    func ageMailbox(_ person: Person, days: Int) async throws {
        try await database.execute(
            """
            update contact set confirmed_at = clock_timestamp() - interval '\(days) days'
            where address = '\(person.email)'
            """)
    }

    /// What the link in a notice does.
    func freeze(_ person: Person) async throws {
        try await database.execute(
            """
            update account set frozen_at = clock_timestamp(), disabled_at = clock_timestamp()
            where account_id = '\(try await accountID(person))'
            """)
    }
}
