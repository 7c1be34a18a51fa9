import Cryptography
import Foundation
import Testing

@testable import Auth

/// Everything a caller can do with a secret, right and wrong, each secret noted down.
struct CanaryRun: Sendable {
    let service: TestService
    let mail: RecordingChannel
    let canaries = Canaries()
    static let heldAddress = "held-canary@example.nl"
    static let address = "203.0.113.77"

    func all() async throws {
        addKeys()
        try await makeKeys()
        try await choosePassword()
        let person = try await importPeople()
        try await signIn(person)
        try await useTokens(person)
        try await mistakes(person)
        try await attack()
        try await faults(person)
        try await hold()
        try await makeSuperPINs()
        try await useFactors()
    }

    private func addKeys() {
        let keys = [
            "key": service.key, "second key": service.secondKey, "foreign": service.foreignKey,
        ]
        for (name, key) in keys {
            canaries.add("api key (\(name))", key)
            canaries.add("api key's secret part (\(name))", String(key.dropFirst(17).prefix(43)))
        }
        for part in TestKeys.ring.split(separator: "\"") where part.utf8.count >= 40 {
            canaries.add("ring", String(part))
            let bytes = Data(base64Encoded: String(part)).map(Array.init) ?? []
            canaries.add("ring in hexadecimal", Canaries.hex(bytes))
        }
        for line in ((try? TestKeys.signingKey()) ?? "").split(separator: "\n")
        where !line.hasPrefix("-") {
            canaries.add("signing key", String(line))
        }
    }

    /// A key that is asked for twice and then revoked.
    private func makeKeys() async throws {
        let body: JSON = ["client": "canary", "scopes": ["logins"]]
        let made = try await service.create(body, idempotencyKey: "canary-made-key")
        let again = try await service.create(body, idempotencyKey: "canary-made-key")
        try #require(made.status == 201 && again.body == made.body)
        let key = try #require(try made.json()["key"].string)
        canaries.add("made key", key)
        canaries.add("made key's secret part", String(key.dropFirst(17).prefix(43)))
        let id = try made.json()["id"].string ?? ""
        try #require(try await service.send("DELETE", "/v1/api-keys/\(id)").status == 204)
        try await refused(service.send("GET", "/v1/api-keys", key: key))
    }

    /// A password that is measured, and never set.
    private func choosePassword() async throws {
        let password = "Canary-\(UUID().text)!"
        canaries.add("measured password", password)
        canaries.add("surname beside it", "Canarymeasured")
        let answer = try await service.send(
            "POST", "/v1/password-strength",
            json: ["password": .string(password), "last_name": "Canarymeasured"])
        try #require(answer.status == 200)
        try await refused(
            service.send(
                "POST", "/v1/password-strength",
                json: ["password": .string(password), "surplus": true]))
    }

    /// Two people: one comes with a hash, the other with a password.
    private func importPeople() async throws -> Person {
        let password = "Canary-\(UUID().text)!"
        let hash = try Argon2id.hash(Secret(Array(password.utf8)))
        canaries.add("password", password)
        canaries.add("hash", hash)
        canaries.add("tag of the hash", String(hash.suffix(43)))
        let hashed = AccountLine.name()
        let first = try await service.importLine(
            AccountLine.with(
                [
                    "password_hash": .string(hash), "first_name": "Canaryella",
                    "external_id": .string("canary-\(hashed)"),
                ], name: hashed))
        #expect(first["status"] == "imported")
        let plain = "Canary-\(UUID().text)!"
        canaries.add("imported password", plain)
        for name in [AccountLine.name(), hashed] {
            let line = try AccountLine.with(
                ["password_hash": .absent, "password": .string(plain)], name: name)
            _ = try await service.importLine(line)
        }
        for (name, text) in [
            ("username", hashed), ("address", "\(hashed)@example.nl"), ("name", "Canaryella"),
            ("patient's number", "canary-\(hashed)"), ("network", Self.address),
        ] {
            canaries.add(personal: name, text)
        }
        return Person(
            identifier: "\(hashed)@example.nl", email: "\(hashed)@example.nl", username: hashed,
            password: password)
    }

