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
                mac: try Sample.ring().macKey(.idempotency))
        }
    }

    @Test func `the same request has the same fingerprint`() throws {
        let (one, two) = (try Request().sealed(), try Request().sealed())
        #expect(one.hash == two.hash)
        #expect(one.fingerprint == two.fingerprint)
        #expect(one.hash != one.fingerprint)
    }

    @Test func `client, method, path and body each make another request`() throws {
        let first = try Request().sealed()
        let others = [
            Request(client: UUID()), Request(method: "PUT"), Request(path: "/v1/logins/"),
            Request(body: Array(#"{"identifier": "jansen"}"#.utf8)), Request(body: []),
        ]
        for other in try others.map({ try $0.sealed() }) {
            #expect(other.fingerprint != first.fingerprint)
            #expect(other.hash == first.hash)
        }
    }

    @Test func `another key is another entry`() throws {
        #expect(try Request(key: "key-2").sealed().hash != Request().sealed().hash)
    }

    @Test func `fields can't run into one another`() throws {
        let one = try Request(path: "/v1/logins", body: Array("x".utf8)).sealed()
        let two = try Request(path: "/v1/login", body: Array("sx".utf8)).sealed()
        #expect(one.fingerprint != two.fingerprint)
    }

    @Test func `neither is a plain hash of what was sent`() throws {
        let request = Request()
        let sealed = try request.sealed()
        #expect(sealed.hash != SHA256.hash(Array(request.key.utf8)))
        #expect(sealed.fingerprint != SHA256.hash(request.body))
        let elsewhere = IdempotencyKey(
            request.key, client: request.client, method: request.method, path: request.path,
            body: request.body, mac: try Sample.rotatedRing().macKey(.idempotency))
        #expect(elsewhere.fingerprint != sealed.fingerprint)
    }
}
