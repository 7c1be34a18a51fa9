import Cryptography
import Foundation
import Testing

@testable import Auth

/// The README's own verifier, run as it stands there (Z-6).
@Suite struct ReadmeVerifierTests {
    @Test func `it believes a token that is in force for its practice, and no other`() async throws
    {
        let readme = try SourceTree.text(of: "README.md")
        let section = try #require(readme.components(separatedBy: "\n## Verify a token\n").last)
        let example = try #require(
            section.components(separatedBy: "```python\n").dropFirst().first?
                .components(separatedBy: "```").first)
        let folder = try Program.makeFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let script = folder.appending(path: "verify.py")
        try Data(example.utf8).write(to: script)

        try await TestService.run { service in
            let text = try await service.tokens(of: service.person()).access
            let token = try SignedToken(text)
            let audience = try #require(token.claims["aud"].string)
            func isBelieved(
                _ token: String, issuer: String = "http://127.0.0.1", practice: String? = nil
            ) async throws -> Bool {
                let outcome = try await Program.run(
                    try PeerProcess.python(),
                    [
                        script.path, "http://127.0.0.1:\(service.client.port)", issuer,
                        audience, practice ?? service.practice.text,
                    ], input: token)
                #expect(outcome.errors.isEmpty, "\(outcome)")
                return outcome.status == 0
            }
            /// Signed by the service's own key, with a claim that is another one.
            func signed(_ claim: String, _ value: JSON) async throws -> String {
                var claims = token.claims.members
                claims[claim] = value
                let changed = try JSONDecoder().decode(
                    AccessToken.self, from: Data(JSON.object(claims).bytes))
                return try await service.service.tokens.signing.sign(changed)
            }
            #expect(try await isBelieved(text))
            #expect(try await isBelieved(signed("acr", "2")))
            let others: [(String, JSON)] = [
                ("exp", 1_700_000_000), ("aud", "another-practice"), ("practice", "another"),
                ("iss", "https://elsewhere.example"), ("scope", "create_super_pin"),
            ]
            for (claim, value) in others {
                #expect(try await !isBelieved(signed(claim, value)), "\(claim)")
            }
            #expect(try await !isBelieved(text, issuer: "https://elsewhere.example"))
            #expect(try await !isBelieved(text, practice: UUID().text))

            var header = token.header.members
            header["alg"] = "none"
            let unsigned =
                Base64URL.encode(JSON.object(header).bytes) + "."
                + Base64URL.encode(token.claims.bytes) + "."
            #expect(try await !isBelieved(unsigned))
            #expect(try await !isBelieved(unsigned + Base64URL.encode(token.signature)))
            var claims = token.claims.members
            claims["patients"] = ["another"]
            let altered =
                Base64URL.encode(token.header.bytes) + "."
                + Base64URL.encode(JSON.object(claims).bytes) + "."
                + Base64URL.encode(token.signature)
            #expect(try await !isBelieved(altered))
            #expect(try await !isBelieved("not-a-token"))
        }
    }
}