    private func signIn(_ person: Person) async throws {
        let wrong = "Canary-\(UUID().text)!"
        canaries.add("wrong password", wrong)
        try await refused(service.login(person, password: wrong, ip: Self.address))
        var nobody = person
        nobody.identifier = "nobody-canary@example.nl"
        canaries.add(personal: "unknown identifier", nobody.identifier)
        try await refused(service.login(nobody, ip: Self.address))

        let started = try await service.login(
            person, ip: Self.address, idempotencyKey: "canary-idempotency-key")
        try #require(started.status == 201)
        canaries.add("idempotency key", "canary-idempotency-key")
        let id = try #require(try started.json()["id"].string)
        let first = try await mail.message(1, to: person.email).code
        try await service.travel(31)
        let resent = try await service.send("POST", "/v1/logins/\(id)/codes")
        try #require(resent.status == 201)
        let second = try await mail.message(2, to: person.email).code
        for code in [first, second] { canaries.add(code: code) }
        for offset in 1...3 {
            let guess = TestService.wrong(second, offset)
            canaries.add(code: guess)
            try await refused(service.verify(id, guess, ip: Self.address))
        }
        try await refused(service.verify(id, first, ip: Self.address))
        try await refused(service.verify(id, "Code: \(second)\(second)"))
        let done = try await service.verify(
            id, second, ip: Self.address, idempotencyKey: "canary-verify-key")
        try #require(done.status == 200)
        add(try TestService.TokenPair(try done.json()["tokens"]))
        try await refused(service.verify(id, second))
    }

    private func useTokens(_ person: Person) async throws {
        let started = try await service.login(person, ip: Self.address)
        let id = try #require(try started.json()["id"].string)
        let code = try await mail.message(3, to: person.email).code
        canaries.add(code: code)
        let done = try await service.verify(id, code, ip: Self.address)
        let pair = try TestService.TokenPair(try done.json()["tokens"])
        let next = try TestService.TokenPair(try await service.refresh(pair.refresh).json())
        for tokens in [pair, next] { add(tokens) }
        #expect(try await service.isActive(next.access))
        #expect(try await service.isActive(next.refresh))
        try await refused(service.refresh(next.refresh, key: service.secondKey))
        try await refused(service.refresh(next.refresh + "x"))
        #expect(try await service.revoke(next.access).status == 200)
        try await refused(service.refresh(next.refresh))
    }

    func add(_ pair: TestService.TokenPair) {
        canaries.add("access token", pair.access)
        canaries.add("refresh token", pair.refresh)
        for part in pair.access.split(separator: ".").dropFirst() {
            canaries.add("part of an access token", String(part))
        }
        let secret = Base64URL.decode(pair.refresh.dropFirst(4))?[16..<48] ?? []
        canaries.add("secret of a refresh token", Canaries.hex(secret))
    }

    func refused(_ answer: HTTPAnswer) async throws {
        #expect(answer.status >= 400, "\(answer.status)")
        canaries.add(problem: answer)
    }
}

// MARK: - What goes wrong

extension CanaryRun {
    /// Secrets where nobody expects one.
    private func mistakes(_ person: Person) async throws {
        let (password, key) = (person.password, service.key)
        let token = "par_" + Base64URL.encode(SecureRandom.bytes(64))
        canaries.add("made-up token", token)
        let bodies = [
            #"{"identifier":"x","password":"\#(password)""#,
            #"{"identifier":"x","password":"\#(password)","password":"\#(password)"}"#,
            #"{"identifier":"x","password":["\#(password)"]}"#,
            #"{"identifier":"x","password":"\#(password)","code":"\#(token)"}"#,
            #"{"identifier":"x","password":"\#(password)","refresh_token":"\#(token)"}"#,
            #"{"identifier":"x","password":"\#(password)","api_key":"\#(key)"}"#,
            #"["\#(password)","\#(key)"]"#,
            password,
        ]
        for body in bodies {
            for path in ["/v1/logins", "/v1/tokens/refresh", "/v1/tokens/introspect"] {
                let answer = try await service.client.send(
                    "POST", path,
                    headers: [("X-API-Key", key), ("Content-Type", "application/json")],
                    body: Array(body.utf8))
                try await refused(answer)
            }
            let report = try await service.importText(body).json()
            #expect(report["refused"].int == 1)
            canaries.add(problem: try await service.importText(body))
        }
        for path in [
            "/v1/logins/\(token)", "/v1/\(token)", "/v1/logins?password=\(token)",
            "/.well-known/jwks.json/\(token)",
        ] {
            try await refused(service.send("GET", path, headers: [("Authorization", token)]))
        }
        try await refused(service.send("GET", "/v1/logins/\(UUID())", key: key + "0"))
        try await refused(service.send("GET", "/v1/logins/\(UUID())", ip: token))
        try await refused(
            service.send("POST", "/v1/logins", idempotencyKey: "\(password) \(token)"))
    }

