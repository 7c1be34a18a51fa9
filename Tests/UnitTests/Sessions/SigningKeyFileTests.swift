import Cryptography
import Foundation
import Synchronization
import Testing

@testable import Auth

/// The states of signing keys by the time (T4).
@Suite struct SigningKeyFileTests {
    private static let start = Date(timeIntervalSince1970: 1_800_000_000)
    private let before: SigningKeyFile
    private let old: String

    init() throws {
        before = try SigningKeyFile(parsing: ServiceConfiguration.generateSigningKey())
        old = before.keys[0].id
    }

    private func states(_ file: SigningKeyFile, _ seconds: Double) -> [SigningKeyFile.State] {
        file.keys.map { file.state(of: $0, at: Self.start + seconds) }
    }

    @Test func `a key is next, active, retiring and over, each at its time`() throws {
        var file = before
        let turn = Self.start + 360
        let new = try file.rotate(at: Self.start, from: turn)
        file = try SigningKeyFile(parsing: file.text)
        #expect(file.keys.map(\.id) == [new, old])
        let end = turn + SigningKeyFile.afterlifeSeconds
        #expect(states(file, 0) == [.next(from: turn), .active])
        #expect(states(file, 359) == [.next(from: turn), .active])
        #expect(states(file, 360) == [.active, .retiring(until: end)])
        #expect(states(file, 1019) == [.active, .retiring(until: end)])
        #expect(states(file, 1020) == [.active, .over])
        #expect(throws: SigningKeyFile.Refusal.underWay(id: new, from: turn)) {
            try file.rotate(at: Self.start + 359, from: turn + 600)
        }
        // What is over leaves with the next rotation.
        let third = try file.rotate(at: Self.start + 1020, from: Self.start + 1400)
        #expect(file.keys.map(\.id) == [third, new])
    }

    @Test func `of keys without an instant the first signs and all are published`() throws {
        let other = ServiceConfiguration.generateSigningKey().expose()
        let file = try SigningKeyFile(
            parsing: Secret(other + "\n" + before.text.expose()))
        #expect(states(file, 0) == [.active, .retiring(until: nil)])
        #expect(states(file, 1e9) == [.active, .retiring(until: nil)])
    }

    @Test func `in place of the revoked one that signs, the next one signs at once`() throws {
        var file = before
        let new = try file.rotate(at: Self.start, from: Self.start + 360)
        let done = try file.revoke(String(old.prefix(6)), at: Self.start + 1)
        #expect(done == (old, new))
        file = try SigningKeyFile(parsing: file.text)
        #expect(file.keys.map(\.id) == [new] && file.revoked.map(\.id) == [old])
        #expect(states(file, 1) == [.active])
    }

    @Test func `without a next one a new key signs at once, and no former one comes back`() throws {
        var file = before
        let second = try file.rotate(at: Self.start, from: Self.start)
        let done = try file.revoke(second, at: Self.start + 10)
        #expect(done.revoked == second && done.active != old)
        #expect(file.active(at: Self.start + 10)?.id == done.active)
        // The mark goes when the last token of the key is over.
        _ = try file.rotate(at: Self.start + 2000, from: Self.start + 2400)
        #expect(file.revoked.isEmpty)
    }

    @Test func `a key that was over stays so when the one after it is revoked`() throws {
        var file = before
        let second = try file.rotate(at: Self.start, from: Self.start)
        #expect(states(file, 2000) == [.active, .over])
        let done = try file.revoke(second, at: Self.start + 2000)
        #expect(file.keys.map(\.id) == [done.active])
    }

    @Test func `a former key is revoked by itself`() throws {
        var file = before
        let new = try file.rotate(at: Self.start, from: Self.start)
        #expect(try file.revoke(old, at: Self.start + 5) == (old, new))
        #expect(file.keys.map(\.id) == [new])
        for beginning in ["", "nobody"] {
            #expect(throws: SigningKeyFile.Refusal.keyUnknown) {
                try file.revoke(beginning, at: Self.start)
            }
        }
    }

    @Test func `a key that is revoked and there, and a line that says nothing, are refused`() throws
    {
        let pem = before.text.expose()
        let revoked = "Revoked: \(old) 2026-11-22T21:00:00Z\n"
        #expect(throws: SigningKeyFile.Fault.repeated(place: 1)) {
            try SigningKeyFile(parsing: Secret(pem + revoked))
        }
        for line in ["Active-Form: 2026-11-22T21:00:00Z", "Active-From: tomorrow", "# note"] {
            #expect(throws: SigningKeyFile.Fault.unexpected(line: 1)) {
                try SigningKeyFile(parsing: Secret(line + "\n" + pem))
            }
        }
        #expect(throws: SigningKeyFile.Fault.unreadable(place: 2)) {
            try SigningKeyFile(parsing: Secret(pem + "Active-From: 2026-11-22T21:00:00Z\n"))
        }
    }

    @Test func `what is signed verifies until its key is over or revoked`() async throws {
        let clock = Mutex(Self.start)
        let keys = try await SigningKeys(pem: before.text, now: { clock.withLock { $0 } })
        let session = try Sample.session(
            authenticatedAt: Self.start, expiresAt: Self.start + 86_400)
        func signed() async throws -> String {
            try await keys.sign(
                AccessToken(
                    session: session, practice: Sample.practice(), client: Sample.id, issuer: "i",
                    id: UUID(), now: clock.withLock { $0 }))
        }
        func isBelieved(_ token: String) async -> Bool {
            await keys.verified(token, issuer: "i", now: Self.start) != nil
        }
        let token = try await signed()
        var file = before
        let new = try file.rotate(at: Self.start, from: Self.start + 360)
        try await keys.replace(with: file.text)
        #expect(keys.published.keys.map(\.kid) == [new, old])
        clock.withLock { $0 += 1019 }
        let later = try await signed()
        #expect(await isBelieved(token))
        clock.withLock { $0 += 1 }
        #expect(await !isBelieved(token))
        #expect(keys.published.keys.map(\.kid) == [new])
        _ = try file.revoke(new, at: Self.start + 1020)
        #expect(await isBelieved(later))
        try await keys.replace(with: file.text)
        #expect(await !isBelieved(later))
    }
}
