import Foundation
import Testing

@testable import Auth

extension TestService {
    func export(_ token: String) async throws -> HTTPAnswer {
        try await own("GET", "/export", token: token)
    }

    func erase(
        _ token: String, password: String = "Zomer-aan-Zee-42!", instance: Int = 0
    ) async throws -> HTTPAnswer {
        try await own(
            "DELETE", "", token: token, json: ["password": .string(password)], instance: instance)
    }

    /// A person of whom the service keeps something in every table that there is.
    func known() async throws -> KnownPerson {
        for kind in ["terms", "privacy"] {
            let published = try await send(
                "PUT", "/v1/documents/\(kind)",
                json: [
                    "version": "2026-1", "locale": "nl", "title": .string("Titel \(kind)"),
                    "text": "Tekst",
                ])
            try #require(published.status == 201, "\(published.text)")
        }
        let guest = try await guest(["mobile": "06 87654321"])
        let number = try await makeSuperPIN(guest.patient).json()["customer_number"].string
        let id = try await proven(guest, try await invited(guest).token)
        let given = try await step(
            id, "profile",
            [
                "first_name": "Wilhelmina-Canarius", "last_name": "Oosterkanarie",
                "username": "mina.kanarie", "password": "Zomer-aan-Zee-42!",
            ])
        try #require(given.status == 200, "\(given.text)")
        let accepted = try await step(
            id, "consents",
            [
                "documents": [
                    ["kind": "terms", "version": "2026-1"],
                    ["kind": "privacy", "version": "2026-1"],
                ]
            ])
        try #require(accepted.status == 200, "\(accepted.text)")
        try #require(try await step(id, "complete").status == 200)
        try #require(try await makeSuperPIN(guest.patient).status == 201)
        let person = Person(identifier: guest.email, email: guest.email, username: "mina.kanarie")
        // Second and former mailboxes, a second telephone, a factor of each type, a remembered device
        // and a recovery with its code, as their owner has them.
        try await database.execute(
            """
            insert into contact (account_id, contact_id, kind, address, confirmed_at)
            select account_id, gen_random_uuid(), kind, address, clock_timestamp()
            from account
            cross join (values
                ('email', 'kanarie.tweede@example.nl'), ('sms', '+31611112222')
            ) as further (kind, address)
            where last_name = 'Oosterkanarie';
            insert into contact
                (account_id, contact_id, kind, address, stood_from, stood_until)
            select account_id, gen_random_uuid(), 'email', 'kanarie.vroeger@example.nl',
                   clock_timestamp(), clock_timestamp()
            from account
            where last_name = 'Oosterkanarie';
            insert into remembered_device
                (practice_id, account_id, device_id, client_id, token_hash, device, expires_at)
            select '\(practice)', account.account_id, gen_random_uuid(), client.client_id,
                   '\\xabadcafe12', 'Kanarietelefoon', clock_timestamp()
            from account
            cross join client
            where account.last_name = 'Oosterkanarie'
              and client.practice_id = '\(practice)'
              and client.name = 'portal';
            insert into factor
                (account_id, factor_id, practice_id, type, address, secret)
            select account_id, gen_random_uuid(), '\(practice)', type, address, secret
            from account
            cross join (values
                ('sms', '+31633334444', null), ('totp', null, '\\xcafecafe'::bytea)
            ) as held (type, address, secret)
            where last_name = 'Oosterkanarie';
            insert into contact_change
                (practice_id, account_id, kind, change_id, session_id, address)
            select '\(practice)', account_id, 'sms', gen_random_uuid(), gen_random_uuid(),
                   '+31655556666'
            from account
            where last_name = 'Oosterkanarie';
            insert into recovery_codes (account_id, set_id, hashes, digests)
            select account_id, gen_random_uuid(), array['\\xfacefacefa'::bytea], ''
            from account
            where last_name = 'Oosterkanarie';
            insert into recovery
                (practice_id, recovery_id, client_id, account_id, subject_id, new_number,
                 new_mailbox, expires_at, ended_at)
            select '\(practice)', gen_random_uuid(), client.client_id, account.account_id,
                   gen_random_uuid(), '+31677778888', 'kanarie.nieuw@example.nl',
                   clock_timestamp(), clock_timestamp()
            from account
            cross join client
            where account.last_name = 'Oosterkanarie'
              and client.practice_id = '\(practice)'
              and client.name = 'portal';
            insert into code
                (practice_id, code_id, subject_id, purpose, flow_id, client_id, channel,
                 destination, number_block, reference, code_hash, sent_at, expires_at, resend_at)
            select practice_id, gen_random_uuid(), subject_id, 'recovery', recovery_id, client_id,
                   'sms', '+31 •••• kanarie', '+3167777', 'AB', '\\xc0dec0de77', clock_timestamp(),
                   clock_timestamp(), clock_timestamp()
            from recovery
            where new_number = '+31677778888';
            insert into code_subject
                (practice_id, subject_id, purpose, newest_code_id, newest_sent_at,
                 newest_reference)
            select practice_id, subject_id, purpose, code_id, sent_at, reference
            from code
            where purpose = 'recovery';
            insert into desk_code
                (practice_id, account_id, desk_code_id, code_hash, identity_document,
                 acting_staff, expires_at)
            select '\(practice)', account_id, gen_random_uuid(), '\\xdeedfeed99', 'passport',
                   'b.vriend', clock_timestamp()
            from account
            where last_name = 'Oosterkanarie';
            insert into linking_code
                (practice_id, account_id, code_id, session_id, code_hash, expires_at)
            select '\(practice)', account_id, gen_random_uuid(), gen_random_uuid(),
                   '\\xc0ffeec0de', clock_timestamp()
            from account
            where last_name = 'Oosterkanarie';
            insert into login_pass
                (practice_id, account_id, pass_hash, guesses_left, expires_at)
            select '\(practice)', account_id, '\\xbeefbeef01', 5, clock_timestamp()
            from account
            where last_name = 'Oosterkanarie'
            """)
        // So that no notice is taken for the code.
        try await settle()
        // Under keys, so that their answers are kept.
        let begun = try await login(person, idempotencyKey: "known-login")
        try #require(begun.status == 201, "\(begun.text)")
        let code = try await mail.code(of: begun.json()["code"], to: person.email)
        let done = try await verify(
            try #require(try begun.json()["id"].string), code, idempotencyKey: "known-verify")
        let token = try #require(try done.json()["tokens"]["access_token"].string)
        let pin = try await makeOwnSuperPIN(token, idempotencyKey: "known-pin")
        try #require(pin.status == 201, "\(pin.text)")
        try #require(try await activateOwnSuperPIN(token).status == 200)
        let account = try #require(
            try await database.value(
                "select account_id from account where last_name = 'Oosterkanarie'"))
        let asked = try await send(
            "POST", "/v1/codes",
            json: [
                "channel": "email", "account_id": .string(account), "purpose": "kanarie-recept",
            ], idempotencyKey: "known-code")
        try #require(asked.status == 201, "\(asked.text)")
        try await settle()
        return KnownPerson(
            person: person, patient: guest.patient, account: account,
            customerNumber: try #require(number), token: token)
    }
}

/// Somebody of whom everything is kept.
struct KnownPerson: Sendable {
    let person: Person
    let patient: String
    let account: String
    let customerNumber: String
    let token: String

    /// What is theirs and not the register's.
    static let personal = [
        "Wilhelmina-Canarius", "Oosterkanarie", "mina.kanarie", "kanarie.tweede@example.nl",
        "31611112222", "31633334444", "cafecafe", "beefbeef01", "kanarie-recept",
        "31655556666", "31677778888", "facefacefa", "deedfeed99", "kanarie.vroeger@example.nl",
        "kanarie.nieuw@example.nl", "Kanarietelefoon", "abadcafe12", "•••• kanarie", "c0dec0de77",
    ]
}
