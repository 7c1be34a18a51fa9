import Foundation
import Testing

@testable import Auth

/// The one way out, against real HTTPS servers (Z-25).
@Suite(.timeLimit(.minutes(2)))
struct OutboundDoorTests {
    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
    }

    private func peer(_ answers: HTTPSPeer.Answer..., host: String = "localhost") async throws
        -> HTTPSPeer
    {
        try await HTTPSPeer(answers, certificate: try authority.certificate(for: host))
    }

    private func request(
        _ peer: HTTPSPeer, headers: [OutboundRequest.Header] = []
    ) throws -> OutboundRequest {
        let url = try #require(OutboundURL(peer.origin + "/v1/messages"))
        return OutboundRequest(url: url, headers: headers, body: Array("{}".utf8))
    }

    @Test func `an answer comes back whole, with the wait that it asks for`() async throws {
        let peer = try await peer(.init(status: 429, headers: ["Retry-After": "17"], body: "later"))
        let door = OutboundDoor.toPeers([peer.authority], trusting: authority)
        let answer = try await door.send(request(peer, headers: [.init(name: "X-A", value: "b")]))
        #expect(
            answer
                == OutboundAnswer(
                    status: 429, body: Array("later".utf8), retryAfter: .seconds(17)))
        let asked = try #require(await peer.stop().first)
        #expect(asked.method == "POST")
        #expect(asked.path == "/v1/messages")
        #expect(asked.headers["x-a"] == "b")
        #expect(asked.headers["expect"] == nil)
        #expect(asked.body == Data("{}".utf8))
    }

    @Test func `a host that the operator did not name is not even looked up`() async throws {
        let peer = try await peer(.init())
        for hosts in [[], ["localhost"], ["localhost:1"], ["example.nl:\(peer.port)"]] {
            let door = OutboundDoor.toPeers(hosts, trusting: authority)
            await #expect(throws: OutboundFault.hostNotAllowed) {
                try await door.send(request(peer))
            }
        }
        #expect(await peer.stop().isEmpty)
    }

    @Test func `a name that leads to this machine is not connected to`() async throws {
        let peer = try await peer(.init())
        let door = OutboundDoor(.init(hosts: [peer.authority]), threads: 1)
        await #expect(throws: OutboundFault.addressRefused) {
            try await door.send(request(peer))
        }
        #expect(await peer.stop().isEmpty)
    }

    @Test func `a redirect is an answer and is not followed`() async throws {
        let target = try await peer(.init())
        let peer = try await peer(
            .init(status: 302, headers: ["Location": target.origin + "/elsewhere"]))
        let door = OutboundDoor.toPeers([peer.authority, target.authority], trusting: authority)
        #expect(try await door.send(request(peer)).status == 302)
        #expect(await target.stop().isEmpty)
    }

    @Test func `an answer of 64 KiB is read, and one byte more is refused`() async throws {
        let peer = try await peer(
            .init(padding: OutboundDoor.answerLimit), .init(padding: OutboundDoor.answerLimit + 1))
        let door = OutboundDoor.toPeers([peer.authority], trusting: authority)
        let answer = try await door.send(request(peer))
        #expect(answer.body.count == OutboundDoor.answerLimit)
        await #expect(throws: OutboundFault.answerTooLong) {
            try await door.send(request(peer))
        }
    }

    @Test func `headers without end are refused as a body is`() async throws {
        let long = Dictionary(
            uniqueKeysWithValues: (0..<20).map {
                ("X-\($0)", String(repeating: "x", count: 4_000))
            })
        let peer = try await peer(.init(headers: long))
        let door = OutboundDoor.toPeers([peer.authority], trusting: authority)
        await #expect(throws: OutboundFault.answerTooLong) {
            try await door.send(request(peer))
        }
    }

    @Test(arguments: ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\u{0}b", "é"])
    func `a header that would be two is not sent`(value: String) async throws {
        let peer = try await peer(.init())
        let door = OutboundDoor.toPeers([peer.authority], trusting: authority)
        await #expect(throws: OutboundFault.headerMalformed) {
            try await door.send(request(peer, headers: [.init(name: "X-A", value: value)]))
        }
        #expect(await peer.stop().isEmpty)
    }

    @Test
    func `a certificate for another host, a closed port and a broken answer have their names`()
        async throws
    {
        let other = try await peer(.init(), host: "api.example.nl")
        let broken = try await peer(.init(drop: true))
        let closed = try await peer(.init())
        let door = OutboundDoor.toPeers(
            [other.authority, broken.authority, closed.authority], trusting: authority)
        let closedRequest = try request(closed)
        _ = await closed.stop()
        for (request, fault) in [
            (try request(other), OutboundFault.certificateForOtherHost),
            (try request(broken), .connectionLost), (closedRequest, .unreachable),
        ] {
            await #expect(throws: fault) { try await door.send(request) }
        }
        #expect(await other.stop().isEmpty)
    }
}
