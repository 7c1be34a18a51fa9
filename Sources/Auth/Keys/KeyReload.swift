import Cryptography
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// Reads the files of the keys every few seconds and takes over what changed, so that a rotation needs
/// no restart.
///
/// What can't be taken over changes nothing: the keys stay, the log says why, once, and `/healthz` and a
/// gauge go on saying so.
final class KeyReload: Service, Sendable {
    /// Until a change of a file is in force on every instance that has the file.
    static let interval = Duration.seconds(5)

    /// One of the files.
    private struct Source: Sendable {
        /// The check's name in `/healthz`.
        let name: String
        let path: String
        let take: @Sendable (Secret<String>) async throws -> Void
    }

    /// What is known of a file.
    private struct Look: Sendable {
        /// SHA-256 of the text that was last taken over; nil where there is none, or it was refused.
        var digest: [UInt8]?
        var fault: String?
    }

    private let sources: [Source]
    private let looks = Mutex<[String: Look]>([:])
    private let logger: Logger

    init(
        files: ServiceConfiguration.KeyFiles, ring: KeyRing, signing: SigningKeys, logger: Logger
    ) {
        self.logger = logger
        sources = [
            files.ring.map { path in
                Source(name: "keys:ring", path: path) { try ring.replace(with: $0.expose()) }
            },
            files.signing.map { path in
                Source(name: "keys:signing", path: path) { try await signing.replace(with: $0) }
            },
        ].compactMap { $0 }
    }

    /// Each file with why it can't be taken over; nil where it could.
    var findings: [(name: String, fault: String?)] {
        looks.withLock { looks in sources.map { ($0.name, looks[$0.name]?.fault) } }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.reload()
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    /// Looks at every file; the step of `run`.
    func reload() async {
        for source in sources {
            let before = looks.withLock { $0[source.name] ?? Look() }
            let look = await look(at: source, after: before)
            looks.withLock { $0[source.name] = look }
            guard let fault = look.fault, fault != before.fault else { continue }
            logger.error(
                "keys not taken over", metadata: ["check": "\(source.name)", "fault": "\(fault)"])
        }
    }

    private func look(at source: Source, after before: Look) async -> Look {
        guard let text = KeyFile(path: source.path).read() else {
            return Look(digest: nil, fault: "the file can't be read")
        }
        let digest = SHA256.hash(Array(text.expose().utf8))
        guard digest != before.digest else { return before }
        do {
            try await source.take(text)
            // The first look finds what the service was started with.
            if before.digest != nil || before.fault != nil {
                logger.notice("keys taken over", metadata: ["check": "\(source.name)"])
            }
            return Look(digest: digest, fault: nil)
        } catch {
            // Neither kind of error holds anything of the text.
            let words =
                (error as? KeyRingError).map { "\($0)" }
                ?? (error as? SigningKeyFile.Fault).map { "\($0)" } ?? "\(type(of: error))"
            // Not remembered: what is refused now, by a clock that is behind, may be right in a while.
            return Look(digest: nil, fault: words)
        }
    }
}
