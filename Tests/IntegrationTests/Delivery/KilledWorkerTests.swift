import Cryptography
import Foundation
import Testing

@testable import Auth

/// Workers that are killed at work, as a machine that loses its power kills them (C1).
@Suite(.timeLimit(.minutes(6)))
struct KilledWorkerTests {
    /// Six, or as many as are asked for: thirty take minutes. Each comes after some 50 messages.
    private static let kills =
        ProcessInfo.processInfo.environment["AUTH_TEST_KILLS"].flatMap { Int($0) } ?? 6

    @Test func `of many messages none is lost and next to none repeated by kills`() async throws {
        let kills = Self.kills
        let messages = kills * 200 / 3
        let authority = try TestAuthority()
        let server = try await MailServer(
            .init(certificate: try authority.certificate(for: "localhost")))
        let queued = try await OutboxFixture.run { outbox in
            let queued = try await queue(messages, outbox)
            let environment = environment(outbox, server, authority)
            for _ in 0..<kills {
                let worker = try start(environment)
                let goal = server.mailCount + 50
                try await eventually(within: .seconds(60)) { server.mailCount >= goal }
                worker.kill()
            }
            let last = try start(environment)
            try await eventually(within: .seconds(120)) {
                try await outbox.owner.count("message", where: "state <> 'sent'") == 0
            }
            last.kill()
            return queued
        }
        let mails = await server.stop()
        let keys = mails.compactMap { $0.headers["Message-ID"]?.dropFirst().prefix(36) }
        #expect(Set(keys.map(String.init)) == queued)
        #expect(mails.count - messages <= messages / 100)
    }

    private func queue(_ count: Int, _ outbox: OutboxFixture) async throws -> Set<String> {
        try await withThrowingTaskGroup(of: [UUID].self) { group in
            for part in 0..<8 {
                group.addTask {
                    var ids: [UUID] = []
                    for number in stride(from: part, to: count, by: 8) {
                        ids.append(try await outbox.queue(to: "p\(number)@example.no"))
                    }
                    return ids
                }
            }
            return try await group.reduce(into: []) { all, ids in
                all.formUnion(ids.map { $0.uuidString.lowercased() })
            }
        }
    }

    private func environment(
        _ outbox: OutboxFixture, _ server: MailServer, _ authority: TestAuthority
    ) -> [String: String] {
        [
            "AUTH_PUBLIC_URL": "https://auth.example.nl",
            "AUTH_LISTEN": "127.0.0.1:0", "AUTH_INTERNAL_LISTEN": "127.0.0.1:0",
            "AUTH_DATABASE_URL": outbox.owner.serviceURL, "AUTH_KEYS": outbox.ring,
            "AUTH_SIGNING_KEYS": ServiceConfiguration.generateSigningKey().expose(),
            "AUTH_SMTP_HOST": "localhost", "AUTH_SMTP_PORT": "\(server.port)",
            "AUTH_SMTP_CA_FILE": authority.certificate.path,
            "AUTH_MAIL_FROM": "no-reply@praktijk.example", "AUTH_DELIVERY_WORKERS": "1",
            "AUTH_LOG_LEVEL": "error",
        ]
    }

    private func start(_ environment: [String: String]) throws -> Worker {
        try Worker(environment)
    }

    /// The real program, as a process that can be killed.
    private final class Worker: Sendable {
        private let process: Process

        init(_ environment: [String: String]) throws {
            let process = Process()
            process.executableURL = Program.binary
            process.arguments = ["serve"]
            process.environment = Program.environment(environment)
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            self.process = process
        }

        func kill() {
            Foundation.kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }

        deinit {
            if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
        }
    }
}
