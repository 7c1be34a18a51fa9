import Cryptography
import Foundation
import Testing

@testable import Auth

/// What tells one request from another under a key (Z-24).
@Suite struct IdempotencyKeyTests {
    private struct Request {
        var key = "key-1"
        var client = Sample.id
        var method = "POST"
        var path = "/v1/logins"
        var body = Array(#"{"identifier":"jansen"}"#.utf8)

        func sealed() throws -> IdempotencyKey {
            IdempotencyKey(
                key, client: client, method: method, path: path, body: body,
                keys: try Sample.ring())
        }
    }

    @Test func `the same request has the same fingerprint`() throws {
        let (one, two) = (try Request().sealed(), try Request().sealed())
        #expect(one.hashes == two.hashes)
        #expect(one.fingerprints == two.fingerprints)
        #expect(one.hashes != one.fingerprints)
    }

    @Test func `client, method, path and body each make another request`() throws {
        let first = try Request().sealed()
        let others = [
            Request(client: UUID()), Request(method: "PUT"), Request(path: "/v1/logins/"),
            Request(body: Array(#"{"identifier": "jansen"}"#.utf8)), Request(body: []),
        ]
        for other in try others.map({ try $0.sealed() }) {
            #expect(other.fingerprints != first.fingerprints)
            #expect(other.hashes == first.hashes)
        }
    }

    @Test func `another key is another entry`() throws {
        #expect(try Request(key: "key-2").sealed().hashes != Request().sealed().hashes)
    }

    @Test func `fields can't run into one another`() throws {
        let one = try Request(path: "/v1/logins", body: Array("x".utf8)).sealed()
        let two = try Request(path: "/v1/login", body: Array("sx".utf8)).sealed()
        #expect(one.fingerprints != two.fingerprints)
    }

    @Test func `neither is a plain hash of what was sent`() throws {
        let request = Request()
        let sealed = try request.sealed()
        #expect(sealed.hashes != [SHA256.hash(Array(request.key.utf8))])
        #expect(sealed.fingerprints != [SHA256.hash(request.body)])
        let elsewhere = IdempotencyKey(
            request.key, client: request.client, method: request.method, path: request.path,
            body: request.body, keys: try Sample.rotatedRing())
        #expect(elsewhere.fingerprints[0] != sealed.fingerprints[0])
        // The ring's older key finds what it wrote.
        #expect(elsewhere.fingerprints[1] == sealed.fingerprints[0])
        #expect(elsewhere.hashes[1] == sealed.hashes[0])
    }
}
