import Foundation

@testable import Auth

/// A real HTTPS server in a process of its own; see `https_peer.py`.
final class HTTPSPeer: Sendable {
    /// How it answers one request.
    struct Answer: Encodable, Sendable {
        var status = 200
        var headers: [String: String] = [:]
        var body = ""
        /// Further bytes of the body.
        var padding = 0
        /// Never.
        var hang = false
        /// It reads the request and closes.
        var drop = false
        /// Seconds before the answer.
        var delay = 0.0
        /// Seconds after each byte of the body.
        var drip = 0.0
    }

    struct Request: Decodable, Sendable {
        let method: String
        let path: String
        /// Names in lower case.
        let headers: [String: String]
        let headerCount: Int
        let body: Data
        /// Why it was not let in.
        let fault: String?

        /// The fields of a form.
        var form: [String: String] {
            let fields = (try? FormReader.fields(of: [UInt8](body))) ?? []
            return Dictionary(fields.map { ($0.name, $0.value) }) { first, _ in first }
        }

        var json: JSON? { try? JSON(parsing: [UInt8](body)) }
    }

    /// Who may call; anybody else is answered 401.
    enum Callers: Sendable {
        case anybody
        /// Who signs by Standard Webhooks, as its reference implementation has it.
        case webhook(secret: String)
        /// Who asks as Twilio's Messages resource wants to be asked.
        case twilio(account: String, token: String)
        case header(String, key: String)
        case field(String, key: String)

        fileprivate var argument: JSON {
            switch self {
            case .anybody: [:]
            case .webhook(let secret): ["webhook": ["secret": .string(secret)]]
            case .twilio(let account, let token):
                ["twilio": ["account": .string(account), "token": .string(token)]]
            case .header(let header, let key):
                ["key": ["header": .string(header), "key": .string(key)]]
            case .field(let field, let key):
                ["key": ["field": .string(field), "key": .string(key)]]
            }
        }
    }

    private let process: PeerProcess

    var port: Int { process.port }
    /// As a practice names it; the certificate is for `localhost`.
    var origin: String { "https://localhost:\(port)" }
    var authority: String { "localhost:\(port)" }

    /// - Parameter answers: each once, in order, and the last one from then on.
    init(
        _ answers: [Answer], certificate: TestCertificate, callers: Callers = .anybody
    ) async throws {
        let encoded = String(decoding: try JSONEncoder().encode(answers), as: UTF8.self)
        process = try await PeerProcess(
            "https_peer.py",
            [
                "--certificate", certificate.certificate.path, "--key", certificate.key.path,
                "--answers", encoded, "--callers",
                String(decoding: callers.argument.bytes, as: UTF8.self),
            ])
    }

    /// What it was asked so far, oldest first.
    var requests: [Request] { Self.decode(process.said) }

    /// Ends it and returns everything that it was asked.
    func stop() async -> [Request] { Self.decode(await process.stop()) }

    private static func decode(_ lines: [Data]) -> [Request] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return lines.compactMap { try? decoder.decode(Request.self, from: $0) }
    }
}

extension OutboundDoor {
    /// A door to peers of a test: those hosts on loopback, under that authority alone.
    static func toPeers(_ hosts: [String], trusting authority: TestAuthority) -> OutboundDoor {
        var settings = ServiceConfiguration.Outbound(hosts: hosts)
        settings.loopbackAuthorities = authority.certificate.path
        return OutboundDoor(settings, threads: 4)
    }
}
