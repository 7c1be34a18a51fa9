import Foundation
import Synchronization

/// A real SMTP server in a process of its own; see `mail_server.py`.
///
/// It listens on a loopback port that the system chose, and ends with this object or with the test
/// process, however that ends: its standard input closes then.
final class MailServer: Sendable {
    /// How the server behaves; the default takes every mail, without encryption.
    struct Behaviour: Sendable {
        /// Offers STARTTLS with this certificate and takes nothing before it.
        var certificate: TestCertificate?
        /// `user:password` that every client must give.
        var login: String?
        /// Replies to the first RCPT commands; 250 afterwards.
        var recipientReplies: [String] = []
        /// Replies to the first mails; 250 afterwards.
        var dataReplies: [String] = []
        /// From where on it never answers: `connect` or `data`.
        var silentFrom: String?
    }

    /// A mail that the server took, as Python's own mail parser reads it.
    struct Mail: Decodable, Sendable {
        let from: String
        let to: [String]
        let encrypted: Bool
        let login: String?
        let greetedAs: String
        let raw: Data
        let headers: [String: String]
        let fromName: String
        let fromAddress: String
        let date: String
        let contentTypes: [String]
        let text: String?
        let html: String?
        let defects: [String]
    }

    struct NotStarted: Error, CustomStringConvertible {
        let description: String
    }

    let port: Int
    private let process: Process
    private let input: Pipe
    private let inbox: Inbox

    init(_ behaviour: Behaviour = Behaviour()) async throws {
        let (process, input, output) = (Process(), Pipe(), Pipe())
        process.executableURL = try Self.python()
        process.arguments = [Self.script.path] + behaviour.arguments
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()

        let inbox = Inbox()
        inbox.read(output.fileHandleForReading)
        guard let port = await inbox.port() else {
            throw NotStarted(
                description: "the mail server did not start: has AUTH_TEST_PYTHON aiosmtpd?")
        }
        (self.process, self.input, self.inbox, self.port) = (process, input, inbox, port)
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.terminate()
    }

    /// Ends the server and returns every mail that it took, oldest first.
    ///
    /// Only its end shows that no further mail is on its way through the pipe.
    func stop() async -> [Mail] {
        try? input.fileHandleForWriting.close()
        return await inbox.all()
    }

    private static let script = URL(filePath: #filePath)
        .deletingLastPathComponent().appending(path: "mail_server.py")

    /// `AUTH_TEST_PYTHON`, else the environment that `docker/dev test` makes.
    private static func python() throws -> URL {
        if let path = ProcessInfo.processInfo.environment["AUTH_TEST_PYTHON"] {
            return URL(filePath: path)
        }
        let project = (0..<4).reduce(URL(filePath: #filePath)) { url, _ in
            url.deletingLastPathComponent()
        }
        let python = project.appending(path: ".dev/venv/bin/python")
        guard FileManager.default.isExecutableFile(atPath: python.path) else {
            throw NotStarted(
                description: "AUTH_TEST_PYTHON must name a Python that has aiosmtpd")
        }
        return python
    }
}

extension MailServer.Behaviour {
    fileprivate var arguments: [String] {
        var arguments: [String] = []
        if let certificate {
            arguments += ["--certificate", certificate.certificate.path]
            arguments += ["--key", certificate.key.path]
        }
        if let login { arguments += ["--login", login] }
        for reply in recipientReplies { arguments += ["--rcpt", reply] }
        for reply in dataReplies { arguments += ["--data", reply] }
        if let silentFrom { arguments += ["--silent", silentFrom] }
        return arguments
    }
}

/// What the server has said, line by line.
private final class Inbox: Sendable {
    private struct Contents {
        var mails: [MailServer.Mail] = []
        var port: Int?
        var isOver = false
        var awaitingPort: [CheckedContinuation<Int?, Never>] = []
        var awaitingEnd: [CheckedContinuation<[MailServer.Mail], Never>] = []
    }

    private struct Greeting: Decodable {
        let port: Int
    }

    private let contents = Mutex(Contents())

    /// Every mail, once the server has ended.
    func all() async -> [MailServer.Mail] {
        await withCheckedContinuation { continuation in
            contents.withLock { contents in
                if contents.isOver {
                    continuation.resume(returning: contents.mails)
                } else {
                    contents.awaitingEnd.append(continuation)
                }
            }
        }
    }

    /// The port, once the server has named it; nil where it ended without.
    func port() async -> Int? {
        await withCheckedContinuation { continuation in
            contents.withLock { contents in
                if contents.port != nil || contents.isOver {
                    continuation.resume(returning: contents.port)
                } else {
                    contents.awaitingPort.append(continuation)
                }
            }
        }
    }

    /// Reads to the end, on a thread of its own since reading blocks.
    func read(_ output: FileHandle) {
        Thread.detachNewThread {
            var rest = Data()
            while case let data = output.availableData, !data.isEmpty {
                rest += data
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    self.take(Data(rest[..<end]))
                    rest = Data(rest[(end + 1)...])
                }
            }
            self.contents.withLock { contents in
                contents.isOver = true
                for reader in contents.awaitingPort { reader.resume(returning: nil) }
                for reader in contents.awaitingEnd { reader.resume(returning: contents.mails) }
                (contents.awaitingPort, contents.awaitingEnd) = ([], [])
            }
        }
    }

    private func take(_ line: Data) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        contents.withLock { contents in
            if let greeting = try? decoder.decode(Greeting.self, from: line) {
                contents.port = greeting.port
                for reader in contents.awaitingPort { reader.resume(returning: greeting.port) }
                contents.awaitingPort = []
            } else if let mail = try? decoder.decode(MailServer.Mail.self, from: line) {
                contents.mails.append(mail)
            }
        }
    }
}
