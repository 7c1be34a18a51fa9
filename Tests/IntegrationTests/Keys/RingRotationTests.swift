import Cryptography
import Foundation
import Testing

@testable import Auth

/// The ring's keys change while the service runs, and what the former one made is made anew (K3, Z-32).
@Suite struct RingRotationTests {
    /// A new key that both instances know, and that only the first takes for the current one.
    private func straddle(_ rotating: RotatingService) async throws {
        _ = try rotating.change { (ring: inout RingRotation) in
            try ring.rotate(at: rotating.now, from: rotating.now + 300)
        }
        await rotating.reload(0, 1)
        rotating.pass(301, on: [0])
        #expect(rotating.service.services.map(\.keys.currentID) == ["k2", "k1"])
    }

    @Test func `no request fails, and nothing is left under the former key`() async throws {
        try await RotatingService.run { rotating in
            let count = try await KeyLoad.during(rotating.service) {
                _ = try rotating.change { (ring: inout RingRotation) in
                    try ring.rotate(at: rotating.now, from: rotating.now + 300)
                }
                await rotating.reload(1)
                // Both go on for a while, one with the new file and the other with the old one.
                _ = try await rotating.service.person()
                await rotating.reload(0)
                rotating.pass(301, on: [0])
                _ = try await rotating.service.person()
                rotating.pass(301, on: [1])
                try await rotating.rekey()
            }
            #expect(count > 40)
            try await rotating.rekey()
            #expect(try await rotating.left(under: "k1") == 0)
            let numbers = "select count(*) from patient_number where key_id <> 'k2'"
            #expect(try await rotating.service.database.value(numbers) == "0")
        }
    }

    @Test
    func `two patients never get one number, whichever key each instance takes for the current`()
        async throws
    {
        try await RotatingService.run { rotating in
            let service = rotating.service
            try await service.allowNumberLogin()
            let number = PatientSample.numbers[0]
            @Sendable func put(_ name: String, _ instance: Int) async throws -> Int {
                let details = PatientSample.with(["national_number": .string(number)])
                return try await service.putPatient(
                    name, details, key: service.foreignKey, instance: instance
                ).status
            }
            // One who has the number from before the rotation.
            #expect(try await put("first", 0) == 201)
            try await straddle(rotating)
            for instance in 0...1 { #expect(try await put("second", instance) == 409) }
            for round in 0..<20 {
                try await service.database.execute("delete from patient")
                let statuses = try await parallel(4) { try await put("r\(round)-\($0)", $0 % 2) }
                #expect(statuses.sorted() == [201, 409, 409, 409], "\(statuses)")
            }
            #expect(try await service.patientCount() == 1)
        }
    }

    @Test
    func `two accounts never get one username, whichever key each instance takes for the current`()
        async throws
    {
        try await RotatingService.run { rotating in
            let service = rotating.service
            try await straddle(rotating)
            for round in 0..<10 {
                let accounts = try await parallel(4) { number in
                    try await service.identifierRaced("name-\(round)", instance: number % 2)
                }
                #expect(accounts.count { $0 } == 1)
            }
        }
    }

    @Test func `an entry that is written while it is rekeyed is found by its number`() async throws
    {
        try await RotatingService.run { rotating in
            let service = rotating.service
            try await service.allowNumberLogin()
            for (index, number) in PatientSample.numbers.enumerated() {
                let details = PatientSample.with(["national_number": .string(number)])
                #expect(
                    try await service.putPatient("p\(index)", details, key: service.foreignKey)
                        .status == 201)
            }
            try await straddle(rotating)
            rotating.pass(301, on: [1])
            let statuses = try await parallel(9) { number in
                if number == 8 {
                    try await rotating.rekey()
                    return 200
                }
                let details = PatientSample.with([
                    "national_number": .string(PatientSample.numbers[number % 7]),
                    "last_name": .string("Berg"),
                ])
                return try await service.putPatient(
                    "p\(number % 7)", details, key: service.foreignKey, instance: number % 2
                ).status
            }
            #expect(Set(statuses) == [200], "\(statuses)")
            try await rotating.rekey()
            for (index, number) in PatientSample.numbers.enumerated() {
                let details = PatientSample.with(["national_number": .string(number)])
                let other = try await service.putPatient(
                    "q\(index)", details, key: service.foreignKey)
                #expect(other.problem == "national-number-taken")
            }
            #expect(
                try await service.database.value("select count(*) from patient_number")
                    == "\(PatientSample.numbers.count)")
        }
    }

    @Test func `a broken file changes nothing, is told once, and warns until it is whole again`()
        async throws
    {
        try await RotatingService.run { rotating in
            let service = rotating.service
            let person = try await service.person()
            let text = try rotating.spoilRing()
            await rotating.reload(0, 0)
            #expect(try await service.login(person).status == 201)
            let health = try await service.internalInstances[0].send("GET", "/healthz").json()
            #expect(health["status"] == "pass")
            #expect(health["checks"]["keys:ring"][0]["status"] == "warn")
            #expect(health["checks"]["keys:signing"][0]["status"] == "pass")
            let metrics = try await service.internalInstances[0].send("GET", "/metrics").text
            #expect(metrics.contains("auth_key_files_unreadable 1"))
            let told = service.log.lines.count { $0.contains("keys not taken over") }
            #expect((1...2).contains(told), "once by each instance at most")
            try rotating.restoreRing(text)
            await rotating.reload(0)
            let again = try await service.internalInstances[0].send("GET", "/healthz").json()
            #expect(again["checks"]["keys:ring"][0]["status"] == "pass")
        }
    }

    @Test func `a ring that lacks the key in use is not taken over`() async throws {
        try await RotatingService.run { rotating in
            let text = try rotating.spoilRing()
            try rotating.restoreRing(Secret(KeyRing.generate()))
            await rotating.reload(0)
            let health = try await rotating.service.internalInstances[0]
                .send("GET", "/healthz").json()
            #expect(
                health["checks"]["keys:ring"][0]["output"]
                    == "Key k1, which is in use, is missing from the key ring or has changed.")
            #expect(try await rotating.service.login(rotating.service.person()).status == 201)
            try rotating.restoreRing(text)
        }
    }
}

extension TestService {
    /// Whether an account could be named so by an instance, as enrolments do it side by side.
    fileprivate func identifierRaced(_ name: String, instance: Int) async throws -> Bool {
        let account = UUID()
        let sealed = SealedIdentifier(
            Identifier(typed: name), of: account, practice: practice,
            keys: services[instance].keys)
        func hex(_ bytes: [UInt8]) -> String {
            "'\\x" + bytes.map { String(format: "%02x", $0) }.joined() + "'::bytea"
        }
        let rows = zip(sealed.keyIDs, sealed.indexes).map { id, index in
            "('\(practice)', \(hex(index)), '\(account)', 'username', '\(id)', \(hex(sealed.value)))"
        }
        do {
            try await database.execute(
                """
                begin;
                insert into account (account_id, first_name, last_name, locale, password)
                values ('\(account)', 'Jo', 'Kok', 'nl', '');
                insert into membership (practice_id, account_id)
                values ('\(practice)', '\(account)');
                insert into identifier (practice_id, value_index, account_id, kind, key_id, value)
                values \(rows.joined(separator: ", "));
                commit
                """)
            return true
        } catch {
            return false
        }
    }
}
