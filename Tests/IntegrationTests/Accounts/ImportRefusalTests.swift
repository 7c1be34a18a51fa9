import Cryptography
import Foundation
import Testing

@testable import Auth

/// Why a line of an import is refused, by line, reason and field (Z-28).
@Suite struct ImportRefusalTests {
    @Test func `every kind of bad line is named, and the good ones between come in`() async throws {
        try await TestService.run { service in
            let bad: [(String, String, String?)] = [
                ("{", "line-malformed", nil),
                ("[]", "line-malformed", nil),
                ("\"text\"", "line-malformed", nil),
                (#"{"username":"a12","username":"b12"}"#, "line-malformed", nil),
                (try Self.text(["first_name": .absent]), "required", "first_name"),
                (try Self.text(["last_name": .null]), "required", "last_name"),
                (try Self.text(["locale": "fr"]), "not-allowed", "locale"),
                (try Self.text(["username": "12345"]), "wrong-format", "username"),
                (try Self.text(["email": "nowhere"]), "wrong-format", "email"),
                (try Self.text(["email_confirmed": "yes"]), "wrong-type", "email_confirmed"),
                (try Self.text(["password_change": "yes"]), "wrong-type", "password_change"),
                (try Self.text(["role": "admin"]), "unknown", "role"),
                (try Self.text(["password_hash": .absent]), "required", "password"),
                (try Self.text(["password": "Zomer-42!"]), "not-allowed", "password_hash"),
                (
                    try Self.text(["password_hash": .absent, "password": "short"]), "too-short",
                    "password"
                ),
                (try Self.text(["username": .absent, "email": .absent]), "required", "username"),
                (
                    try Self.text(["username": .absent, "email_confirmed": false]), "required",
                    "username"
                ),
            ]
            var lines: [String] = []
            for (text, _, _) in bad { lines += [text, try Self.text([:])] }
            let answer = try await service.importText(lines.joined(separator: "\n"))
            #expect(answer.status == 200)
            let report = try answer.json()
            #expect(report["imported"].int == bad.count)
            #expect(report["refused"].int == bad.count)
            #expect(report["results"].array.count == 2 * bad.count)
            for (index, (text, reason, field)) in bad.enumerated() {
                let result = report["results"][2 * index]
                #expect(result["line"].int == 2 * index + 1)
                #expect(result["status"] == "refused", "\(text)")
                #expect(result["reason"].string == reason, "\(text)")
                #expect(result["field"].string == field, "\(text)")
                #expect(report["results"][2 * index + 1]["status"] == "imported")
            }
            #expect(try await service.database.count("account", where: "true") == bad.count)
        }
    }

    @Test(
        arguments: [
            ("$argon2id$v=19$m=7168,t=5,p=1$", nil),
            ("$argon2id$v=19$m=77824,t=2,p=1$", nil),
            ("$argon2id$v=19$m=19456,t=8,p=1$", nil),
            ("$argon2id$v=19$m=7167,t=6,p=1$", "hash-too-cheap"),
            ("$argon2id$v=19$m=7168,t=4,p=1$", "hash-too-cheap"),
            ("$argon2id$v=19$m=77825,t=1,p=1$", "hash-too-dear"),
            ("$argon2id$v=19$m=19456,t=9,p=1$", "hash-too-dear"),
            ("$argon2id$v=19$m=19456,t=2,p=4$", nil),
            ("$argon2id$v=19$m=19456,t=2,p=17$", "hash-unsupported"),
            ("$argon2id$v=16$m=19456,t=2,p=1$", "hash-unsupported"),
            ("$argon2i$v=19$m=19456,t=2,p=1$", "hash-too-cheap"),
            ("$argon2d$v=19$m=19456,t=2,p=1$", "hash-unsupported"),
            ("$pbkdf2-sha256$i=600000,l=32$", "hash-too-dear"),
            ("$pbkdf2-sha256$i=10000,l=32$", "hash-too-cheap"),
            ("$scrypt$ln=15,r=8,p=1$", "hash-too-dear"),
            ("$2b$12$", "hash-malformed"),
            ("$1$", "hash-unsupported"),
            ("argon2id ", "hash-malformed"),
            ("5f4dcc3b5aa765d61d8327deb882cf99", "hash-malformed"),
        ] as [(String, String?)])
    func `a hash's scheme and cost are bounded from both sides`(
        beginning: String, reason: String?
    ) async throws {
        try await TestService.run { service in
            let salt = "c29tZXNhbHRzb21lc2FsdA"
            let tag = "b7sJ0Jm3uJ1o0n9sW1m6b8Wm6dXk0m6J3J5m8q1Z2xE"
            let line = try AccountLine.with([
                "password_hash": .string("\(beginning)\(salt)$\(tag)")
            ])
            let result = try await service.importLine(line)
            #expect(result["status"].string == (reason == nil ? "imported" : "refused"))
            #expect(result["reason"].string == reason)
            #expect(result["field"].string == (reason == nil ? nil : "password_hash"))
        }
    }

    @Test func `a hash with another accepted cost signs in`() async throws {
        try await TestService.run { service in
            for parameters in [
                Argon2id.Parameters(memory: 7168, passes: 5),
                Argon2id.Parameters(memory: 46_080, passes: 1),
            ] {
                let name = AccountLine.name()
                let hash = try Argon2id.hash(
                    Secret(Array(AccountLine.password.utf8)), parameters: parameters)
                let result = try await service.importLine(
                    AccountLine.with(["password_hash": .string(hash)], name: name))
                #expect(result["status"] == "imported")
                _ = try await service.signIn(AccountLine.person(name, name: name))
            }
        }
    }

    @Test func `empty lines count, line ends of either kind do, and the last needs none`()
        async throws
    {
        try await TestService.run { service in
            let good = try [Self.text([:]), Self.text([:]), Self.text([:])]
            let text = "\n\r\n" + good[0] + "\r\n\n" + good[1] + "\n" + good[2]
            let report = try await service.importText(text).json()
            #expect(report["results"].array.map { $0["line"].int } == [3, 5, 6])
            #expect(report["imported"].int == 3)
            let nothing = try await service.importText("\n\n").json()
            #expect(nothing == ["imported": 0, "refused": 0, "results": []])
        }
    }

    @Test func `a name that comes twice in a file is taken the second time`() async throws {
        try await TestService.run { service in
            let line = try Self.text([:])
            let report = try await service.importText("\(line)\n\(line)\n").json()
            #expect(report["results"][0]["status"] == "imported")
            #expect(report["results"][1]["reason"] == "taken")
            #expect(report["results"][1]["field"] == "username")
        }
    }

    @Test func `a line too long for any account is refused and the next one read`() async throws {
        try await TestService.run { service in
            let long = try Self.text(["first_name": .string(String(repeating: "a", count: 17_000))])
            let report = try await service.importText("\(long)\n\(Self.text([:]))\n").json()
            #expect(report["results"][0]["reason"] == "line-too-long")
            #expect(report["results"][1]["status"] == "imported")
        }
    }

    @Test func `the body is lines of JSON, from a key that may write patients`() async throws {
        try await TestService.run { service in
            let typed = try await service.send(
                "POST", "/v1/accounts/import", json: .object(try AccountLine.with()))
            #expect(typed.problem == "media-type-unsupported")
            let portal = try await service.key(scopes: [.logins, .patientsRead])
            let refused = try await service.importText(Self.text([:]), key: portal)
            #expect(refused.problem == "scope-missing")
            #expect(try await service.database.count("account", where: "true") == 0)
        }
    }

    static func text(_ changes: [String: JSON]) throws -> String {
        String(decoding: JSON.object(try AccountLine.with(changes)).bytes, as: UTF8.self)
    }
}
