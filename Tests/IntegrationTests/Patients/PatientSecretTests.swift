import Cryptography
import Foundation
import Testing

@testable import Auth

/// What a stolen table tells of a register (Z-18, V1).
@Suite struct PatientSecretTests {
    private static let secrets = ["1987-05-03", "3512JC", "999900018"]

    @Test func `no date, postcode or number stands in the table, and no guess finds one there`()
        async throws
    {
        try await TestService.run { service in
            try await service.setPolicy(["national_numbers": true])
            _ = try await service.putPatient(
                "P-1",
                PatientSample.with(["national_number": "999900018"], of: PatientSample.emma))
            let dump = try await SecretTests.dump(service.database)
            #expect(dump.contains("COPY public.patient "))
            for secret in Self.secrets {
                let hex = Canaries.hex(Array(secret.utf8))
                #expect(!dump.contains(secret) && !dump.contains(hex))
            }
            // The right value stands for all others: what it makes with all that the dump holds is
            // nowhere in the row, so no list of values is told apart by it either.
            let row = try #require(
                try await service.database.rows(
                    """
                    select practice_id, patient_id, external_id, first_name, last_name, email,
                           mobile, general_practitioner, locale, revision,
                           patient::text || (select string_agg(patient_number::text, '')
                                             from patient_number)
                    from patient
                    """
                ).first)
            let stored = try #require(row.last ?? nil)
            let visible =
                [[]]
                + row.dropLast().compactMap(\.self).flatMap { text in
                    [Array(text.utf8), Array(text.uppercased().utf8)]
                        + (UUID(uuidString: text).map { [$0.bytes] } ?? [])
                }
            for secret in Self.secrets.map({ Array($0.utf8) }) {
                for one in visible {
                    for other in visible {
                        let messages = [
                            one + secret + other, one + other + secret, secret + one + other,
                            FieldSequence.encode([one, other, secret]),
                            FieldSequence.encode([one, secret]),
                        ]
                        for message in messages {
                            #expect(!stored.contains(Canaries.hex(SHA256.hash(message))))
                            #expect(
                                !stored.contains(Canaries.hex(SecretTests.hmac(message, key: one))))
                        }
                    }
                }
            }
            // With the key it is one look: the test would see it.
            let number = try NationalNumber(
                typed: "999900018", country: .netherlands, synthetic: false)
            let index = number.indexes(practice: service.practice, keys: service.service.keys)
            #expect(stored.contains(Canaries.hex(index[0])))
        }
    }

    @Test func `equal values look different in every entry, and a number in every practice`()
        async throws
    {
        try await TestService.run { service in
            try await service.allowNumberLogin()
            for (id, number) in zip(["P-1", "P-2"], PatientSample.numbers) {
                let answer = try await service.putPatient(
                    id,
                    PatientSample.with([
                        "date_of_birth": "1987-05-03", "postcode": "0150",
                        "national_number": .string(number),
                    ]), key: service.foreignKey)
                #expect(answer.status == 201)
            }
            let same = try await service.database.value(
                """
                select count(*)
                from patient as one
                join patient as other on one.patient_id < other.patient_id
                where one.date_of_birth = other.date_of_birth
                   or one.postcode = other.postcode
                   or one.content_mac = other.content_mac
                """)
            #expect(same == "0")
            let number = try NationalNumber(
                typed: PatientSample.numbers[0], country: .norway, synthetic: true)
            let keys = service.service.keys
            #expect(
                number.indexes(practice: service.practice, keys: keys)
                    != number.indexes(practice: UUID(), keys: keys))
        }
    }

    @Test func `a sealed value opens in its own column of its own entry alone`() async throws {
        try await TestService.run { service in
            for id in ["P-1", "P-2"] {
                _ = try await service.putPatient(id, PatientSample.emma)
            }
            for theft in [
                """
                update patient set postcode = (
                    select postcode from patient where external_id = 'P-2')
                where external_id = 'P-1'
                """,
                "update patient set date_of_birth = postcode where external_id = 'P-2'",
            ] {
                try await service.database.execute(theft)
            }
            for id in ["P-1", "P-2"] {
                let answer = try await service.patient(id)
                #expect(answer.status == 500 && answer.problem == "internal-error")
            }
            // Its own system can mend it.
            #expect(try await service.putPatient("P-1", PatientSample.nobody).status == 200)
            #expect(try await service.patient("P-1").status == 200)
        }
    }

    @Test func `no log line and no audit row tells who somebody is`() async throws {
        try await TestService.run { service in
            try await service.setPolicy(["national_numbers": true])
            let emma = PatientSample.with(
                ["national_number": "999900018"], of: PatientSample.emma)
            _ = try await service.putPatient("P-canary", emma)
            _ = try await service.putPatient("P-other", emma)
            _ = try await service.patient("999900018")
            _ = try await service.importPatients([
                PatientSample.line("P-canary", ["national_number": "999900018"])
            ])
            let values = Self.secrets + ["Jansen", "emma.jansen", "31612345678", "P-canary"]
            let audit = try await service.database.rows("select audit::text from audit")
            #expect(audit.count >= 4)
            for text in audit.compactMap({ $0[0] }) + service.log.lines {
                for value in values { #expect(!text.contains(value), "\(value)") }
            }
        }
    }
}
