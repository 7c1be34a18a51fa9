import Foundation
import Testing

@testable import Auth

/// An instance whose clock is set a day forward and back while it works: the time of codes and tokens
/// is the database's (A7).
@Suite(.timeLimit(.minutes(3))) struct ClockStepTests {
    private static let day = 86_400

    @Test func `a clock that is a day off, either way, changes nothing`() async throws {
        let clock = try await FalseClock()
        defer { clock.discard() }
        let database = try await TestCluster.shared().cloneDatabase()
        // Its certificate is in force at each of the times.
        try clock.set(.seconds(-2 * Self.day))
        let post = try await PostOffice(authority: TestAuthority(clock: clock))
        try clock.set(.zero)
        var settings = Installation.Settings()
        settings.environment = { $0 == 0 ? clock.environment : [:] }
        try await Installation.run(settings, on: database, post: post) { installation in
            let person = try await person(installation)
            let before = try await signIn(person, installation, at: 1)
            try await Ordeal.run(installation, keptIn: { database }) { ordeal in
                for offset in [Self.day, -Self.day] {
                    try clock.set(.seconds(offset))
                    try await eventually { try await skew(of: installation) > 80_000 }
                    try await ordeal.goesOn()
                    try await ordeal.isReady(true)
                    try await looksRight(installation, person, before)
                }
            }
        }
    }

    private func looksRight(
        _ installation: Installation, _ person: Person, _ before: JSON
    ) async throws {
        // Its tokens are of now, here and at the instance whose clock is right.
        let tokens = try await signIn(person, installation, at: 0)
        let token = try #require(tokens["access_token"].string)
        let issued = try #require(try SignedToken(token).claims["iat"].int)
        #expect(abs(Double(issued) - Date().timeIntervalSince1970) < 60)
        for (number, text) in [(0, before), (1, tokens)] {
            let session = try await installation.send(
                "GET", "/v1/account", at: number,
                headers: [("Authorization", "Bearer \(text["access_token"].string ?? "")")])
            #expect(session.status == 200, "\(session.text)")
        }
        // A wait is as long as it is: a second code within half a minute is too soon.
        let issue: JSON = [
            "channel": "email", "to": .string(person.email), "purpose": "lab-result",
        ]
        let code = try await installation.send("POST", "/v1/codes", at: 1, json: issue)
        let id = try #require(try code.json()["id"].string)
        let again = try await installation.send("POST", "/v1/codes/\(id)/resend", at: 0)
        #expect(again.problem == "resend-too-soon")
        let wait = try #require(again.header("Retry-After").flatMap { Int($0) })
        #expect((1...31).contains(wait))
    }

    /// By how many seconds the first instance's clock is off, as its answers tell.
    private func skew(of installation: Installation) async throws -> Double {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        let told = try await installation.send("GET", "/livez").header("Date")
        return abs(try #require(told.flatMap(format.date)).timeIntervalSinceNow)
    }

    private func person(_ installation: Installation) async throws -> Person {
        let name = "p" + UUID().uuidString.lowercased().prefix(12)
        let address = "\(name)@example.no"
        let person = Person(identifier: address, email: address, username: name)
        let line: JSON = [
            "username": .string(name), "email": .string(address), "email_confirmed": true,
            "first_name": "Kari", "last_name": "Nordmann", "locale": "en",
            "password_hash": .string(try TestKeys.hash(of: person.password)),
        ]
        let answer = try await installation.instances[1].client.send(
            "POST", "/v1/accounts/import",
            headers: [("X-API-Key", installation.key), ("Content-Type", "application/x-ndjson")],
            body: line.bytes)
        try #require(try answer.json()["imported"].int == 1, "\(answer.text)")
        return person
    }

    /// The tokens of a new session.
    private func signIn(
        _ person: Person, _ installation: Installation, at instance: Int
    ) async throws -> JSON {
        let begun = try await installation.send(
            "POST", "/v1/logins", at: instance,
            json: [
                "identifier": .string(person.identifier), "password": .string(person.password),
            ])
        try #require(begun.status == 201, "\(begun.text)")
        let login = try begun.json()
        let found = try await installation.post.code(
            reference: try #require(login["code"]["reference"].string), to: person.email,
            within: .seconds(20))
        let code = try #require(found)
        let done = try await installation.send(
            "POST", "/v1/logins/\(login["id"].string ?? "")/verify", at: instance,
            json: ["code": .string(code)])
        try #require(done.status == 200, "\(done.text)")
        return try done.json()["tokens"]
    }
}
