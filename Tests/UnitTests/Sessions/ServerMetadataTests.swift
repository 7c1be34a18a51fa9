import Foundation
import Testing

@testable import Auth

@Suite struct ServerMetadataTests {
    @Test(arguments: [
        ("https://auth.example", "https://auth.example"),
        ("http://127.0.0.1:8080/dev", "http://127.0.0.1:8080"),
    ])
    func `endpoints stand beside the issuer, also in development`(
        issuer: String, base: String
    ) throws {
        let answer = try Answer.json(ServerMetadata(issuer: issuer))
        let members = try #require(
            try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
        #expect(members["issuer"] as? String == issuer)
        #expect(members["jwks_uri"] as? String == base + "/.well-known/jwks.json")
        #expect(members["revocation_endpoint"] as? String == base + "/v1/tokens/revoke")
        #expect(members["introspection_endpoint"] as? String == base + "/v1/tokens/introspect")
        #expect(
            members["access_token_signing_alg_values_supported"] as? [String] == ["ES256"])
    }
}