    /// The database refuses a row: its own words would hold the whole row.
    private func faults(_ person: Person) async throws {
        let started = try await service.login(person, ip: Self.address)
        let id = try #require(try started.json()["id"].string)
        let code = try await mail.message(4, to: person.email).code
        canaries.add(code: code)
        try await service.database.execute(
            "alter table session add constraint canary check (jsonb_array_length(proofs) = 0) not valid"
        )
        let answer = try await service.verify(id, code, ip: Self.address)
        #expect(answer.status == 500)
        try await refused(answer)
        try await service.database.execute("alter table session drop constraint canary")
        #expect(try await service.verify(id, code, ip: Self.address).status == 200)
    }

    /// Strangers close an account, whose owner's pass is tried wrong, right and again; and those who
    /// answer for the practice hear of a new key.
    private func attack() async throws {
        let admin = "admin-canary@example.nl"
        canaries.add(personal: "admin contact", admin)
        let named = try await service.send(
            "PUT", "/v1/practice", json: ["admin_contacts": [.string(admin)]])
        #expect(named.status == 200)
        let made = try await service.create(["client": "canary-2", "scopes": ["logins"]])
        canaries.add("told key", try #require(try made.json()["key"].string))
        let told = try await mail.message(2, to: admin)
        #expect(canaries.found(in: told.text + (told.html ?? ""), alsoPersonal: false) == [])

        let person = try await service.person()
        canaries.add("attacked password", person.password)
        try await service.close(person)
        try await refused(service.login(person, ip: "10.66.0.1"))
        let pass = SignInPass.text(in: try await mail.message(1, to: person.email).text)
        try #require(!pass.isEmpty)
        canaries.add("pass", pass)
        canaries.add("made-up pass", "made-up-pass-canary")
        try await refused(
            service.login(person, password: "x-\(pass)", ip: "10.66.0.2", pass: pass))
        try await refused(service.login(person, ip: "10.66.0.3", pass: "made-up-pass-canary"))
        #expect(try await service.login(person, ip: "10.66.0.4", pass: pass).status == 201)
        canaries.add(code: try await mail.message(2, to: person.email).code)
        try await service.close(person)
        try await refused(service.login(person, ip: "10.66.0.5", pass: pass))
    }

    /// A message that could not be handed over lies in the outbox while the database is read.
    private func hold() async throws {
        let name = AccountLine.name()
        let line = try AccountLine.with(["email": .string(Self.heldAddress)], name: name)
        #expect(try await service.importLine(line)["status"] == "imported")
        let started = try await service.login(
            AccountLine.person(name, name: name), ip: Self.address)
        #expect(started.status == 201)
        canaries.add(code: try await mail.message(1, to: Self.heldAddress).code)
        canaries.add(personal: "held address", Self.heldAddress)
    }
}

// MARK: - On paper

extension CanaryRun {
    /// A super-PIN that is made, asked for again, and takes the place of another.
    private func makeSuperPINs() async throws {
        _ = try await service.putPatient("canary", PatientSample.nobody)
        for key in ["canary-letter-1", "canary-letter-2"] {
            let made = try await service.makeSuperPIN("canary", idempotencyKey: key)
            let again = try await service.makeSuperPIN("canary", idempotencyKey: key)
            try #require(made.status == 201 && again.body == made.body)
            let pin = try #require(try made.json()["super_pin"].string)
            canaries.add("super-PIN", pin)
            canaries.add("super-PIN without hyphens", pin.replacing("-", with: ""))
            canaries.add("half a super-PIN", String(pin.prefix(9)))
        }
        try await refused(service.makeSuperPIN("canary", idempotencyKey: "canary-letter-1"))
    }
}
