import Foundation
import Synchronization
import Testing

/// A real mail server, whose mails are read for their codes as people read them.
final class PostOffice: Sendable {
    struct Letter: Sendable {
        /// The message's own, the same at each try.
        let id: String
        let to: String
        let subject: String
        /// The digits; nil where it has none.
        let code: String?
    }

    let authority: TestAuthority
    private let server: MailServer
    private let read = Mutex(Read())

    private struct Read {
        var letters: [Letter] = []
        var byAddress: [String: [Letter]] = [:]
    }

    var port: Int { server.port }

    init(authority: TestAuthority? = nil) async throws {
        let authority = try authority ?? TestAuthority()
        self.authority = authority
        server = try await MailServer(
            .init(certificate: try authority.certificate(for: "localhost")))
    }

    /// Refuses every letter like that from now on; takes them again where it is nil.
    func turn(_ refusal: MailServer.Refusal?) async throws {
        try await server.turn(refusal)
    }

    /// The letters to an address so far, oldest first.
    func letters(to address: String) -> [Letter] {
        readOn { $0.byAddress[address] ?? [] }
    }

    /// Every letter so far, oldest first.
    var letters: [Letter] { readOn { $0.letters } }

    /// The code of the letter that has the reference; nil where it has not come within the time.
    func code(
        reference: String, to address: String, within limit: Duration
    ) async throws -> String? {
        let deadline = ContinuousClock.now + limit
        let found = { @Sendable in
            self.letters(to: address).last { $0.subject.contains("reference \(reference) ") }
        }
        try await eventually(within: limit + .seconds(1)) {
            found() != nil || ContinuousClock.now > deadline
        }
        return found()?.code
    }

    private func readOn<Result: Sendable>(_ look: (Read) -> Result) -> Result {
        read.withLock { read in
            for mail in server.mails(after: read.letters.count) {
                let id = mail.headers["Message-ID"].map { String($0.dropFirst().prefix(36)) }
                let letter = Letter(
                    id: id ?? "", to: mail.to.first ?? "", subject: mail.headers["Subject"] ?? "",
                    code: mail.text?.firstMatch(of: /\b\d{6}\b/).map { String($0.output) })
                read.letters.append(letter)
                read.byAddress[letter.to, default: []].append(letter)
            }
            return look(read)
        }
    }
}
