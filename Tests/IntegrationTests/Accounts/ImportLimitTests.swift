import Foundation
import Testing

@testable import Auth

/// How much one import may bring, and what happens when several come at once.
@Suite(.serialized) struct ImportLimitTests {
    private static var two: TestService.Settings {
        var settings = TestService.Settings()
        settings.instances = 2
        return settings
    }

    @Test func `ten thousand lines are taken and the rest left for another call`() async throws {
        try await TestService.run { service in
            let full = try await service.importText(String(repeating: "{}\n", count: 10_000))
            #expect(full.status == 200)
            let report = try full.json()
            #expect(report["refused"].int == 10_000)
            #expect(report["results"][9_999]["line"].int == 10_000)
            let over = try await service.importText(String(repeating: "{}\n", count: 10_003))
            #expect(over.status == 200)
            let results = try over.json()["results"]
            #expect(results[9_999]["status"] == "refused")
            #expect(results[10_000]["line"].int == 10_001)
            #expect(results[10_000]["status"] == "not_processed")
            #expect(results[10_001] == .absent)
        }
    }

    @Test func `eight mebibytes are taken and one byte more is not read`() async throws {
        try await TestService.run { service in
            let line = #"{"x":""# + String(repeating: "a", count: 16_375) + "\"}\n"
            let full = try await service.importText(String(repeating: line, count: 512))
            #expect(full.status == 200)
            #expect(try full.json()["refused"].int == 512)
            // The head alone is enough to be refused.
            try await RawConnection.open(port: service.client.port) { raw in
                try await raw.write(
                    "POST /v1/accounts/import HTTP/1.1\r\nHost: localhost\r\n"
                        + "X-API-Key: \(service.key)\r\nContent-Type: application/x-ndjson\r\n"
                        + "Content-Length: \(512 * line.utf8.count + 1)\r\n\r\n")
                let read = try await raw.answer(recordedAs: ("POST", "/v1/accounts/import"))
                let answer = try #require(read)
                #expect(answer.status == 413)
                #expect(answer.problem == "body-too-large")
                #expect(await raw.isClosedByServer())
            }
        }
    }

    @Test func `of ten equal lines at the same time one comes in`() async throws {
        try await TestService.run(Self.two) { service in
            for changes in [["email": .absent, "email_confirmed": false], [:]] as [[String: JSON]] {
                let line = String(
                    decoding: JSON.object(try AccountLine.with(changes)).bytes, as: UTF8.self)
                let reports = try await parallel(10) { number in
                    try await service.importText(line, instance: number % 2).json()
                }
                #expect(reports.count { $0["imported"].int == 1 } == 1)
                let refused = reports.filter { $0["refused"].int == 1 }
                #expect(refused.count == 9)
                #expect(refused.allSatisfy { $0["results"][0]["field"] == "username" })
            }
        }
    }

    @Test func `of ten nameless accounts with one address at the same time one comes in`()
        async throws
    {
        try await TestService.run(Self.two) { service in
            let line = String(
                decoding: JSON.object(try AccountLine.with(["username": .absent])).bytes,
                as: UTF8.self)
            let reports = try await parallel(10) { number in
                try await service.importText(line, instance: number % 2).json()
            }
            #expect(reports.count { $0["imported"].int == 1 } == 1)
        }
    }

    @Test func `of ten accounts for one patient at the same time one comes in`() async throws {
        try await TestService.run(Self.two) { service in
            let lines = try (0..<10).map { _ in
                let line = try AccountLine.with(["external_id": "P-1"])
                return String(decoding: JSON.object(line).bytes, as: UTF8.self)
            }
            let reports = try await parallel(10) { number in
                try await service.importText(lines[number], instance: number % 2).json()
            }
            #expect(reports.count { $0["imported"].int == 1 } == 1)
            let refused = reports.filter { $0["refused"].int == 1 }
            #expect(refused.allSatisfy { $0["results"][0]["field"] == "external_id" })
            #expect(try await service.database.count("account", where: "true") == 1)
        }
    }

    @Test func `what the hashing threads have no room for is not processed and comes in later`()
        async throws
    {
        var settings = TestService.Settings()
        settings.hashThreads = 1
        try await TestService.run(settings) { service in
            let lines = try (0..<150).map { _ in
                let line = try AccountLine.with([
                    "password_hash": .absent, "password": .string(AccountLine.password),
                ])
                return String(decoding: JSON.object(line).bytes, as: UTF8.self)
            }
            let results = try await parallel(lines.count) { number in
                let answer = try await service.importText(lines[number])
                #expect(answer.status == 200)
                return (number, try answer.json()["results"][0]["status"])
            }
            let left = results.filter { $0.1 == "not_processed" }
            #expect(results.count { $0.1 == "imported" } == lines.count - left.count)
            #expect(!left.isEmpty)
            let first = try #require(left.first)
            let again = try await service.importText(lines[first.0]).json()
            #expect(again["imported"].int == 1)
        }
    }
}
