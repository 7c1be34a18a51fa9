import Cryptography
import Foundation
import Testing

@testable import Auth
@testable import Postgres

/// Secrets stand in the answer that earned them and nowhere else (Z-8, Z-29, Z-30, P8, C4).
@Suite struct SecretTests {
    @Test func `no log line, metric, audit row, dump or refusal holds a secret`() async throws {
        let channel = ReluctantChannel(refused: CanaryRun.heldAddress)
        var settings = TestService.Settings()
        settings.channel = channel
        try await TestService.run(settings) { service in
            let run = CanaryRun(service: service, mail: channel.taken)
            try await run.all()
            let canaries = run.canaries
            #expect(canaries.counts.secrets > 30)
            #expect(canaries.counts.codes >= 8)

            let lines = service.log.lines
            #expect(lines.contains { $0.contains("/v1/logins/{id}/verify") })
            #expect(lines.contains { $0.contains("fault") })
            for line in lines { #expect(canaries.found(in: line, alsoPersonal: true) == []) }

            let metrics = try await service.internalInstances[0].send("GET", "/metrics").text
            #expect(metrics.contains("auth_codes_total"))
            #expect(canaries.found(in: metrics, alsoPersonal: true) == [])

            let audit = try await service.database.execute("select audit::text from audit")
            #expect(audit.count > 20)
            for row in audit {
                #expect(
                    canaries.found(in: row.first.flatMap(\.self) ?? "", alsoPersonal: true) == [])
            }

            #expect(canaries.problems.count > 40)
            for problem in canaries.problems {
                #expect(canaries.found(in: problem, alsoPersonal: true) == [])
            }

            let queued = try await service.database.count("message", where: "body is not null")
            #expect(queued == 1)
            let dump = try await Self.dump(service.database)
            #expect(dump.contains("COPY public.code "))
            #expect(canaries.found(in: dump, alsoPersonal: false) == [])
            #expect(!dump.contains("$argon2id$"))

            let server = try String(contentsOf: service.database.cluster.log, encoding: .utf8)
            #expect(canaries.found(in: server, alsoPersonal: false) == [])
        }
    }

    @Test func `what is searched for would be found`() {
        let canaries = Canaries()
        canaries.add("password", "Zomer-aan-Zee-42!")
        canaries.add(code: "012345")
        for text in [
            "Zomer-aan-Zee-42!", #"{"password":"Zomer-aan-Zee-42!"}"#,
            "\\x" + Canaries.hex(Array("Zomer-aan-Zee-42!".utf8)),
            "par \(Data("Zomer-aan-Zee-42!".utf8).base64EncodedString())",
        ] {
            #expect(canaries.found(in: text, alsoPersonal: false) == ["password"])
        }
        for text in [
            "012345", #""code":"012345""#, "\t012345\t", "code=012345,", "012345\n",
            "2026-09-01 11:50:00.012345 012345", "\\x303132333435",
        ] {
            #expect(canaries.found(in: text, alsoPersonal: false) == ["code"], "\(text)")
        }
        for text in ["2026-09-01 11:50:00.012345+00", "\\xa012345b", "1012345", "0123456"] {
            #expect(canaries.found(in: text, alsoPersonal: false) == [], "\(text)")
        }
    }

    /// Without the key outside the database a stolen table does not tell a right guess.
    @Test func `a stored code is no hash of what the table shows`() async throws {
        try await TestService.run { service in
            let person = try await service.person()
            let login = try await service.begin(person)
            let row = try #require(
                try await service.database.execute(
                    """
                    select encode(code_hash, 'hex'), practice_id, code_id, subject_id, flow_id,
                           client_id, factor_id, reference
                    from code
                    """
                ).first)
            let stored = try #require(row[0])
            let fields = row.dropFirst().compactMap(\.self)
            var visible: [[UInt8]] = [[]]
            for field in fields {
                visible += [Array(field.utf8), Array(field.uppercased().utf8)]
                if let id = UUID(uuidString: field) { visible.append(id.bytes) }
            }
            let code = Array(login.code.utf8)
            // The right code stands for all million: if it does not match, no other one does.
            for first in visible {
                for second in visible {
                    for separator in [[], Array(":".utf8), Array("|".utf8)] {
                        let messages = [
                            first + separator + second + separator + code,
                            first + separator + code + separator + second,
                            code + separator + first + separator + second,
                        ]
                        for message in messages {
                            #expect(Canaries.hex(SHA256.hash(message)) != stored)
                        }
                    }
                    for key in [first, second] {
                        let message = FieldSequence.encode([second, code])
                        #expect(Canaries.hex(Self.hmac(message, key: key)) != stored)
                        #expect(Canaries.hex(Self.hmac(second + code, key: key)) != stored)
                    }
                }
            }
            // With the key it is one look: the test would see it.
            let id = try #require(UUID(uuidString: login.id))
            let made = try Code(parsing: login.code)
                .hash(flow: id, key: service.service.keys.macKey(.code))
            #expect(Canaries.hex(made) == stored)
        }
    }

    /// HMAC-SHA-256 (RFC 2104) by its definition.
    static func hmac(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        let key = key.count > 64 ? SHA256.hash(key) : key
        let padded = key + [UInt8](repeating: 0, count: 64 - key.count)
        let inner = SHA256.hash(padded.map { $0 ^ 0x36 } + message)
        return SHA256.hash(padded.map { $0 ^ 0x5C } + inner)
    }

    static func dump(_ database: TestDatabase) async throws -> String {
        let url = database.ownerURL
        return try await Blocking.run("test") {
            let process = try LocalCluster.Programs().process("pg_dump", ["--dbname", url])
            let output = Pipe()
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
            let data = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            return String(decoding: data, as: UTF8.self)
        }
    }
}
